package rollout

import (
	"fmt"
	"time"

	"voute.dev/voute/internal/calendar"
)

// Rules are the platform's, for all changes.
type Rules struct {
	// Expected is how long a change takes; a window that ends sooner is not begun.
	Expected time.Duration
	// Healthy is how long a version runs in development before production.
	Healthy time.Duration
	// Notice lies between the first word of a release and its start.
	Notice time.Duration
}

// Facts are what a decision about one environment's change follows from.
type Facts struct {
	Now    time.Time
	Change Change
	// Since is when the change was first asked for.
	Since time.Time
	// Pinned: the client itself names the version, and so has been told.
	Pinned bool
	// Development is how far the client's other environment is with this version;
	// nil for one that need not wait for it.
	Development *Development
}

// Development is the environment in which a version runs first.
type Development struct {
	// Version that runs there, and since when it does so without a fault.
	Version      string
	HealthySince time.Time
	// Ahead is true where that is a later one than the change brings: it has gone
	// on since, and cannot go back.
	Ahead bool
	// Failed is true once this version was taken back there.
	Failed bool
}

// Decision says whether a change may start by the calendar. If not, WaitsFor says
// why; Opening is when it may, as soon as that is known.
type Decision struct {
	Start    bool
	WaitsFor string
	Opening  *calendar.Opening
}

// Decide looks at the calendar and at what has to come before. That others may
// have to come before, too, is not known here: see package fleet.
func Decide(when *calendar.Calendar, rules Rules, f Facts) Decision {
	if f.Change.Class.IsFree() {
		return Decision{Start: true}
	}
	if waits := f.unproven(rules); waits != "" {
		return Decision{WaitsFor: waits}
	}
	earliest, waits := f.earliest(rules)
	if !earliest.After(f.Now) {
		waits = "" // that is over: what is left to wait for is the calendar's
	}
	start, found := when.NextStart(f.Change.Class, later(f.Now, earliest), rules.Expected)
	if !found {
		return Decision{WaitsFor: fmt.Sprintf("a calendar with a time as long as the %s that this takes: there is none", Lasting(rules.Expected))}
	}
	if !start.After(f.Now) {
		return Decision{Start: true}
	}
	opening, _ := when.NextOpening(f.Change.Class, start)
	return Decision{WaitsFor: waitsFor(f.Change.Class, start.In(when.Zone()), waits), Opening: &opening}
}

// unproven says what development still has to do, as long as nobody can tell
// when that will be.
func (f Facts) unproven(rules Rules) string {
	if !f.waitsForDevelopment() {
		return ""
	}
	switch {
	case f.Development.Failed:
		return fmt.Sprintf("another version, or another try: version %s was taken back in development", f.Change.To)
	case f.Development.Version != f.Change.To && !f.Development.Ahead:
		return fmt.Sprintf("version %s to run in development first", f.Change.To)
	case f.Development.HealthySince.IsZero():
		return fmt.Sprintf("version %s to run healthy in development for %s first", f.Development.Version, Lasting(rules.Healthy))
	default:
		return ""
	}
}

func (f Facts) waitsForDevelopment() bool { return f.Change.MovesVersion() && f.Development != nil }

// earliest is what notice and development leave open, and which of them it is.
func (f Facts) earliest(rules Rules) (earliest time.Time, waits string) {
	earliest = f.Since
	if f.Change.Class == calendar.Release && !f.Pinned {
		earliest, waits = f.Since.Add(rules.Notice), "after its notice"
	}
	if !f.waitsForDevelopment() {
		return earliest, waits
	}
	if proven := f.Development.HealthySince.Add(rules.Healthy); proven.After(earliest) {
		return proven, "after it has run healthy in development"
	}
	return earliest, waits
}

func waitsFor(class calendar.Class, start time.Time, why string) string {
	what := "the next maintenance window"
	if class == calendar.Fix {
		what = "the next business hours"
	}
	if why != "" {
		what += " " + why
	}
	return what + ", " + start.Format("Monday 2006-01-02 15:04 MST")
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Lasting is a time for people: "24 hours", and not 24h0m0s.
func Lasting(d time.Duration) string {
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{time.Hour, "hour"}, {time.Minute, "minute"}} {
		switch {
		case d == unit.length:
			return "1 " + unit.name
		case d > 0 && d%unit.length == 0:
			return fmt.Sprintf("%d %ss", d/unit.length, unit.name)
		}
	}
	return d.String()
}
