// Package windows says when changes may start next, and what keeps a calendar from
// opening when it else would. It decides nothing: all of it is what package calendar
// answers, of which the operator asks the same.
//
// A holiday or a freeze is told of a class only where the class would open on one
// of its days, had it neither; and only as far as the openings go that are told.
package windows

import (
	"fmt"
	"time"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/calendar"
	"voute.dev/voute/internal/platform"
)

// Windows are the next openings of one calendar.
type Windows struct {
	// Of is whose calendar it is.
	Of   string    `json:"of"`
	Zone string    `json:"timeZone"`
	Now  time.Time `json:"now"`
	// ExpectedMinutes is how long a change takes: it starts so long before an end
	// at the latest. NoticeDays come before a release.
	ExpectedMinutes int32   `json:"expectedMinutes"`
	NoticeDays      int32   `json:"noticeDays"`
	Hours           []Hours `json:"hours"`
}

// Hours are those of some classes.
type Hours struct {
	Classes []calendar.Class `json:"classes"`
	Name    string           `json:"name"`
	Next    []Opening        `json:"next"`
	Closed  []Closing        `json:"closed,omitempty"`
}

// Opening is a time in which changes may start, up to LastStart; where that is
// not there, it is too short for any.
type Opening struct {
	From      time.Time  `json:"from"`
	To        time.Time  `json:"to"`
	LastStart *time.Time `json:"lastStart,omitempty"`
}

// Closing are days on which nothing opens that else would.
type Closing struct {
	// Why is holiday or freeze, with whose it is.
	Why   string `json:"why"`
	First string `json:"first"`
	Last  string `json:"last"`
}

// bound are the classes that have hours, by the hours.
var bound = []Hours{
	{Classes: []calendar.Class{calendar.Fix}, Name: "business hours"},
	{Classes: []calendar.Class{calendar.Release, calendar.Maintenance}, Name: "maintenance windows"},
}

// farthest is how far closed days are told of where nothing opens at all.
const farthest = 2 * 365 * 24 * time.Hour

// Next gives the next openings of each class: of the platform where there is no
// tenant.
func Next(cfg *configv1.PlatformConfiguration, tenant *v1alpha1.SharingTenant, now time.Time, many int) (*Windows, error) {
	own, of := v1alpha1.Calendar{}, "the platform"
	if tenant != nil {
		own, of = tenant.Spec.Calendar, tenant.Namespace+"/"+tenant.Name
	}
	when, err := platform.Calendar(cfg, own)
	if err != nil {
		return nil, fmt.Errorf("the calendar of %s: %w", of, err)
	}
	spec, err := platform.CalendarSpec(cfg, own)
	if err != nil {
		return nil, err
	}
	w := &Windows{
		Of: of, Zone: spec.Zone, Now: now.In(when.Zone()),
		ExpectedMinutes: *cfg.Rollout.ExpectedMinutes, NoticeDays: *cfg.Rollout.NoticeDays,
	}
	look := look{when: when, spec: spec, now: now, lasts: time.Duration(w.ExpectedMinutes) * time.Minute, shared: len(spec.Freezes) - len(own.Freezes)}
	for _, hours := range bound {
		hours.Next = look.next(hours.Classes[0], many)
		if hours.Closed, err = look.closed(hours.Classes[0], look.end(hours.Next)); err != nil {
			return nil, err
		}
		w.Hours = append(w.Hours, hours)
	}
	return w, nil
}

// look is one look at a calendar.
type look struct {
	when  *calendar.Calendar
	spec  calendar.Spec
	now   time.Time
	lasts time.Duration
	// shared is how many of the freezes are the platform's: they come first.
	shared int
}

func (l look) next(class calendar.Class, many int) []Opening {
	next := []Opening{}
	for at := l.now; len(next) < many; {
		found, any := l.when.NextOpening(class, at)
		if !any {
			break
		}
		opening := Opening{From: found.From, To: found.To}
		if last := found.To.Add(-l.lasts); !last.Before(found.From) {
			opening.LastStart = &last
		}
		next, at = append(next, opening), found.To
	}
	return next
}

// end is how far openings go that are told.
func (l look) end(next []Opening) time.Time {
	if len(next) == 0 {
		return l.now.Add(farthest)
	}
	return next[len(next)-1].To
}

// closed are the days before an end on which a class would open, had the calendar
// neither holidays nor freezes.
func (l look) closed(class calendar.Class, end time.Time) ([]Closing, error) {
	plain, err := calendar.New(l.undisturbed(end))
	if err != nil {
		return nil, err
	}
	var closed []Closing
	for _, day := range l.holidays(end) {
		if class == calendar.Fix && l.opens(plain, class, day, day, end) {
			closed = append(closed, Closing{Why: "holiday", First: day.String(), Last: day.String()})
		}
	}
	for i, freeze := range l.spec.Freezes {
		why := "freeze of the platform"
		if i >= l.shared {
			why = "freeze of the tenant"
		}
		if l.opens(plain, class, freeze.First, freeze.Last, end) {
			closed = append(closed, Closing{Why: why, First: freeze.First.String(), Last: freeze.Last.String()})
		}
	}
	return closed, nil
}

// undisturbed is the calendar with every day a working day.
func (l look) undisturbed(end time.Time) calendar.Spec {
	spec := l.spec
	spec.Freezes = nil
	spec.Holidays = calendar.Holidays{Removed: l.holidays(end)}
	return spec
}

// holidays are all from today on, to the year of an end.
func (l look) holidays(end time.Time) []calendar.Date {
	var days []calendar.Date
	for year := l.now.In(l.when.Zone()).Year(); year <= end.In(l.when.Zone()).Year(); year++ {
		days = append(days, l.spec.Holidays.Of(year)...)
	}
	return days
}

// opens: between now and an end the calendar opens on one of some days.
func (l look) opens(when *calendar.Calendar, class calendar.Class, first, last calendar.Date, end time.Time) bool {
	from, to := midnight(first, 0, when.Zone()), midnight(last, 1, when.Zone())
	if from.Before(l.now) {
		from = l.now
	}
	if to.After(end) {
		to = end
	}
	if !from.Before(to) {
		return false
	}
	found, any := when.NextOpening(class, from)
	return any && found.From.Before(to)
}

func midnight(d calendar.Date, later int, zone *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day+later, 0, 0, 0, 0, zone)
}
