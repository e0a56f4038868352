// Package growth says how a client's storage fills: how near it is to its quota, and
// when it is full at the present rate.
//
// The rate is that since a sample of one to two weeks ago. Two samples are kept: the
// one that counts, and the one that comes after it a week later, so that a rate is
// known at any time, and what was long ago does not count for ever.
package growth

import "time"

// Level is how near to its quota a use is.
type Level string

// The levels. Normal is none.
const (
	Normal   Level = ""
	Warning  Level = "Warning"
	Critical Level = "Critical"
)

const (
	// Percents at which a level begins, and how far below them it ends: a use that
	// goes to and fro is told once.
	warning, critical = 80, 95
	slack             = 3

	// week is the time between two samples; a rate takes shortest.
	week     = 7 * 24 * time.Hour
	shortest = 24 * time.Hour
	// A quota that takes longer to fill is not said to.
	farthest = 10 * 365 * 24 * time.Hour
)

// After is the level of a use that had another one before, both in bytes.
func After(before Level, used, quota int64) Level {
	if quota <= 0 {
		return Normal
	}
	percent := float64(used) / float64(quota) * 100
	switch {
	case percent >= critical, before == Critical && percent > critical-slack:
		return Critical
	case percent >= warning, before != Normal && percent > warning-slack:
		return Warning
	default:
		return Normal
	}
}

// Exceeds says whether a level is the worse of two.
func (l Level) Exceeds(other Level) bool {
	rank := map[Level]int{Normal: 0, Warning: 1, Critical: 2}
	return rank[l] > rank[other]
}

// Sample is a use at an instant, in bytes.
type Sample struct {
	At   time.Time
	Used int64
}

// History is what is kept of a use: the sample that counts, and the one that will.
type History struct{ Base, Next Sample }

// Add takes a sample up.
func (h History) Add(now Sample) History {
	switch {
	case h.Base.At.IsZero(), now.At.Before(h.Next.At):
		return History{Base: now, Next: now} // it is the first, or the clock went back
	case now.At.Sub(h.Next.At) >= week:
		return History{Base: h.Next, Next: now}
	default:
		return h
	}
}

// Full is when a quota is used up at the present rate; false where it is not, or
// not within ten years, or nobody can say yet.
func (h History) Full(now Sample, quota int64) (time.Time, bool) {
	span, grown := now.At.Sub(h.Base.At), now.Used-h.Base.Used
	if h.Base.At.IsZero() || span < shortest || grown <= 0 {
		return time.Time{}, false
	}
	left := float64(max(0, quota-now.Used)) / float64(grown) * float64(span)
	if left > float64(farthest) {
		return time.Time{}, false
	}
	return now.At.Add(time.Duration(left)), true
}
