package platform

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/calendar"
)

// Calendar is when a tenant's changes may start: the platform's, with what the
// tenant has of its own in place of it. A platform's freezes hold for everybody.
func Calendar(cfg *configv1.PlatformConfiguration, own v1alpha1.Calendar) (*calendar.Calendar, error) {
	spec, err := CalendarSpec(cfg, own)
	if err != nil {
		return nil, err
	}
	when, err := calendar.New(spec)
	if err != nil {
		return nil, err
	}
	expected := *cfg.Rollout.ExpectedMinutes
	if err := fits(spec.Maintenance, expected); err != nil {
		return nil, fmt.Errorf("maintenanceWindows: %w", err)
	}
	if err := fits(spec.Business, expected); err != nil {
		return nil, fmt.Errorf("businessHours: %w", err)
	}
	return when, nil
}

// CalendarSpec is what a tenant's calendar is made of.
func CalendarSpec(cfg *configv1.PlatformConfiguration, own v1alpha1.Calendar) (calendar.Spec, error) {
	windows, hours := cfg.Calendar.MaintenanceWindows, cfg.Calendar.BusinessHours
	if len(own.MaintenanceWindows) > 0 {
		windows = own.MaintenanceWindows
	}
	if len(own.BusinessHours) > 0 {
		hours = own.BusinessHours
	}
	spec := calendar.Spec{Zone: cmp.Or(own.TimeZone, cfg.TimeZone)}
	var problems [5]error
	spec.Maintenance, problems[0] = periods("maintenanceWindows", windows)
	spec.Business, problems[1] = periods("businessHours", hours)
	spec.Holidays, problems[2] = holidays(cfg.Calendar.Holidays)
	// Each list by itself, so that a message has the place in the tenant's own.
	spec.Freezes, problems[3] = freezes(cfg.Calendar.Freezes)
	alone, err := freezes(own.Freezes)
	problems[4] = cmp.Or(err, forward(alone))
	spec.Freezes = append(spec.Freezes, alone...)
	return spec, errors.Join(problems[:]...)
}

// fits says of some times that the longest is as long as a change is expected to
// take: in others none could ever start.
func fits(times []calendar.Period, expected int32) error {
	longest := calendar.Longest(times)
	if longest >= time.Duration(expected)*time.Minute {
		return nil
	}
	return fmt.Errorf("the longest has %d minutes, and a change is expected to take %d: none could ever start", int(longest.Minutes()), expected)
}

func periods(field string, windows []v1alpha1.Window) ([]calendar.Period, error) {
	var found []calendar.Period
	for i, window := range windows {
		from, err := calendar.ParseClock(window.From)
		if err != nil {
			return nil, fmt.Errorf("%s[%d].from: %w", field, i, err)
		}
		to, err := calendar.ParseClock(window.To)
		if err != nil {
			return nil, fmt.Errorf("%s[%d].to: %w", field, i, err)
		}
		for _, name := range window.Days {
			day, err := calendar.ParseDay(string(name))
			if err != nil {
				return nil, fmt.Errorf("%s[%d].days: %w", field, i, err)
			}
			found = append(found, calendar.Period{Day: day, From: from, To: to})
		}
	}
	return found, nil
}

func freezes(asked []v1alpha1.Freeze) ([]calendar.Freeze, error) {
	var found []calendar.Freeze
	for i, freeze := range asked {
		first, err := calendar.ParseDate(freeze.From)
		if err != nil {
			return nil, fmt.Errorf("freezes[%d].from: %w", i, err)
		}
		last, err := calendar.ParseDate(freeze.To)
		if err != nil {
			return nil, fmt.Errorf("freezes[%d].to: %w", i, err)
		}
		found = append(found, calendar.Freeze{First: first, Last: last})
	}
	return found, nil
}

// forward says which freeze ends before it begins.
func forward(all []calendar.Freeze) error {
	for i, freeze := range all {
		if freeze.IsEmpty() {
			return fmt.Errorf("freezes[%d]: it ends on %s, before it begins on %s", i, freeze.Last, freeze.First)
		}
	}
	return nil
}

func holidays(asked configv1.Holidays) (calendar.Holidays, error) {
	added, err := dates("holidays.added", asked.Added)
	if err != nil {
		return calendar.Holidays{}, err
	}
	removed, err := dates("holidays.removed", asked.Removed)
	return calendar.Holidays{Added: added, Removed: removed}, err
}

func dates(field string, texts []string) ([]calendar.Date, error) {
	var found []calendar.Date
	for i, text := range texts {
		date, err := calendar.ParseDate(text)
		if err != nil {
			return nil, fmt.Errorf("%s[%d]: %w", field, i, err)
		}
		found = append(found, date)
	}
	return found, nil
}
