// Package sharetest is the contract of a share's repositories.
package sharetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"voute.dev/voute/server/document"
	"voute.dev/voute/server/share"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// Subject is one implementation, without documents and shares; accounts "a", "b"
// and "c" exist.
type Subject struct {
	Shares    share.Repository
	Lists     share.Lists
	Ledger    share.Ledger
	Documents document.Repository
}

// Contract holds every implementation to the same behaviour.
func Contract(t *testing.T, empty func(*testing.T) Subject) {
	t.Run("found as saved", func(t *testing.T) { foundAsSaved(t, empty(t)) })
	t.Run("lists", func(t *testing.T) { lists(t, empty(t)) })
	t.Run("who reads", func(t *testing.T) { whoReads(t, empty(t)) })
	t.Run("who read", func(t *testing.T) { afterwards(t, empty(t)) })
	t.Run("what is over", func(t *testing.T) { over(t, empty(t)) })
	t.Run("what was not downloaded", func(t *testing.T) { unread(t, empty(t)) })
	t.Run("tallies", func(t *testing.T) { tallies(t, empty(t)) })
	t.Run("forgotten", func(t *testing.T) { forgotten(t, empty(t)) })
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s Subject) documents(t *testing.T, state document.State, ids ...string) {
	t.Helper()
	for _, id := range ids {
		must(t, s.Documents.Add(t.Context(), document.Document{ID: id, Owner: "a", State: state, Created: noon, Expires: noon.AddDate(0, 0, 30)}))
	}
}

func (s Subject) add(t *testing.T, all ...share.Share) {
	t.Helper()
	for _, x := range all {
		must(t, s.Shares.Add(t.Context(), x))
	}
}

func made(id string, documents []string, readers ...string) share.Share {
	x := share.Share{ID: id, Owner: "a", Created: noon, Documents: documents}
	for _, reader := range readers {
		x.Recipients = append(x.Recipients, share.Recipient{Account: reader, Added: noon})
	}
	return x
}

func foundAsSaved(t *testing.T, s Subject) {
	s.documents(t, document.Available, "1", "2", "3")
	x := made("x", []string{"3", "1", "2"}, "b")
	x.Message, x.Limit, x.Notify, x.Expires = "Bonjour\n«\u202e", 3, true, noon.Add(time.Hour)
	s.add(t, x)
	x.Recipients = []share.Recipient{{Account: "b", Added: noon, Told: noon.Add(1e9), Reminded: noon.Add(2e9)}, {Account: "c", Added: noon.Add(1e9)}}
	x.Message, x.Ended, x.Limit = "", noon.Add(time.Minute), 4
	must(t, s.Shares.Save(t.Context(), x))
	found, err := s.Shares.Find(t.Context(), "x")
	if diff := cmp.Diff(x, found); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := s.Shares.Find(t.Context(), "y"); !errors.Is(err, share.ErrNotFound) {
		t.Errorf("no such share: %v", err)
	}
	if err := s.Shares.Save(t.Context(), made("y", nil)); !errors.Is(err, share.ErrNotFound) {
		t.Errorf("saving no such share: %v", err)
	}
}

func same(t *testing.T, what string, want []string, got []share.Share, err error) {
	t.Helper()
	var ids []string
	for _, x := range got {
		ids = append(ids, x.ID)
	}
	if diff := cmp.Diff(want, ids); err != nil || diff != "" {
		t.Errorf("%s: %v (-want +got):\n%s", what, err, diff)
	}
}

