// Package sessiontest is the contract of session.Repository.
package sessiontest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"voute.dev/voute/server/session"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// Contract holds every implementation to the same behaviour. Each call of
// empty gives a repository without sessions; accounts "a" and "b" exist.
func Contract(t *testing.T, empty func(*testing.T) session.Repository) {
	t.Run("found as put", func(t *testing.T) { foundAsPut(t, empty(t)) })
	t.Run("removed", func(t *testing.T) { removed(t, empty(t)) })
	t.Run("of one account", func(t *testing.T) { ofOneAccount(t, empty(t)) })
	t.Run("expired", func(t *testing.T) { expired(t, empty(t)) })
}

func open(digest byte, account string) session.Session {
	return session.Session{Digest: []byte{digest}, Account: account, Stage: session.Open, Created: noon, Seen: noon, Expires: noon.Add(time.Hour)}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, r session.Repository, all ...session.Session) {
	t.Helper()
	for _, s := range all {
		must(t, r.Put(t.Context(), s))
	}
}

// exist fails unless exactly the digests named exist, of 1 to 3.
func exist(t *testing.T, r session.Repository, want ...byte) {
	t.Helper()
	var got []byte
	for digest := byte(1); digest <= 3; digest++ {
		_, err := r.Find(t.Context(), []byte{digest})
		if err == nil {
			got = append(got, digest)
		} else if !errors.Is(err, session.ErrNotFound) {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func foundAsPut(t *testing.T, r session.Repository) {
	s := open(1, "a")
	put(t, r, s)
	s.Stage, s.Next, s.Seen = session.Pending, "/documents/x", noon.Add(time.Minute)
	s.Code = session.Code{Digest: []byte{9}, Expires: noon.Add(40 * time.Minute), Tries: 3, Sent: 2}
	put(t, r, s)
	found, err := r.Find(t.Context(), []byte{1})
	if diff := cmp.Diff(s, found); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func removed(t *testing.T, r session.Repository) {
	put(t, r, open(1, "a"), open(2, "a"))
	must(t, r.Remove(t.Context(), []byte{1}))
	must(t, r.Remove(t.Context(), []byte{1})) // again is no error
	exist(t, r, 2)
}

func ofOneAccount(t *testing.T, r session.Repository) {
	put(t, r, open(1, "a"), open(2, "b"), open(3, "a"))
	must(t, r.RemoveOf(t.Context(), "a"))
	exist(t, r, 2)
}

func expired(t *testing.T, r session.Repository) {
	late := open(2, "a")
	late.Expires = noon.Add(2 * time.Hour)
	put(t, r, open(1, "a"), late)
	must(t, r.RemoveExpired(t.Context(), noon.Add(time.Hour-time.Millisecond)))
	exist(t, r, 1, 2)
	must(t, r.RemoveExpired(t.Context(), noon.Add(time.Hour)))
	exist(t, r, 2)
}
