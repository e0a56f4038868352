package documenttest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"voute.dev/voute/server/document"
	"voute.dev/voute/server/keys"
	"voute.dev/voute/server/retention"
)

func holds(t *testing.T, s Subject) {
	d := made("1", document.Available)
	d.Bucket, d.Expires = keys.Hold, retention.Never
	add(t, s, d, made("2", document.Available))
	h := document.Hold{Document: "1", By: "b", Reason: "Litige", Time: noon, Until: noon.AddDate(0, 0, 3)}
	must(t, s.Holds.Place(t.Context(), h))
	if err := s.Holds.Place(t.Context(), h); err == nil {
		t.Error("one document is under two holds")
	}
	found, err := s.Documents.Find(t.Context(), "1")
	if err != nil || found.Hold == nil || *found.Hold != h || !found.Ends().Equal(h.Until) || !found.Expires.Equal(retention.Never) {
		t.Errorf("%+v is found with %+v (%v)", found, found.Hold, err)
	}
	got, err := s.Lists.ForPilots(t.Context(), document.Search{Held: true}, 9)
	same(t, "held", []string{"1"}, got, err)
	if len(got) == 1 && (got[0].Hold == nil || *got[0].Hold != h) {
		t.Errorf("the list has the hold %+v", got[0].Hold)
	}
	got, err = s.Lists.Live(t.Context(), "", 9)
	same(t, "live", []string{"2"}, got, err)
	got, err = s.Lists.ToExpire(t.Context(), noon.AddDate(1000, 0, 0), 9)
	same(t, "to expire in a thousand years", []string{"2"}, got, err)
	must(t, s.Holds.Lift(t.Context(), "1", "c", noon.Add(time.Hour)))
	if none, err := s.Holds.InForce(t.Context(), "1"); none != nil || err != nil {
		t.Errorf("lifted, and in force: %+v (%v)", none, err)
	}
	must(t, s.Holds.Place(t.Context(), h)) // again later
}

func destructions(t *testing.T, s Subject) {
	first := document.Destruction{Document: "1", Bucket: "2026-12-22", Size: 7, Why: document.Deleted, By: "a", Time: noon}
	second := document.Destruction{Document: "2", Bucket: "2026-12-23", Size: 8, Why: document.Expired, Time: noon.Add(time.Hour)}
	for _, d := range []document.Destruction{first, second, first} {
		must(t, s.Destructions.Add(t.Context(), d))
	}
	for _, at := range []time.Time{noon.Add(time.Minute), noon.Add(2 * time.Minute)} {
		must(t, s.Destructions.Unlinked(t.Context(), "1", at)) // once is enough
	}
	must(t, s.Destructions.Unlinked(t.Context(), "3", noon))
	first.Unlinked = noon.Add(time.Minute)
	all, err := s.Destructions.List(t.Context(), 9)
	if diff := cmp.Diff([]document.Destruction{second, first}, all); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	must(t, s.Destructions.Trim(t.Context(), noon.Add(time.Second)))
	all, err = s.Destructions.List(t.Context(), 9)
	if diff := cmp.Diff([]document.Destruction{second}, all); err != nil || diff != "" {
		t.Errorf("trimmed: %v (-want +got):\n%s", err, diff)
	}
	if count, err := s.Destructions.Count(t.Context()); err != nil || count != 2 {
		t.Errorf("%d were counted (%v)", count, err)
	}
}

func dues(t *testing.T, s Subject) {
	for i, state := range document.States {
		d := made(string(state), state)
		d.Expires = noon.AddDate(0, 0, i)
		d.Bucket = "2026-11-" + d.Expires.Format("02")
		if state == document.Scanning || state == document.Available {
			d.WrappedKey = "k"
		}
		add(t, s, d)
	}
	held := made("held", document.Available)
	held.WrappedKey, held.Bucket, held.Expires = "k", keys.Hold, retention.Never
	add(t, s, held)
	due, err := s.Dues.Due(t.Context(), noon)
	want := document.Due{EarliestBucket: "2026-11-22", NextExpiry: noon.AddDate(0, 0, 1), DueIn7Days: 2, Held: 1}
	if err != nil || due != want {
		t.Errorf("%+v is due (%v), want %+v", due, err, want)
	}
}
