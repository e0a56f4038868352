package calendar

import (
	"errors"
	"fmt"
	"time"
)

// Spec is what a calendar is made of.
type Spec struct {
	// Zone is an IANA name such as America/Toronto.
	Zone string
	// Maintenance bounds releases and maintenance; Business bounds fixes.
	Maintenance, Business []Period
	Holidays              Holidays
	Freezes               []Freeze
}

// Freeze is a time in which nothing is changed that can wait: whole days, the
// last one included.
type Freeze struct {
	First, Last Date
}

// IsEmpty says that it ends before it begins.
func (f Freeze) IsEmpty() bool { return f.span().isEmpty() }

func (f Freeze) span() span { return span{f.First.start(), f.Last.plus(1).start()} }

// Calendar answers for one place. It is safe for concurrent use.
type Calendar struct {
	zone *time.Location
	spec Spec
}

// New checks a spec; the error names every part that is wrong. A calendar that
// would never open is refused.
func New(spec Spec) (*Calendar, error) {
	zone, err := time.LoadLocation(spec.Zone)
	if err != nil || spec.Zone == "" || spec.Zone == "Local" {
		err = fmt.Errorf("timeZone: %q is no IANA time zone such as America/Toronto", spec.Zone)
	}
	problems := []error{err, checkPeriods("maintenance", spec.Maintenance), checkPeriods("business", spec.Business)}
	for i, f := range spec.Freezes {
		if f.span().isEmpty() {
			problems = append(problems, fmt.Errorf("freezes[%d]: it ends on %s, before it begins on %s", i, f.Last, f.First))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return &Calendar{zone: zone, spec: spec}, nil
}

func checkPeriods(name string, periods []Period) error {
	if len(periods) == 0 {
		return fmt.Errorf("%s: there is no period, so that it would never open", name)
	}
	var problems []error
	for i, p := range periods {
		if err := p.Check(); err != nil {
			problems = append(problems, fmt.Errorf("%s[%d]: %w", name, i, err))
		}
	}
	return errors.Join(problems...)
}

// Zone is the calendar's time zone.
func (c *Calendar) Zone() *time.Location { return c.zone }

// IsOpen says whether a change of a class may start at an instant, as far as
// the hours go.
func (c *Calendar) IsOpen(class Class, at time.Time) bool {
	if class.IsFree() {
		return true
	}
	now := at.Unix()
	return len(c.openings(class, span{now, now + 1})) > 0
}

// local gives the spans of local time in which a class is open.
func (c *Calendar) local(class Class, bounds span) []span {
	var spans []span
	switch class {
	case Fix:
		spans = weekly(c.spec.Business, bounds)
		for _, holiday := range c.spec.Holidays.spans(bounds) {
			spans = without(spans, holiday)
		}
	case Release, Maintenance:
		spans = weekly(c.spec.Maintenance, bounds)
	}
	for _, f := range c.spec.Freezes {
		spans = without(spans, f.span())
	}
	return spans
}

// openings gives the open instants within bounds, merged.
func (c *Calendar) openings(class Class, bounds span) []span {
	var spans []span
	for _, s := range segments(c.zone, bounds) {
		walls := c.local(class, s.local())
		for _, seen := range s.before {
			walls = without(walls, seen)
		}
		spans = append(spans, shifted(walls, -s.offset)...)
	}
	return within(merged(spans), bounds)
}
