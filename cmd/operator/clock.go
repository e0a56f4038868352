package main

import (
	"time"

	ctrl "sigs.k8s.io/controller-runtime"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/internal/platform"
	"voute.dev/voute/internal/testclock"
)

// allowances are what this operator takes of a platform configuration file beside
// what every one does.
func allowances(options options) []platform.Allowance {
	if options.allowTestClock {
		return []platform.Allowance{platform.TestClock}
	}
	return nil
}

// setClock has it be the time that the file says. That is told each time, so that
// nobody takes a test's operator for another.
func setClock(clock *testclock.Clock, config *configv1.PlatformConfiguration) error {
	now, err := platform.TestTime(config.TestClock)
	if err != nil {
		return err
	}
	wasMoved := clock.IsMoved()
	clock.Set(now)
	log := ctrl.Log.WithName("clock")
	switch {
	case !now.IsZero():
		log.Info("warning: a test clock is in force, by testClock of the platform configuration: times are not those of the machine", "now", now.Format(time.RFC3339))
	case wasMoved:
		log.Info("the machine's clock is in force again", "now", clock.Now().Format(time.RFC3339))
	}
	return nil
}
