package sharingtenant

import (
	"strings"
	"testing"

	"k8s.io/utils/ptr"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/conditions"
	"voute.dev/voute/internal/platform"
)

// The message names each field as a person finds it in the tenant's YAML.
func TestACalendarThatCannotBeIsToldByItsFields(t *testing.T) {
	weekdays := []v1alpha1.Window{{Days: []v1alpha1.Weekday{"Monday"}, From: "09:00", To: "17:00"}}
	cfg := &configv1.PlatformConfiguration{TimeZone: "UTC"}
	cfg.Calendar.MaintenanceWindows, cfg.Calendar.BusinessHours = weekdays, weekdays
	cfg.Calendar.Freezes = []v1alpha1.Freeze{{From: "2026-12-14", To: "2027-01-05"}}
	cfg.Rollout.ExpectedMinutes = ptr.To[int32](10)
	short := []v1alpha1.Window{{Days: []v1alpha1.Weekday{"Monday"}, From: "09:00", To: "09:05"}}
	freezes := []v1alpha1.Freeze{{From: "2026-03-01", To: "2026-03-01"}, {From: "2026-03-02", To: "March"}}
	const rest = ". Until it is mended no change starts that interrupts; what runs goes on running."
	for name, test := range map[string]struct {
		own  v1alpha1.Calendar
		want string
	}{
		"the second freeze": {v1alpha1.Calendar{Freezes: freezes}, `spec.calendar.freezes[1].to: "March" is no date: write it as 2026-12-24`},
		"windows too short": {
			v1alpha1.Calendar{MaintenanceWindows: short},
			"spec.calendar.maintenanceWindows: the longest has 5 minutes, and a change is expected to take 10: none could ever start",
		},
		"each of two": {
			v1alpha1.Calendar{BusinessHours: []v1alpha1.Window{{Days: []v1alpha1.Weekday{"Monday"}, From: "9", To: "17:00"}}, Freezes: freezes},
			`spec.calendar.businessHours[0].from: "9" is no time of day: write it as 05:00, from 00:00 to 24:00; spec.calendar.freezes[1].to: "March" is no date: write it as 2026-12-24`,
		},
	} {
		s := &scope{platform: &Platform{Config: cfg}}
		s.when, s.unscheduled = platform.Calendar(cfg, test.own)
		_, err := (&Reconciler{}).calendar(t.Context(), s)
		problem := conditions.Classify(err)
		if problem == nil || problem.Reason != "CalendarInvalid" || problem.Message != test.want+rest {
			t.Errorf("%s: %+v; want %s", name, problem, test.want)
		}
	}
	s := &scope{platform: &Platform{Config: cfg}}
	if s.when, s.unscheduled = platform.Calendar(cfg, v1alpha1.Calendar{}); s.unscheduled != nil {
		t.Fatal(s.unscheduled)
	}
	if message, err := (&Reconciler{}).calendar(t.Context(), s); err != nil || !strings.Contains(message, "UTC") {
		t.Errorf("%s, %v", message, err)
	}
}
