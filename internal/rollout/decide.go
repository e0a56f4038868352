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
	earliest, waits := f.earliest(rules)
	if earliest.IsZero() {
		return Decision{WaitsFor: waits}
	}
	start, found := when.NextStart(f.Change.Class, later(f.Now, earliest), rules.Expected)
	if !found {
		return Decision{WaitsFor: fmt.Sprintf("no time of the calendar is as long as the %s that this takes", rules.Expected)}
	}
	if !start.After(f.Now) {
		return Decision{Start: true}
	}
	opening, _ := when.NextOpening(f.Change.Class, start)
	return Decision{WaitsFor: waitsFor(f.Change.Class, start.In(when.Zone()), waits), Opening: &opening}
}

// earliest is what notice and development leave open, with what it waits for;
// zero where that cannot be told yet.
func (f Facts) earliest(rules Rules) (earliest time.Time, waits string) {
	earliest = f.Since
	if f.Change.Class == calendar.Release && !f.Pinned {
		earliest, waits = f.Since.Add(rules.Notice), "after its notice"
	}
	if !f.Change.MovesVersion() || f.Development == nil {
		return earliest, waits
	}
	switch {
	case f.Development.Failed:
		return time.Time{}, fmt.Sprintf("version %s was taken back in development: see there", f.Change.To)
	case f.Development.Version != f.Change.To:
		return time.Time{}, fmt.Sprintf("version %s has to run in development first", f.Change.To)
	case f.Development.HealthySince.IsZero():
		return time.Time{}, fmt.Sprintf("version %s has to run healthy in development for %s first", f.Change.To, rules.Healthy)
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
