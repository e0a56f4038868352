package platform

import (
	"strings"
	"testing"
	"time"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/calendar"
)

func window(from, to string, days ...v1alpha1.Weekday) []v1alpha1.Window {
	return []v1alpha1.Window{{Days: days, From: from, To: to}}
}

// 22 November 2026 is a Sunday; Toronto is five hours behind, Vancouver eight.
func TestATenantsOwnCalendar(t *testing.T) {
	frozen := func(cfg *configv1.PlatformConfiguration) {
		cfg.Calendar.Freezes = []v1alpha1.Freeze{{From: "2026-11-22", To: "2026-11-24"}}
	}
	for name, test := range map[string]struct {
		platform func(*configv1.PlatformConfiguration)
		own      v1alpha1.Calendar
		class    calendar.Class
		want     string
	}{
		"the platform's windows":  {class: calendar.Maintenance, want: "2026-11-22T11:00:00Z"},
		"the platform's hours":    {class: calendar.Fix, want: "2026-11-23T13:30:00Z"},
		"windows of its own":      {own: v1alpha1.Calendar{MaintenanceWindows: window("22:00", "02:00", "Tuesday")}, class: calendar.Release, want: "2026-11-25T03:00:00Z"},
		"which leave the hours":   {own: v1alpha1.Calendar{MaintenanceWindows: window("22:00", "02:00", "Tuesday")}, class: calendar.Fix, want: "2026-11-23T13:30:00Z"},
		"hours of its own":        {own: v1alpha1.Calendar{BusinessHours: window("10:00", "24:00", "Friday")}, class: calendar.Fix, want: "2026-11-27T15:00:00Z"},
		"which leave the windows": {own: v1alpha1.Calendar{BusinessHours: window("10:00", "24:00", "Friday")}, class: calendar.Maintenance, want: "2026-11-22T11:00:00Z"},
		"a zone of its own":       {own: v1alpha1.Calendar{TimeZone: "America/Vancouver"}, class: calendar.Maintenance, want: "2026-11-22T14:00:00Z"},
		"the platform's freeze":   {platform: frozen, class: calendar.Maintenance, want: "2026-11-25T10:00:00Z"},
		"is for everybody":        {platform: frozen, own: v1alpha1.Calendar{MaintenanceWindows: window("00:00", "24:00", "Sunday", "Monday", "Tuesday", "Wednesday")}, class: calendar.Maintenance, want: "2026-11-25T05:00:00Z"},
		"a freeze of its own":     {own: v1alpha1.Calendar{Freezes: []v1alpha1.Freeze{{From: "2026-11-22", To: "2026-11-22"}}}, class: calendar.Maintenance, want: "2026-11-25T10:00:00Z"},
		"both freezes":            {platform: frozen, own: v1alpha1.Calendar{Freezes: []v1alpha1.Freeze{{From: "2026-11-25", To: "2026-11-26"}}}, class: calendar.Maintenance, want: "2026-11-29T11:00:00Z"},
		"a day off that is added": {platform: func(cfg *configv1.PlatformConfiguration) { cfg.Calendar.Holidays.Added = []string{"2026-11-23"} }, class: calendar.Fix, want: "2026-11-24T13:30:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := load(t, read(t, "minimal.yaml"))
			if test.platform != nil {
				test.platform(cfg)
			}
			when, err := Calendar(cfg, test.own)
			if err != nil {
				t.Fatal(err)
			}
			next, found := when.NextOpening(test.class, time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC))
			if got := next.From.UTC().Format(time.RFC3339); !found || got != test.want {
				t.Errorf("%v: %s; want %s", found, got, test.want)
			}
		})
	}
}

func TestAHolidayThatIsRemovedIsAWorkingDay(t *testing.T) {
	cfg := load(t, read(t, "minimal.yaml"))
	cfg.Calendar.Holidays.Removed = []string{"2026-12-24"}
	when, err := Calendar(cfg, v1alpha1.Calendar{})
	if err != nil || !when.IsOpen(calendar.Fix, time.Date(2026, 12, 24, 15, 0, 0, 0, time.UTC)) {
		t.Errorf("it is closed: %v", err)
	}
}

func TestACalendarThatCannotBeIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		own  v1alpha1.Calendar
		want string
	}{
		"an unknown zone":   {v1alpha1.Calendar{TimeZone: "America/Quebec-City"}, `timeZone: "America/Quebec-City" is no IANA time zone`},
		"the machine's":     {v1alpha1.Calendar{TimeZone: "Local"}, "no IANA time zone"},
		"a day in French":   {v1alpha1.Calendar{BusinessHours: window("08:00", "09:00", "Lundi")}, `businessHours[0].days: "Lundi" is no day of the week`},
		"no time of day":    {v1alpha1.Calendar{MaintenanceWindows: append(window("08:00", "09:00", "Monday"), window("8:00", "09:00", "Monday")...)}, `maintenanceWindows[1].from: "8:00" is no time`},
		"no day at all":     {v1alpha1.Calendar{MaintenanceWindows: window("08:00", "09:00")}, "there is no period, so that it would never open"},
		"no length":         {v1alpha1.Calendar{MaintenanceWindows: window("08:00", "08:00", "Monday")}, "is empty"},
		"no date":           {v1alpha1.Calendar{Freezes: []v1alpha1.Freeze{{From: "2026-02-30", To: "2026-03-01"}}}, `freezes[0].from: "2026-02-30" is no date`},
		"the second freeze": {v1alpha1.Calendar{Freezes: []v1alpha1.Freeze{{From: "2026-03-01", To: "2026-03-01"}, {From: "2026-03-01", To: "1 March"}}}, `freezes[1].to: "1 March" is no date`},
		"backward, too":     {v1alpha1.Calendar{Freezes: []v1alpha1.Freeze{{From: "2026-03-01", To: "2026-03-01"}, {From: "2026-03-02", To: "2026-03-01"}}}, "freezes[1]: it ends"},
		"too short windows": {v1alpha1.Calendar{MaintenanceWindows: window("08:00", "08:09", "Monday")}, "maintenanceWindows: the longest has 9 minutes, and a change is expected to take 10: none could ever start"},
		"too short hours":   {v1alpha1.Calendar{BusinessHours: window("23:58", "00:01", "Monday")}, "businessHours: the longest has 3 minutes"},
		"a freeze backward": {v1alpha1.Calendar{Freezes: []v1alpha1.Freeze{{From: "2026-03-02", To: "2026-03-01"}}}, "freezes[0]: it ends on 2026-03-01, before it begins on 2026-03-02"},
	} {
		t.Run(name, func(t *testing.T) {
			// The platform's own freezes are not counted.
			cfg := load(t, read(t, "minimal.yaml"))
			cfg.Calendar.Freezes = []v1alpha1.Freeze{{From: "2026-01-01", To: "2026-01-02"}}
			if _, err := Calendar(cfg, test.own); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v; want %s", err, test.want)
			}
		})
	}
}
