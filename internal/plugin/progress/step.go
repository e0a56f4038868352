package progress

import (
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/rollout"
)

func versionKey(version string) string { return rollout.VersionKey(version) }

// stepsOf are what is under way, waits or failed in one environment.
func stepsOf(tenant *v1alpha1.SharingTenant, e *v1alpha1.EnvironmentStatus) (steps []Step) {
	at := Step{Namespace: tenant.Namespace, Name: tenant.Name, Environment: e.Name}
	runs := ""
	if r := e.Rollout; r != nil {
		runs = r.Version
		if f := r.Failed; f != nil {
			failed := at
			failed.State, failed.Change, failed.Says, failed.Time = Failed, f.Change, f.Reason, f.Time
			failed.Version = moved(runs, f.Version)
			steps = append(steps, failed)
		}
		if c := r.Change; c != nil {
			changing := at
			changing.State, changing.Class, changing.Change, changing.Time, changing.Version = Changing, c.Class, c.Reason, c.Deadline, runs
			steps = append(steps, changing)
		}
	}
	if p := e.Pending; p != nil {
		waits := at
		waits.State, waits.Class, waits.Change, waits.Says, waits.Time = Pending, p.Class, p.Reason, p.WaitsFor, p.StartTime
		waits.Version = moved(runs, p.Version)
		steps = append(steps, waits)
	}
	return steps
}

// moved is the version that a change brings; empty where it brings none.
func moved(from, to string) string {
	if from == to {
		return ""
	}
	return to
}
