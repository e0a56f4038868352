package buckets

import (
	"hash/fnv"
	"slices"
	"time"
)

const (
	// settle is left to servers to sweep, and to clocks that differ.
	settle = time.Hour
	// spread is over how much time the environments' looks are spread.
	spread = 3 * time.Hour
	// patience passes before it is noted that a server keeps one waiting: it may
	// only be starting.
	patience = time.Hour
	// atOnce bounds what one look does after a long absence.
	atOnce = 32
)

// again are the days before the one that is closed that are looked at again.
var again = []int{2, 7}

// Rules are the platform's.
type Rules struct {
	Zone *time.Location
	// Wait is for how many days a server's word is waited for.
	Wait int
}

// Place is one environment.
type Place struct {
	// First is the first day on which there may be a key, such as 2026-11-22.
	First string
	// Delay is how long after midnight its days are due: see Delay.
	Delay time.Duration
}

// Delay spreads environments over the small hours, each at a time of its own.
func Delay(name string) time.Duration {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(name)) // it has no error
	return settle + time.Duration(hash.Sum64()%uint64(spread/time.Second))*time.Second
}

// State is what has to be kept between two looks.
type State struct {
	// Through is the last day of which the key is deleted; empty when none.
	Through string
	// Since is when the operator began to wait for a server's word; zero while it
	// does not.
	Since time.Time
}

// Word is what the server says.
type Word struct {
	// Told says whether it was heard just now.
	Told bool
	// Earliest is the first bucket with something in it; empty when there is none.
	Earliest string
	// Swept is when it last swept, by its own clock.
	Swept time.Time
}

// Plan is what is to be done now.
type Plan struct {
	// Days to close, in their order. The plan ends with the first that fails.
	Days []Day
	// Waits is the day that cannot be closed yet; empty when there is none. Since is
	// when that began, zero before it is worth telling; Until is when it is deleted
	// all the same.
	Waits string
	Since time.Time
	Until time.Time
}

// Day is one to close.
type Day struct {
	Name string
	// Forced says that the server has not confirmed it.
	Forced bool
	// Again are days before it that are looked at once more.
	Again []string
}

// Decide says what is to be done for an environment at an instant.
func Decide(place Place, state State, word Word, rules Rules, now time.Time) Plan {
	var plan Plan
	done := max(state.Through, before(place.First, 1))
	for day := before(done, -1); isDue(day, place, rules, now) && len(plan.Days) < atOnce; day = before(day, -1) {
		over := end(day, rules.Zone)
		confirmed := word.Told && word.Swept.After(over) && (word.Earliest == "" || word.Earliest > day)
		if !confirmed {
			plan.wait(day, over.Add(place.Delay), state.Since, rules, now)
			if plan.Since.IsZero() || now.Before(plan.Until) {
				return plan
			}
		}
		plan.Days = append(plan.Days, Day{Name: day, Forced: !confirmed, Again: repeated(day, state.Through, place.First)})
		if confirmed {
			plan.Since = time.Time{}
		}
		plan.Waits = ""
	}
	return plan
}

// wait notes what is waited for.
func (p *Plan) wait(day string, due, since time.Time, rules Rules, now time.Time) {
	p.Waits, p.Since = day, since
	if since.IsZero() || since.After(now) { // the clock went back
		p.Since = time.Time{}
		if !now.Before(due.Add(patience)) {
			p.Since = now
		}
	}
	start := due
	if p.Since.After(start) {
		start = p.Since
	}
	p.Until = start.AddDate(0, 0, rules.Wait)
}

// repeated are the days that were closed at an earlier look and are looked at
// again with this one.
func repeated(day, through, first string) []string {
	var names []string
	for _, days := range again {
		if name := before(day, days); name <= through && name >= first {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Next is when there is something to do again, as far as the calendar says.
func Next(place Place, state State, rules Rules) time.Time {
	day := before(max(state.Through, before(place.First, 1)), -1)
	return end(day, rules.Zone).Add(place.Delay)
}

func isDue(day string, place Place, rules Rules, now time.Time) bool {
	return !now.Before(end(day, rules.Zone).Add(place.Delay))
}

// Name is the calendar day of an instant.
func Name(t time.Time, zone *time.Location) string { return t.In(zone).Format(time.DateOnly) }

// end is when a day is over: when the next one begins.
func end(day string, zone *time.Location) time.Time {
	date, _ := time.Parse(time.DateOnly, day)
	next := date.AddDate(0, 0, 1)
	return time.Date(next.Year(), next.Month(), next.Day(), 0, 0, 0, 0, zone)
}

// before is the day that lies some days before another.
func before(day string, days int) string {
	date, _ := time.Parse(time.DateOnly, day)
	return date.AddDate(0, 0, -days).Format(time.DateOnly)
}
