// Package documenttest is the contract of a document's repositories.
package documenttest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"voute.dev/voute/server/document"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// Subject is one implementation, without documents; accounts "a", "b" and "c" exist.
type Subject struct {
	Documents document.Repository
	Lists     document.Lists
	// Share lets an account read a document of a's.
	Share     func(document, account string) error
	Transfers document.Transfers

	Holds        document.Holds
	Destructions document.Destructions
	Dues         document.Dues
}

// Contract holds every implementation to the same behaviour.
func Contract(t *testing.T, empty func(*testing.T) Subject) {
	t.Run("found as saved", func(t *testing.T) { foundAsSaved(t, empty(t)) })
	t.Run("saved in one state only", func(t *testing.T) { savedOnce(t, empty(t)) })
	t.Run("removed", func(t *testing.T) { removed(t, empty(t)) })
	t.Run("quota", func(t *testing.T) { quota(t, empty(t)) })
	t.Run("quota is never exceeded", func(t *testing.T) { quotaModel(t, empty(t)) })
	t.Run("people's lists", func(t *testing.T) { peoplesLists(t, empty(t)) })
	t.Run("the server's lists", func(t *testing.T) { serversLists(t, empty(t)) })
	t.Run("holds", func(t *testing.T) { holds(t, empty(t)) })
	t.Run("records of destruction", func(t *testing.T) { destructions(t, empty(t)) })
	t.Run("what is due", func(t *testing.T) { dues(t, empty(t)) })
	t.Run("transfers", func(t *testing.T) { transfers(t, empty(t)) })
	t.Run("transfers' tails", func(t *testing.T) { tails(t, empty(t)) })
	t.Run("transfers' lists", func(t *testing.T) { transfersLists(t, empty(t)) })
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func made(id string, state document.State) document.Document {
	return document.Document{
		ID: id, Owner: "a", Name: id + ".pdf", State: state, Created: noon, Expires: noon.AddDate(0, 0, 30),
		Bucket: "2026-12-22", Blob: id,
	}
}

func add(t *testing.T, s Subject, all ...document.Document) {
	t.Helper()
	for _, d := range all {
		must(t, s.Documents.Add(t.Context(), d))
	}
}

func foundAsSaved(t *testing.T, s Subject) {
	d := made("1", document.Receiving)
	add(t, s, d)
	d.State, d.Size, d.SHA256, d.WrappedKey, d.Detail = document.Scanning, 2_000_000_000, "abc", "vault:v1:x", "why"
	d.Scan = document.Scan{Attempts: 2, Next: noon.Add(time.Second), Deadline: noon.Add(time.Hour)}
	must(t, s.Documents.Save(t.Context(), d, document.Receiving))
	found, err := s.Documents.Find(t.Context(), "1")
	if diff := cmp.Diff(d, found); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := s.Documents.Find(t.Context(), "2"); !errors.Is(err, document.ErrNotFound) {
		t.Errorf("no such document: %v", err)
	}
}

func savedOnce(t *testing.T, s Subject) {
	d := made("1", document.Scanning)
	add(t, s, d)
	d.State = document.Available
	must(t, s.Documents.Save(t.Context(), d, document.Scanning))
	d.State = document.Failed
	if err := s.Documents.Save(t.Context(), d, document.Scanning); !errors.Is(err, document.ErrChanged) {
		t.Errorf("saving from a state it has left: %v", err)
	}
}

func removed(t *testing.T, s Subject) {
	add(t, s, made("1", document.Receiving))
	must(t, s.Documents.Remove(t.Context(), "1"))
	must(t, s.Documents.Remove(t.Context(), "1")) // again is no error
	if _, err := s.Documents.Find(t.Context(), "1"); !errors.Is(err, document.ErrNotFound) {
		t.Errorf("still there: %v", err)
	}
}

func quota(t *testing.T, s Subject) {
	kept := made("kept", document.Available)
	kept.Size = 60
	gone, failed, lies := made("gone", document.Quarantined), made("failed", document.Failed), made("lies", document.Quarantined)
	gone.Size, gone.Blob, failed.Size, lies.Size = 1000, "", 1000, 10
	kept.Size -= lies.Size
	add(t, s, kept, gone, failed, lies, made("1", document.Receiving), made("2", document.Receiving))
	must(t, s.Documents.Reserve(t.Context(), "1", 30, 100))
	for _, step := range []struct {
		id    string
		bytes int64
		fits  bool
	}{{"2", 11, false}, {"2", 10, true}, {"1", 31, false}, {"1", 20, true}, {"2", 20, true}, {"kept", 0, false}} {
		err := s.Documents.Reserve(t.Context(), step.id, step.bytes, 100)
		if fits := err == nil; fits != step.fits || err != nil && !errors.Is(err, document.ErrQuota) {
			t.Errorf("%s to %d: %v", step.id, step.bytes, err)
		}
	}
	usage, err := s.Documents.Usage(t.Context())
	if want := (document.Usage{Used: 60, Reserved: 40, Documents: 4}); err != nil || usage != want {
		t.Errorf("usage is %+v (%v), want %+v", usage, err, want)
	}
}

// quotaModel reserves at random and compares with a plain sum.
func quotaModel(t *testing.T, s Subject) {
	ids := []string{"1", "2", "3", "4"}
	for _, id := range ids {
		add(t, s, made(id, document.Receiving))
	}
	model := map[string]int64{}
	rapid.Check(t, func(r *rapid.T) {
		id, bytes := rapid.SampledFrom(ids).Draw(r, "id"), rapid.Int64Range(0, 120).Draw(r, "bytes")
		others := int64(0)
		for other, reserved := range model {
			if other != id {
				others += reserved
			}
		}
		err := s.Documents.Reserve(t.Context(), id, bytes, 100)
		if fits := others+bytes <= 100; fits != (err == nil) {
			r.Fatalf("%d beside %d of 100: %v", bytes, others, err)
		}
		if err == nil {
			model[id] = bytes
		}
	})
}

func ids(all []document.Document) (ids []string) {
	for _, d := range all {
		ids = append(ids, d.ID)
	}
	return ids
}

func same(t *testing.T, what string, want []string, got []document.Document, err error) {
	t.Helper()
	if diff := cmp.Diff(want, ids(got)); err != nil || diff != "" {
		t.Errorf("%s: %v (-want +got):\n%s", what, err, diff)
	}
}

func peoplesLists(t *testing.T, s Subject) {
	for i, state := range document.States {
		d := made(string(state), state)
		d.Created = noon.Add(time.Duration(i) * time.Minute)
		add(t, s, d)
		must(t, s.Share(d.ID, "b"))
	}
	want := []string{"failed", "quarantined", "available", "scanning"}
	got, err := s.Lists.SentBy(t.Context(), "a")
	same(t, "sent by a", want, got, err)
	got, err = s.Lists.SharedWith(t.Context(), "b", noon)
	same(t, "shared with b", want, got, err)
	got, err = s.Lists.SharedWith(t.Context(), "a", noon)
	same(t, "shared with a", nil, got, err)
}

func serversLists(t *testing.T, s Subject) {
	for i, state := range document.States {
		d := made(string(state), state)
		d.Expires = noon.Add(-time.Duration(i) * time.Minute)
		d.Scan = document.Scan{Next: noon, Deadline: noon.Add(time.Minute)}
		add(t, s, d)
	}
	unlinked := made("unlinked", document.Failed)
	unlinked.Blob = ""
	later := made("later", document.Scanning)
	later.Scan = document.Scan{Next: noon.Add(time.Millisecond), Deadline: noon.Add(time.Second)}
	away := made("away", document.Quarantined)
	away.Blob = ""
	add(t, s, unlinked, later, away)

	got, err := s.Lists.ToScan(t.Context(), noon, 9)
	same(t, "to scan", []string{"scanning"}, got, err)
	got, err = s.Lists.ToScan(t.Context(), noon.Add(time.Second), 9)
	same(t, "to scan later", []string{"later", "scanning"}, got, err)
	queue, err := s.Lists.Queue(t.Context())
	if diff := cmp.Diff([]string{"later", "scanning"}, queue); err != nil || diff != "" {
		t.Errorf("the queue: %v (-want +got):\n%s", err, diff)
	}
	got, err = s.Lists.InQuarantine(t.Context())
	same(t, "in quarantine", []string{"quarantined"}, got, err)
	got, err = s.Lists.ToExpire(t.Context(), noon, 9)
	same(t, "to expire", []string{"failed", "quarantined", "available", "scanning"}, got, err)
	got, err = s.Lists.ToExpire(t.Context(), noon.Add(-3*time.Minute), 1)
	same(t, "to expire, bounded", []string{"failed"}, got, err)
	got, err = s.Lists.ToUnlink(t.Context(), 9)
	same(t, "to unlink", []string{"deleted", "expired", "failed"}, got, err)
	got, err = s.Lists.Live(t.Context(), "", 9)
	same(t, "live", []string{"available", "later", "scanning"}, got, err)
	got, err = s.Lists.Live(t.Context(), "available", 1)
	same(t, "live, a page", []string{"later"}, got, err)
	got, err = s.Lists.Receiving(t.Context())
	same(t, "receiving", []string{"receiving"}, got, err)
}
