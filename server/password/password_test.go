package password

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestVerify(t *testing.T) {
	h := NewHasher(2)
	phc, err := h.Hash(t.Context(), "quatre mots au hasard")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("the parameters are not OWASP's: %s", phc)
	}
	other, err := h.Hash(t.Context(), "quatre mots au hasard")
	if err != nil || other == phc {
		t.Errorf("the same password has the same hash (%v)", err)
	}
	for _, c := range []struct {
		password, phc string
		want          bool
	}{
		{"quatre mots au hasard", phc, true}, {"quatre mots au hasarD", phc, false}, {"", phc, false},
		{"quatre mots au hasard", "", false}, {"", "", false},
	} {
		if got, err := h.Verify(t.Context(), c.password, c.phc); err != nil || got != c.want {
			t.Errorf("%q: %v (%v)", c.password, got, err)
		}
	}
}

// TestOneCharacterTwoWays: é as one code point and as two.
func TestOneCharacterTwoWays(t *testing.T) {
	h := NewHasher(1)
	phc, err := h.Hash(t.Context(), "\u00e9t\u00e9 comme hiver")
	if err != nil {
		t.Fatal(err)
	}
	if same, err := h.Verify(t.Context(), "e\u0301te\u0301 comme hiver", phc); err != nil || !same {
		t.Errorf("%v (%v)", same, err)
	}
}

func TestBrokenHashesAreRefused(t *testing.T) {
	h := NewHasher(1)
	for _, broken := range []string{
		"x", "$argon2i$v=19$m=19456,t=2,p=1$AAAA$AAAA", "$argon2id$v=16$m=19456,t=2,p=1$AAAA$AAAA",
		"$argon2id$v=19$m=99999999,t=2,p=1$c29tZXNhbHQ$" + strings.Repeat("A", 43), "$argon2id$v=19$m=19456,t=2,p=0$c29tZXNhbHQ$" + strings.Repeat("A", 43),
		"$argon2id$v=19$m=19456,t=2,p=1$!$" + strings.Repeat("A", 43), "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$AAAA",
	} {
		if ok, err := h.Verify(t.Context(), "x", broken); ok || !errors.Is(err, errFormat) {
			t.Errorf("%s: %v (%v)", broken, ok, err)
		}
	}
}

// TestWaitingIsBounded takes the only turn and asks for another.
func TestWaitingIsBounded(t *testing.T) {
	h := NewHasher(1)
	if err := h.enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Hash(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("hashing without a turn: %v", err)
	}
	h.leave()
	if _, err := h.Hash(t.Context(), "x"); err != nil {
		t.Errorf("with a turn: %v", err)
	}
}

func TestJudge(t *testing.T) {
	about := []string{"marie.tremblay@justice.gouv.qc.ca", "marie.tremblay", "justice", "Marie Tremblay", "Marie", "Tremblay", "voute"}
	for password, want := range map[string]Weakness{
		"":                                   TooShort,
		"onze lettre":                        TooShort,
		"éééééééééééé":                       Guessable,
		strings.Repeat("ab c", 33):           TooLong,
		"motdepasse1234":                     Guessable,
		"MotDePasse1234":                     Guessable,
		"aaaaaaaaaaaaaaaa":                   Guessable,
		"abababababab":                       Guessable,
		"123456789012":                       Guessable,
		"cba987654321":                       Guessable,
		"abcdefghijklm":                      Guessable,
		"marie.tremblay@justice.gouv.qc.ca":  Personal,
		"Marie Tremblay":                     Personal,
		"tremblay2026":                       Personal,
		"voutevoute2026":                     Personal,
		"quatre mots au hasard":              Strong,
		"le chat de Tremblay dort au soleil": Strong,
		"kf8;Lq2_vWp0":                       Strong,
	} {
		if got := Judge(password, about...); got != want {
			t.Errorf("%q: %q, want %q", password, got, want)
		}
	}
}
