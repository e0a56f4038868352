package fleet

import (
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/rollout"
)

// LineOf is the line of an environment that is to have a version, as its status
// tells.
func LineOf(e *v1alpha1.EnvironmentStatus, wants string) Line {
	line := Line{Wants: wants, Pending: e.Pending != nil}
	rolled := e.Rollout
	if rolled == nil {
		return line
	}
	line.Runs, line.Changes = rolled.Version, rolled.Change != nil
	if pending := e.Pending; pending != nil {
		line.Awaits = changeKey(pending.Reason, rolled.Version, pending.Version)
	}
	if rolled.HealthySince != nil {
		line.HealthySince = rolled.HealthySince.Time
	}
	if failed := rolled.Failed; failed != nil {
		line.Failed = changeKey(failed.Change, rolled.Version, failed.Version)
	}
	return line
}

// changeKey is the Key of a change as the status tells it.
func changeKey(reason, from, to string) string {
	if from != to {
		return rollout.VersionKey(to)
	}
	return reason
}
