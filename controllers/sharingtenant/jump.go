package sharingtenant

import (
	"time"

	"voute.dev/voute/api/v1alpha1"
)

// isWithin says whether something that was at a time is younger than an age. What
// is told of a time to come was told before the clock went back, and is of no age
// that can be known.
func isWithin(now, at time.Time, age time.Duration) bool {
	passed := now.Sub(at)
	return passed >= 0 && passed < age
}

// rewind brings a status that was written before the clock went back to what it
// is now: else a change would last, and a version be healthy, only once that time
// has come again.
func rewind(rollout *v1alpha1.RolloutStatus, now time.Time, deadline time.Duration) {
	if since := rollout.HealthySince; since != nil && since.After(now) {
		rollout.HealthySince = timeOf(now)
	}
	if change := rollout.Change; change != nil && change.StartTime.After(now) {
		change.StartTime, change.Deadline = timeOf(now), timeOf(now.Add(deadline))
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
