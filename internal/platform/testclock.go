package platform

import (
	"fmt"
	"time"

	configv1 "voute.dev/voute/api/config/v1alpha1"
)

// TestTime is what a test's clock is to show; zero for the machine's own.
func TestTime(clock configv1.TestClock) (time.Time, error) {
	if clock.Time == "" {
		return time.Time{}, nil
	}
	now, err := time.Parse(time.RFC3339, clock.Time)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is no time: write it like 2026-11-24T14:00:00-05:00", clock.Time)
	}
	return now, nil
}
