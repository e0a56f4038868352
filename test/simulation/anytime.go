package simulation

import (
	"strings"
	"time"

	"voute.dev/voute/internal/calendar"
)

const anyTime = `
calendar:
  maintenanceWindows:
  - {days: [Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday], from: "00:00", to: "24:00"}
  businessHours:
  - {days: [Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday], from: "00:00", to: "24:00"}
  holidays:
    removed: [HOLIDAYS]
rollout:
  slots: 1000
  canaryPercent: 0
  haltAfter: 1000
  expectedMinutes: 0
  healthyMinutes: 0
  noticeDays: 0
`

// AnyTime is what a platform's configuration file says whose changes start as
// soon as they are asked for, all at once: for tests that are about something
// else. It holds for this year and the next.
func AnyTime(now time.Time) string {
	var days []string
	for _, year := range []int{now.Year(), now.Year() + 1} {
		for _, day := range (calendar.Holidays{}).Of(year) {
			days = append(days, `"`+day.String()+`"`)
		}
	}
	return strings.Replace(anyTime, "HOLIDAYS", strings.Join(days, ", "), 1)
}
