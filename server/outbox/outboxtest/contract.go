// Package outboxtest is the contract of outbox.Repository.
package outboxtest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"voute.dev/voute/server/outbox"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// Contract holds every implementation to the same behaviour. Each call of
// empty gives a repository without letters; account "a" exists.
func Contract(t *testing.T, empty func(*testing.T) outbox.Repository) {
	t.Run("found as added", func(t *testing.T) { foundAsAdded(t, empty(t)) })
	t.Run("codes first, then the oldest", func(t *testing.T) { inOrder(t, empty(t)) })
	t.Run("delayed", func(t *testing.T) { delayed(t, empty(t)) })
	t.Run("recalled", func(t *testing.T) { recalled(t, empty(t)) })
}

func letter(id string, kind outbox.Kind) outbox.Letter {
	return outbox.Letter{
		ID: id, Kind: kind, Account: "a", To: "a@example.test", ToName: "A", Language: "fr", Subject: "s", Text: "t\nu",
		NotAfter: noon.Add(time.Hour), Next: noon,
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// due fails unless the letter due is the one named.
func due(t *testing.T, r outbox.Repository, now time.Time, want string) outbox.Letter {
	t.Helper()
	found, err := r.Due(t.Context(), now)
	if want == "" && errors.Is(err, outbox.ErrEmpty) {
		return found
	}
	must(t, err)
	if found.ID != want {
		t.Fatalf("due is %q, want %q", found.ID, want)
	}
	return found
}

func foundAsAdded(t *testing.T, r outbox.Repository) {
	added := letter("1", outbox.Shared)
	must(t, r.Add(t.Context(), added))
	if diff := cmp.Diff(added, due(t, r, noon, "1")); diff != "" {
		t.Error(diff)
	}
}

func inOrder(t *testing.T, r outbox.Repository) {
	early, later := letter("early", outbox.Shared), letter("later", outbox.Invitation)
	later.Next = noon.Add(time.Second)
	must(t, r.Add(t.Context(), later))
	must(t, r.Add(t.Context(), early))
	code := letter("code", outbox.Code)
	code.Next = noon.Add(2 * time.Second)
	must(t, r.Add(t.Context(), code))
	now := noon.Add(time.Minute)
	for _, id := range []string{"code", "early", "later"} {
		due(t, r, now, id)
		must(t, r.Remove(t.Context(), id))
	}
	due(t, r, now, "")
	must(t, r.Remove(t.Context(), "later")) // again is no error
}

func delayed(t *testing.T, r outbox.Repository) {
	must(t, r.Add(t.Context(), letter("1", outbox.Code)))
	must(t, r.Delay(t.Context(), "1", 3, noon.Add(time.Minute)))
	due(t, r, noon.Add(time.Minute-time.Millisecond), "")
	if found := due(t, r, noon.Add(time.Minute), "1"); found.Attempts != 3 {
		t.Errorf("%d attempts, want 3", found.Attempts)
	}
}

func recalled(t *testing.T, r outbox.Repository) {
	for id, kind := range map[string]outbox.Kind{"1": outbox.Notice, "2": outbox.Notice, "3": outbox.Shared} {
		must(t, r.Add(t.Context(), letter(id, kind)))
	}
	must(t, r.Delay(t.Context(), "2", 1, noon.Add(time.Minute))) // tried, but not sent
	must(t, r.Recall(t.Context(), outbox.Notice))
	must(t, r.Recall(t.Context(), outbox.Notice)) // none is no error
	due(t, r, noon.Add(time.Hour), "3")
	must(t, r.Remove(t.Context(), "3"))
	due(t, r, noon.Add(time.Hour), "")
}