func lists(t *testing.T, s Subject) {
	s.documents(t, document.Available, "1", "2")
	first, later, ended, short := made("first", []string{"1"}, "b"), made("later", []string{"1", "2"}, "b", "c"), made("ended", []string{"1"}, "b"), made("short", []string{"2"}, "b")
	later.Created, ended.Created, short.Created = noon.Add(time.Minute), noon.Add(2*time.Minute), noon.Add(3*time.Minute)
	ended.Ended, short.Expires = noon, noon.Add(time.Hour)
	s.add(t, first, later, ended, short)
	got, err := s.Lists.By(t.Context(), "a", 9)
	same(t, "by a", []string{"short", "ended", "later", "first"}, got, err)
	got, err = s.Lists.By(t.Context(), "a", 2)
	same(t, "by a, bounded", []string{"short", "ended"}, got, err)
	got, err = s.Lists.With(t.Context(), "b", noon, 9)
	same(t, "with b", []string{"short", "later", "first"}, got, err)
	got, err = s.Lists.With(t.Context(), "b", short.Expires, 1)
	same(t, "with b, when one has ended", []string{"later"}, got, err)
	got, err = s.Lists.With(t.Context(), "a", noon, 9)
	same(t, "with a", nil, got, err)
	got, err = s.Lists.Of(t.Context(), "2", noon)
	same(t, "of 2", []string{"later", "short"}, got, err)
	got, err = s.Lists.Of(t.Context(), "2", short.Expires)
	same(t, "of 2, when one has ended", []string{"later"}, got, err)
}

// whoReads changes shares at random and compares with what they say themselves.
func whoReads(t *testing.T, s Subject) {
	documents, readers := []string{"1", "2", "3"}, []string{"b", "c"}
	s.documents(t, document.Available, documents...)
	model := map[string]share.Share{}
	rapid.Check(t, func(r *rapid.T) {
		id := rapid.SampledFrom([]string{"w", "x", "y", "z"}).Draw(r, "share")
		x, known := model[id]
		if !known {
			x = made(id, rapid.SliceOfNDistinct(rapid.SampledFrom(documents), 1, 3, rapid.ID).Draw(r, "documents"))
		}
		x.Recipients = made("", nil, rapid.SliceOfDistinct(rapid.SampledFrom(readers), rapid.ID).Draw(r, "readers")...).Recipients
		x.Ended, x.Expires = time.Time{}, time.Time{}
		if rapid.Bool().Draw(r, "ended") {
			x.Ended = noon
		}
		if rapid.Bool().Draw(r, "short") {
			x.Expires = noon.Add(time.Minute)
		}
		save := s.Shares.Add
		if known {
			save = s.Shares.Save
		}
		if err := save(t.Context(), x); err != nil {
			r.Fatal(err)
		}
		model[id] = x
		for _, at := range []time.Time{noon, noon.Add(time.Minute - 1e6), noon.Add(time.Minute)} {
			for _, d := range documents {
				for _, reader := range readers {
					reads, err := s.Lists.Reads(t.Context(), d, reader, at)
					if want := reading(model, d, reader, at); err != nil || reads != want {
						r.Fatalf("%s reads %s: %v (%v), want %v", reader, d, reads, err, want)
					}
				}
			}
		}
	})
}

// afterwards: who could read a document learns that it is over, nobody else does.
func afterwards(t *testing.T, s Subject) {
	s.documents(t, document.Shredded, "1")
	x := made("x", []string{"1"}, "b")
	x.Ended = noon
	s.add(t, x)
	for account, want := range map[string]bool{"b": true, "c": false} {
		if reads, err := s.Lists.Reads(t.Context(), "1", account, noon.Add(time.Hour)); err != nil || reads != want {
			t.Errorf("%s: %v (%v)", account, reads, err)
		}
	}
}

func reading(model map[string]share.Share, id, reader string, at time.Time) bool {
	for _, x := range model {
		for _, d := range x.Documents {
			if d == id && x.For(reader) && x.Stands(at) {
				return true
			}
		}
	}
	return false
}

func over(t *testing.T, s Subject) {
	s.documents(t, document.Available, "1")
	s.documents(t, document.Scanning, "2")
	s.documents(t, document.Failed, "3")
	s.documents(t, document.Shredded, "4")
	ended, short := made("ended", []string{"4"}, "b"), made("short", []string{"1"}, "b")
	ended.Ended, short.Expires = noon, noon.Add(time.Minute)
	s.add(t, made("stands", []string{"1", "4"}, "b"), made("waits", []string{"2", "3"}, "b"), made("nothing", []string{"3", "4"}, "b"), ended, short)
	got, err := s.Lists.Over(t.Context(), noon, 9)
	same(t, "over", []string{"nothing"}, got, err)
	got, err = s.Lists.Over(t.Context(), short.Expires, 9)
	same(t, "over later", []string{"nothing", "short"}, got, err)
	got, err = s.Lists.Over(t.Context(), short.Expires, 1)
	same(t, "over, bounded", []string{"nothing"}, got, err)
}

