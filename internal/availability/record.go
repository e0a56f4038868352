package availability

import (
	"fmt"
	"time"
)

const (
	// Gap between two looks is the longest in which an address is taken to have
	// been as it was found: an operator is replaced in less.
	Gap = 3 * time.Minute
	// A percentage that moves by itself is told once in tellEvery.
	tellEvery = 24 * time.Hour
	// whole is a percentage in hundredths.
	whole = 100_00
)

// Record is what is known of one address in one contract year. Times are in whole
// seconds; durations count only what lies outside maintenance.
type Record struct {
	// Since is when counting began, and Until how far it has come.
	Since, Until time.Time
	// DownSince is zero while the address answers.
	DownSince time.Time
	// Observed contains Down.
	Observed, Down, Unobserved time.Duration
}

// Look is one look at an address.
type Look struct {
	At time.Time
	Up bool
	// Seen is when somebody looked before: the time since the record's end is
	// counted as observed up to then. Zero is the record's end.
	Seen time.Time
}

// Rules are about the time.
type Rules struct {
	// Outside is how much of a time lies outside maintenance.
	Outside func(from, to time.Time) time.Duration
	// Zone is where years begin.
	Zone *time.Location
}

// Begin is the record of an address that answers from now on.
func Begin(at time.Time) Record {
	at = at.Truncate(time.Second)
	return Record{Since: at, Until: at}
}

// After is the record once an address was looked at. While a clock that was set
// back is not past the record's end, nothing is counted.
func (r Record) After(look Look, rules Rules) Record {
	at := look.At.Truncate(time.Second)
	seen := at
	if last := latest(r.Until, look.Seen.Truncate(time.Second)); at.Sub(last) > Gap {
		seen = last
	}
	r = r.pass(seen, true, rules).pass(at, false, rules)
	switch {
	case look.Up:
		r.DownSince = time.Time{}
	case r.DownSince.IsZero():
		r.DownSince = at
	}
	return r
}

// pass counts the time up to an instant. A year that ends within it begins anew.
func (r Record) pass(to time.Time, observed bool, rules Rules) Record {
	for end := yearEnd(r.Until, rules.Zone); !end.After(to); end = yearEnd(r.Until, rules.Zone) {
		r = Record{Since: end, Until: end, DownSince: r.DownSince}
	}
	return r.count(to, observed, rules)
}

func (r Record) count(to time.Time, observed bool, rules Rules) Record {
	if !to.After(r.Until) {
		return r
	}
	counts := rules.Outside(r.Until, to)
	switch {
	case !observed:
		r.Unobserved += counts
	case r.DownSince.IsZero():
		r.Observed += counts
	default:
		r.Observed, r.Down = r.Observed+counts, r.Down+counts
	}
	r.Until = to
	return r
}

// IsNews says whether a record tells something that the one told last does not.
func (r Record) IsNews(told Record) bool {
	switch {
	case r.DownSince.IsZero() != told.DownSince.IsZero(), !r.Since.Equal(told.Since), r.Unobserved != told.Unobserved:
		return true
	default:
		return r.Percent() != told.Percent() && r.Until.Sub(told.Until) >= tellEvery
	}
}

// Ratio of the time observed in which the address answered, from 0 to 1; 1 where
// nothing was observed.
func (r Record) Ratio() float64 {
	if r.Observed <= 0 {
		return 1
	}
	return float64(r.Observed-r.Down) / float64(r.Observed)
}

// Percent is the ratio with two decimal places, rounded down: 100.00 is said only
// of what was never down.
func (r Record) Percent() string {
	hundredths := int64(whole)
	if r.Observed > 0 {
		hundredths = int64((r.Observed-r.Down)/time.Second) * whole / int64(r.Observed/time.Second)
	}
	return fmt.Sprintf("%d.%02d", hundredths/100, hundredths%100)
}

// yearEnd is the first beginning of a contract year after an instant.
func yearEnd(after time.Time, zone *time.Location) time.Time {
	year := after.In(zone).Year()
	for {
		if begin := time.Date(year, time.April, 1, 0, 0, 0, 0, zone); begin.After(after) {
			return begin
		}
		year++
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
