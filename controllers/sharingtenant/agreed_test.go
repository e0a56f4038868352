package sharingtenant

import (
	"errors"
	"fmt"
	"testing"

	"voute.dev/voute/internal/serverstatus"
)

func TestANoticeOnItsWayIsNothingThatAServerLacks(t *testing.T) {
	a, key, other := &agreements{}, serverstatus.Key{Tenant: "justice"}, serverstatus.Key{Tenant: "culture"}
	for _, step := range []struct {
		wanted, settings string
		yes, no          []string
	}{
		{"without", "twenty GB", []string{"without"}, []string{"with", ""}},
		{"with", "twenty GB", []string{"with", "without"}, []string{"later"}},
		{"later", "twenty GB", []string{"with", "without", "later"}, nil},
		{"without", "never asked for", []string{"with", "without", "later"}, nil},
		{"larger", "thirty GB", []string{"larger"}, []string{"with", "without", "later"}},
		{"without", "twenty GB", []string{"without"}, []string{"larger", "with"}},
	} {
		if err := a.note(key, step.wanted, func() (string, error) { return step.settings, nil }); err != nil {
			t.Fatal(err)
		}
		for works, want := range answers(step.yes, step.no) {
			if got := a.isNotice(key, works); got != want {
				t.Errorf("wanted is %s, and a server works by %q: %v", step.wanted, works, got)
			}
		}
		if a.isNotice(other, step.wanted) {
			t.Errorf("wanted is %s: another server has a part in it", step.wanted)
		}
	}
	a.forget(key)
	if a.isNotice(key, "without") {
		t.Error("it is not forgotten")
	}
}

func answers(yes, no []string) map[string]bool {
	all := map[string]bool{}
	for _, each := range yes {
		all[each] = true
	}
	for _, each := range no {
		all[each] = false
	}
	return all
}

func TestAgreementsAreFew(t *testing.T) {
	a, key := &agreements{}, serverstatus.Key{}
	for i := range 3 * wordings {
		if err := a.note(key, fmt.Sprint(i), func() (string, error) { return "same", nil }); err != nil {
			t.Fatal(err)
		}
	}
	if count := len(a.last[key].wholes); count != wordings || !a.isNotice(key, fmt.Sprint(3*wordings-1)) {
		t.Errorf("%d are remembered: %v", count, a.last[key].wholes)
	}
	if err := a.note(key, "unknown", func() (string, error) { return "", errors.New("no") }); err == nil || a.isNotice(key, "unknown") {
		t.Errorf("what cannot be known is kept: %v", err)
	}
}
