// Package accounttest is the contract of account.Repository.
package accounttest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"voute.dev/voute/server/account"
)

var day = time.Date(2026, 11, 22, 15, 4, 5, 0, time.UTC)

func person(id string) account.Account {
	return account.Account{ID: id, Email: id + "@example.test", Name: "Name of " + id, Language: "fr", State: account.Pending, Created: day}
}

// Contract holds every implementation to the same behaviour. Each call of
// empty gives a repository without accounts.
func Contract(t *testing.T, empty func(*testing.T) account.Repository) {
	t.Run("found as saved", func(t *testing.T) { foundAsSaved(t, empty(t)) })
	t.Run("addresses are unique", func(t *testing.T) { uniqueAddresses(t, empty(t)) })
	t.Run("nobody", func(t *testing.T) { nobody(t, empty(t)) })
	t.Run("in the order of names", func(t *testing.T) { ordered(t, empty(t)) })
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func foundAsSaved(t *testing.T, r account.Repository) {
	a := person("a")
	must(t, r.Add(t.Context(), a))
	a.PilotID, a.State, a.Password = "pilot", account.Active, "$argon2id$"
	a.Invitation, a.InvitationExpires = []byte{1, 2, 3}, day.AddDate(0, 0, 7)
	a.TermsAccepted, a.LastSignIn, a.Email = day.Add(time.Hour), day.Add(2*time.Hour), "other@example.test"
	must(t, r.Save(t.Context(), a))
	for name, find := range map[string]func() (account.Account, error){
		"id":         func() (account.Account, error) { return r.ByID(t.Context(), "a") },
		"email":      func() (account.Account, error) { return r.ByEmail(t.Context(), "other@example.test") },
		"invitation": func() (account.Account, error) { return r.ByInvitation(t.Context(), []byte{1, 2, 3}) },
	} {
		found, err := find()
		if diff := cmp.Diff(a, found); err != nil || diff != "" {
			t.Errorf("by %s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

func uniqueAddresses(t *testing.T, r account.Repository) {
	must(t, r.Add(t.Context(), person("a")))
	same := person("b")
	same.Email = "a@example.test"
	if err := r.Add(t.Context(), same); !errors.Is(err, account.ErrAddressTaken) {
		t.Errorf("adding: %v", err)
	}
	must(t, r.Add(t.Context(), person("b")))
	if err := r.Save(t.Context(), same); !errors.Is(err, account.ErrAddressTaken) {
		t.Errorf("saving: %v", err)
	}
	for _, id := range []string{"c", "d"} { // several without pilot or invitation
		must(t, r.Add(t.Context(), person(id)))
	}
}

func nobody(t *testing.T, r account.Repository) {
	for name, find := range map[string]func() (account.Account, error){
		"id":         func() (account.Account, error) { return r.ByID(t.Context(), "x") },
		"email":      func() (account.Account, error) { return r.ByEmail(t.Context(), "") },
		"invitation": func() (account.Account, error) { return r.ByInvitation(t.Context(), []byte{}) },
	} {
		if _, err := find(); !errors.Is(err, account.ErrNotFound) {
			t.Errorf("by %s: %v", name, err)
		}
	}
	if err := r.Save(t.Context(), person("x")); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("saving: %v", err)
	}
}

func ordered(t *testing.T, r account.Repository) {
	names := []string{"Zoé", "alain", "Benoît"}
	for _, name := range names {
		a := person(name)
		a.Name = name
		must(t, r.Add(t.Context(), a))
	}
	all, err := r.List(t.Context())
	must(t, err)
	var got []string
	for _, a := range all {
		got = append(got, a.Name)
	}
	if diff := cmp.Diff([]string{"alain", "Benoît", "Zoé"}, got); diff != "" {
		t.Error(diff)
	}
}
