package calendar_test

import (
	"bufio"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"voute.dev/voute/internal/calendar"
)

// zones are those of the tz database that differ from one another.
func zones(t *testing.T) []string {
	t.Helper()
	file, err := os.Open("testdata/zones.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }() // it was only read
	var names []string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		names = append(names, lines.Text())
	}
	if len(names) < 300 {
		t.Fatalf("only %d zones", len(names))
	}
	return names
}

// transitions are the instants of thirty years at which a zone's offset changes,
// found by looking at every six hours and halving.
func transitions(zone *time.Location, first, last time.Time) []time.Time {
	var found []time.Time
	offset := func(at time.Time) int { _, seconds := at.In(zone).Zone(); return seconds }
	for a := first; a.Before(last); a = a.Add(6 * time.Hour) {
		low, high := a, a.Add(6*time.Hour)
		if offset(low) == offset(high) {
			continue
		}
		for high.Sub(low) > time.Second {
			if middle := low.Add(high.Sub(low) / 2).Truncate(time.Second); offset(middle) == offset(low) {
				low = middle
			} else {
				high = middle
			}
		}
		found = append(found, high)
	}
	return found
}

// oracle walks minute by minute through time, and knows of zones only what a
// clock on the wall would show.
type oracle struct {
	spec calendar.Spec
	zone *time.Location
	// holidays of the years that were asked for.
	holidays map[int][]calendar.Date
}

func (o oracle) openings(class calendar.Class, first, last time.Time) []calendar.Opening {
	shown := make([]bool, 367*24*60)
	var found []calendar.Opening
	open := false
	for at := first.Add(-50 * time.Hour); at.Before(last); at = at.Add(time.Minute) {
		clock := at.In(o.zone)
		face := (clock.YearDay()*24+clock.Hour())*60 + clock.Minute()
		now := !shown[face] && !at.Before(first) && o.allows(class, clock)
		shown[face] = true
		switch {
		case now && !open:
			found = append(found, calendar.Opening{From: at})
		case !now && open:
			found[len(found)-1].To = at
		}
		open = now
	}
	if open {
		found[len(found)-1].To = last
	}
	return found
}

func (o oracle) allows(class calendar.Class, wall time.Time) bool {
	if class == calendar.Fix {
		return covers(o.spec.Business, wall) && !o.rests(wall) && !o.frozen(wall)
	}
	return covers(o.spec.Maintenance, wall) && !o.frozen(wall)
}

func (o oracle) rests(wall time.Time) bool {
	days, known := o.holidays[wall.Year()]
	if !known {
		days = o.spec.Holidays.Of(wall.Year())
		o.holidays[wall.Year()] = days
	}
	return slices.Contains(days, dateAt(wall))
}

func (o oracle) frozen(wall time.Time) bool {
	return slices.ContainsFunc(o.spec.Freezes, func(f calendar.Freeze) bool {
		today := wall.Format(time.DateOnly)
		return f.First.String() <= today && today <= f.Last.String()
	})
}

func covers(periods []calendar.Period, wall time.Time) bool {
	weekday, clock := wall.Weekday(), calendar.Clock(wall.Hour()*60+wall.Minute())
	return slices.ContainsFunc(periods, func(p calendar.Period) bool {
		switch {
		case p.To > p.From:
			return weekday == p.Day && p.From <= clock && clock < p.To
		case weekday == p.Day:
			return clock >= p.From
		default:
			return weekday == (p.Day+1)%7 && clock < p.To
		}
	})
}

// randomSpec favours the hours in which clocks are set.
func randomSpec(r *rand.Rand, zone string, around time.Time) calendar.Spec {
	periods := func() []calendar.Period {
		made := make([]calendar.Period, 1+r.IntN(6))
		for i := range made {
			p := calendar.Period{Day: time.Weekday(r.IntN(7)), From: calendar.Clock(r.IntN(24 * 60)), To: calendar.Clock(r.IntN(24*60 + 1))}
			if r.IntN(2) == 0 {
				p.From, p.To = calendar.Clock(r.IntN(4*60)), calendar.Clock(r.IntN(6*60))
			}
			if p.From == p.To {
				p.To = p.From + 1
			}
			made[i] = p
		}
		return made
	}
	spec := calendar.Spec{Zone: zone, Maintenance: periods(), Business: periods()}
	if r.IntN(3) == 0 {
		first, last := dateAt(around.AddDate(0, 0, r.IntN(4)-2)), dateAt(around.AddDate(0, 0, 2))
		spec.Freezes = []calendar.Freeze{{First: first, Last: last}}
		spec.Holidays.Added = []calendar.Date{dateAt(around)}
	}
	return spec
}

func dateAt(at time.Time) calendar.Date {
	year, month, day := at.Date()
	return calendar.Date{Year: year, Month: month, Day: day}
}

func TestEveryTransitionOfEveryZone(t *testing.T) {
	first, last := time.Date(2006, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2036, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, name := range zones(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			zone, err := time.LoadLocation(name)
			if err != nil {
				t.Fatal(err)
			}
			seed := fnv.New64a()
			_, _ = seed.Write([]byte(name)) // a hash takes everything
			r := rand.New(rand.NewPCG(seed.Sum64(), 1))
			around := transitions(zone, first, last)
			for range 3 {
				around = append(around, first.Add(time.Duration(r.Int64N(int64(last.Sub(first))))).Truncate(time.Minute))
			}
			for _, at := range around {
				compare(t, r, name, at)
			}
		})
	}
}

// compare looks at three days before and after an instant.
func compare(t *testing.T, r *rand.Rand, name string, at time.Time) {
	t.Helper()
	spec := randomSpec(r, name, at)
	c, err := calendar.New(spec)
	if err != nil {
		t.Fatalf("%+v: %v", spec, err)
	}
	first, last := at.Add(-72*time.Hour), at.Add(72*time.Hour)
	class := []calendar.Class{calendar.Fix, calendar.Maintenance}[r.IntN(2)]
	want := oracle{spec, c.Zone(), map[int][]calendar.Date{}}.openings(class, first, last)
	got := openings(c, class, first, last)
	if describe(got) != describe(want) {
		t.Fatalf("%s around %s with %+v: openings are\n%s\nwant\n%s", class, at, spec, describe(got), describe(want))
	}
	for range 20 {
		instant := first.Add(time.Duration(r.Int64N(int64(last.Sub(first)))))
		open := slices.ContainsFunc(want, func(o calendar.Opening) bool { return !instant.Before(o.From) && instant.Before(o.To) })
		if c.IsOpen(class, instant) != open {
			t.Fatalf("%s at %s with %+v: open is %v", class, instant, spec, !open)
		}
	}
}

// openings asks for one after the other.
func openings(c *calendar.Calendar, class calendar.Class, first, last time.Time) []calendar.Opening {
	var found []calendar.Opening
	for at := first; ; {
		next, ok := c.NextOpening(class, at)
		if !ok || !next.From.Before(last) {
			return found
		}
		if next.To.After(last) {
			next.To = last
		}
		found = append(found, next)
		at = next.To
	}
}

func describe(openings []calendar.Opening) string {
	text := ""
	for _, o := range openings {
		text += fmt.Sprintf("%s to %s\n", o.From.UTC().Format(time.RFC3339), o.To.UTC().Format(time.RFC3339))
	}
	return text
}
