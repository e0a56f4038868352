package platform

import (
	"errors"
	"fmt"
	"slices"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/calendar"
)

// Calendar is when a tenant's changes may start: the platform's, with what the
// tenant has of its own in place of it. A platform's freezes hold for everybody.
func Calendar(cfg *configv1.PlatformConfiguration, own v1alpha1.Calendar) (*calendar.Calendar, error) {
	windows, hours := cfg.Calendar.MaintenanceWindows, cfg.Calendar.BusinessHours
	spec := calendar.Spec{Zone: cfg.TimeZone}
	if own.TimeZone != "" {
		spec.Zone = own.TimeZone
	}
	if len(own.MaintenanceWindows) > 0 {
		windows = own.MaintenanceWindows
	}
	if len(own.BusinessHours) > 0 {
		hours = own.BusinessHours
	}
	var problems [4]error
	spec.Maintenance, problems[0] = periods("maintenanceWindows", windows)
	spec.Business, problems[1] = periods("businessHours", hours)
	spec.Freezes, problems[2] = freezes(slices.Concat(cfg.Calendar.Freezes, own.Freezes))
	spec.Holidays, problems[3] = holidays(cfg.Calendar.Holidays)
	if err := errors.Join(problems[:]...); err != nil {
		return nil, err
	}
	return calendar.New(spec)
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
