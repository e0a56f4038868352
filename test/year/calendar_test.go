package year

import (
	"errors"
	"time"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/calendar"
)

// calendarOf reads the platform's file and a tenant's spec as the documentation
// says: what a tenant has is in place of the platform's, and freezes are added.
func calendarOf(config *configv1.PlatformConfiguration, own v1alpha1.Calendar) (*calendar.Calendar, error) {
	asked := calendar.Spec{Zone: config.TimeZone}
	if own.TimeZone != "" {
		asked.Zone = own.TimeZone
	}
	maintenance, business := config.Calendar.MaintenanceWindows, config.Calendar.BusinessHours
	if own.MaintenanceWindows != nil {
		maintenance = own.MaintenanceWindows
	}
	if own.BusinessHours != nil {
		business = own.BusinessHours
	}
	var problems []error
	parse := func(windows []v1alpha1.Window) (found []calendar.Period) {
		for _, window := range windows {
			from, err := calendar.ParseClock(window.From)
			to, other := calendar.ParseClock(window.To)
			problems = append(problems, err, other)
			for _, name := range window.Days {
				weekday, err := calendar.ParseDay(string(name))
				problems = append(problems, err)
				found = append(found, calendar.Period{Day: weekday, From: from, To: to})
			}
		}
		return found
	}
	date := func(text string) calendar.Date {
		parsed, err := calendar.ParseDate(text)
		problems = append(problems, err)
		return parsed
	}
	asked.Maintenance, asked.Business = parse(maintenance), parse(business)
	for _, all := range [][]v1alpha1.Freeze{config.Calendar.Freezes, own.Freezes} {
		for _, each := range all {
			asked.Freezes = append(asked.Freezes, calendar.Freeze{First: date(each.From), Last: date(each.To)})
		}
	}
	for _, text := range config.Calendar.Holidays.Added {
		asked.Holidays.Added = append(asked.Holidays.Added, date(text))
	}
	for _, text := range config.Calendar.Holidays.Removed {
		asked.Holidays.Removed = append(asked.Holidays.Removed, date(text))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return calendar.New(asked)
}

func minutes(count int32) time.Duration { return time.Duration(count) * time.Minute }
