// Package vaulttest is the contract of vault.Keeper: one suite that every
// implementation passes, the real Vault first.
package vaulttest

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"voute.dev/voute/internal/vault"
)

// Setup is a Keeper with what a test does behind its back.
type Setup struct {
	Keeper vault.Keeper
	// MakeKey brings a key to life, as a server does.
	MakeKey func(t testing.TB, name string)
	Seal    func(testing.TB)
	Unseal  func(testing.TB)
	// Refuse takes the operator's rights away.
	Refuse func(testing.TB)
	// Unmount removes the transit engine.
	Unmount func(testing.TB)
	Stop    func(testing.TB)
}

// Contract runs the suite; each test has a fresh Setup.
func Contract(t *testing.T, start func(*testing.T) Setup) {
	for name, test := range map[string]func(*testing.T, Setup){
		"a healthy Vault passes the check":     healthy,
		"keys are listed by their prefix":      listed,
		"a destroyed key is gone":              destroyed,
		"a sealed Vault is told, and recovers": sealed,
		"a refusal is told":                    refused,
		"a missing engine is told":             unmounted,
		"a Vault that does not answer is told": stopped,
	} {
		t.Run(name, func(t *testing.T) { test(t, start(t)) })
	}
}

func healthy(t *testing.T, s Setup) {
	if err := s.Keeper.Check(t.Context()); err != nil {
		t.Errorf("Check: %v", err)
	}
	if names := keys(t, s, ""); len(names) != 0 {
		t.Errorf("a new Vault has keys: %v", names)
	}
}

func listed(t *testing.T, s Setup) {
	make3(t, s)
	want := []string{"justice.justice-production.2026-12-03", "justice.justice-production.2026-12-04"}
	if diff := cmp.Diff(want, keys(t, s, "justice.justice-production.")); diff != "" {
		t.Errorf("keys of production (-want +got):\n%s", diff)
	}
}

func destroyed(t *testing.T, s Setup) {
	make3(t, s)
	for _, there := range []bool{true, false} { // the second time it is gone already
		if found, err := s.Keeper.Destroy(t.Context(), "justice.justice-production.2026-12-03"); err != nil || found != there {
			t.Fatalf("Destroy: %v, %v", found, err)
		}
	}
	want := []string{"justice.justice-production-too.2026-12-03", "justice.justice-production.2026-12-04"}
	if diff := cmp.Diff(want, keys(t, s, "justice.")); diff != "" {
		t.Errorf("keys left (-want +got):\n%s", diff)
	}
}

func sealed(t *testing.T, s Setup) {
	make3(t, s)
	s.Seal(t)
	mustFail(t, s, vault.Sealed)
	s.Unseal(t)
	if err := s.Keeper.Check(t.Context()); err != nil {
		t.Errorf("Check after unsealing: %v", err)
	}
}

func refused(t *testing.T, s Setup) {
	s.Refuse(t)
	mustFail(t, s, vault.Refused)
}

func unmounted(t *testing.T, s Setup) {
	s.Unmount(t)
	mustFail(t, s, vault.NotConfigured)
}

func stopped(t *testing.T, s Setup) {
	s.Stop(t)
	mustFail(t, s, vault.Unreachable)
}

func mustFail(t *testing.T, s Setup, want vault.Reason) {
	t.Helper()
	_, list := s.Keeper.Keys(t.Context(), "")
	_, destroy := s.Keeper.Destroy(t.Context(), "justice.justice-production.2026-12-03")
	for call, err := range map[string]error{
		"Check":   s.Keeper.Check(t.Context()),
		"Keys":    list,
		"Destroy": destroy,
	} {
		if err == nil {
			t.Errorf("%s: no error, want %s", call, want)
			continue
		}
		if got := vault.ReasonOf(err); got != want {
			t.Errorf("%s: reason %s, want %s (%v)", call, got, want, err)
		}
	}
}

func make3(t *testing.T, s Setup) {
	t.Helper()
	for _, name := range []string{
		"justice.justice-production.2026-12-03", "justice.justice-production.2026-12-04", "justice.justice-production-too.2026-12-03",
	} {
		s.MakeKey(t, name)
	}
}

func keys(t *testing.T, s Setup, prefix string) []string {
	t.Helper()
	names, err := s.Keeper.Keys(context.WithoutCancel(t.Context()), prefix)
	if err != nil {
		t.Fatalf("Keys: %v", err)
	}
	return names
}