func unread(t *testing.T, s Subject) {
	s.documents(t, document.Available, "1", "2")
	s.documents(t, document.Failed, "3")
	end := noon.AddDate(0, 0, 30)
	told := func(x share.Share) share.Share {
		for i := range x.Recipients {
			x.Recipients[i].Told = noon
		}
		return x
	}
	short, reminded, ended := told(made("short", []string{"1", "2", "3"}, "b", "c")), told(made("reminded", []string{"1"}, "b")), told(made("ended", []string{"1"}, "b"))
	short.Expires, reminded.Recipients[0].Reminded, ended.Ended = noon.Add(time.Hour), noon, noon
	s.add(t, told(made("long", []string{"1", "3"}, "b")), short, reminded, ended, made("untold", []string{"1"}, "b"))
	for _, one := range []string{"1", "2"} {
		must(t, s.Ledger.Put(t.Context(), share.Tally{Share: "short", Account: "c", Document: one, Count: 1}))
	}
	must(t, s.Ledger.Put(t.Context(), share.Tally{Share: "short", Account: "b", Document: "1", Count: 1}))
	for _, c := range []struct {
		now, until time.Time
		want       []share.Unread
	}{
		{noon, noon.Add(time.Hour - 1e6), nil},
		{noon, noon.Add(time.Hour), []share.Unread{{Share: "short", Account: "b", Told: noon, End: short.Expires}}},
		{short.Expires, end, []share.Unread{{Share: "long", Account: "b", Told: noon, End: end}}},
		{end, end.Add(time.Hour), nil},
	} {
		got, err := s.Lists.Unread(t.Context(), c.now, c.until)
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("from %s until %s: %v (-want +got):\n%s", c.now, c.until, err, diff)
		}
	}
}

func tallies(t *testing.T, s Subject) {
	s.documents(t, document.Available, "1", "2")
	s.add(t, made("x", []string{"1", "2"}, "b"), made("y", []string{"1"}, "b"))
	none, err := s.Ledger.Tally(t.Context(), "x", "b", "1")
	if want := (share.Tally{Share: "x", Account: "b", Document: "1"}); err != nil || none != want {
		t.Errorf("before the first download: %+v (%v)", none, err)
	}
	later := share.Tally{Share: "x", Account: "b", Document: "1", Count: 2, First: noon.Add(1e9), Last: noon.Add(2e9), Head: true, Asked: 5}
	first := share.Tally{Share: "x", Account: "b", Document: "2", Count: 1, First: noon, Last: noon}
	for _, tally := range []share.Tally{{Share: "x", Account: "b", Document: "1", Count: 1}, later, first, {Share: "y", Account: "b", Document: "1", Count: 9}} {
		must(t, s.Ledger.Put(t.Context(), tally))
	}
	if got, err := s.Ledger.Tally(t.Context(), "x", "b", "1"); err != nil || got != later {
		t.Errorf("%+v (%v)", got, err)
	}
	all, err := s.Ledger.Tallies(t.Context(), "x")
	if diff := cmp.Diff([]share.Tally{first, later}, all); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func forgotten(t *testing.T, s Subject) {
	s.documents(t, document.Available, "1")
	ended := made("ended", []string{"1"}, "b")
	ended.Ended = noon
	s.add(t, ended, made("stands", []string{"1"}, "b"))
	for _, c := range []struct {
		before time.Time
		want   []string
	}{{noon, []string{"ended", "stands"}}, {noon.Add(1e6), []string{"stands"}}} {
		must(t, s.Shares.Forget(t.Context(), c.before))
		got, err := s.Lists.By(t.Context(), "a", 9)
		same(t, "by a", c.want, got, err)
	}
}
