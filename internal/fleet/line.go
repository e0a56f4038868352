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
	if rolled.HealthySince != nil {
		line.HealthySince = rolled.HealthySince.Time
	}
	if failed := rolled.Failed; failed != nil {
		line.Failed = failed.Change
		if failed.Version != rolled.Version {
			line.Failed = rollout.VersionKey(failed.Version)
		}
	}
	return line
}
