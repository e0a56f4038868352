package doctor

import (
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"

	"voute.dev/voute/internal/plugin/page"
)

// Level is how a finding is meant.
type Level string

// The levels, from the best.
const (
	OK   Level = "ok"
	Warn Level = "warn"
	Fail Level = "fail"
)

// Finding is one sentence of the doctor's.
type Finding struct {
	Check string `json:"check"`
	Level Level  `json:"level"`
	Says  string `json:"says"`
	// Next is what to do about it; empty where all is well.
	Next string `json:"next,omitempty"`
}

func ok(format string, values ...any) Finding {
	return Finding{Level: OK, Says: fmt.Sprintf(format, values...)}
}

func warn(next, format string, values ...any) Finding {
	return Finding{Level: Warn, Says: fmt.Sprintf(format, values...), Next: next}
}

func fail(next, format string, values ...any) Finding {
	return Finding{Level: Fail, Says: fmt.Sprintf(format, values...), Next: next}
}

// checks are all, in the order in which one needs the other.
var checks = []struct {
	name  string
	check func(Facts) []Finding
}{
	{"kubernetes", kubernetes},
	{"cert-manager", certManager},
	{"kinds and admission", installed},
	{"operator", operator},
	{"platform configuration", platformConfiguration},
	{"storage", storage},
	{"vault", vault},
	{"vault settings", vaultSettings},
	{"scanner", scanner},
	{"mail", mail},
}

// Examine goes through all checks.
func Examine(f Facts) []Finding {
	var findings []Finding
	for _, each := range checks {
		for _, finding := range each.check(f) {
			finding.Check = each.name
			findings = append(findings, finding)
		}
	}
	return findings
}

// Failed says whether one finding at least is a failure.
func Failed(findings []Finding) bool {
	for _, f := range findings {
		if f.Level == Fail {
			return true
		}
	}
	return false
}

// Page shows the findings.
func Page(findings []Finding) string {
	p := &page.Page{}
	last := ""
	counts := map[Level]int{}
	for _, f := range findings {
		if f.Check != last {
			p.Heading("%s", f.Check)
			last = f.Check
		}
		p.Field(string(f.Level), "%s", f.Says)
		if f.Next != "" {
			p.Field("", "→ %s", f.Next)
		}
		counts[f.Level]++
	}
	p.Heading("%d ok, %d warn, %d fail.", counts[OK], counts[Warn], counts[Fail])
	return p.String()
}

// unseen says that something could not be looked at.
func unseen(err error, what string) Finding {
	if apierrors.IsForbidden(err) {
		return warn("Ask for the rights that docs/kubectl.md lists for doctor, or have somebody run it who has them.", "You may not look at %s.", what)
	}
	return warn("Try again; kubectl get, with the same flags, says more.", "It cannot be told how it is with %s: %v.", what, err)
}

// isMissing: what was looked for is not there, or nothing of its kind can be.
func isMissing(err error) bool {
	return apierrors.IsNotFound(err) || meta.IsNoMatchError(err)
}
