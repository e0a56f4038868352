package sharingtenant

import (
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/fleet"
	"voute.dev/voute/internal/platform"
	"voute.dev/voute/internal/rollout"
)

const day = 24 * time.Hour

func minutes(count int32) time.Duration { return time.Duration(count) * time.Minute }

func deadline(cfg *configv1.PlatformConfiguration) time.Duration {
	return minutes(cfg.Rollout.DeadlineMinutes)
}

// rulesOf are the platform's rules about one client.
func rulesOf(cfg *configv1.PlatformConfiguration) rollout.Rules {
	return rollout.Rules{
		Expected: minutes(*cfg.Rollout.ExpectedMinutes), Healthy: minutes(*cfg.Rollout.HealthyMinutes),
		Notice: time.Duration(*cfg.Rollout.NoticeDays) * day,
	}
}

// fleetRules are those about all of them.
func fleetRules(cfg *configv1.PlatformConfiguration) fleet.Rules {
	return fleet.Rules{
		Slots: int(cfg.Rollout.Slots), CanaryPercent: int(*cfg.Rollout.CanaryPercent),
		Healthy: minutes(*cfg.Rollout.HealthyMinutes), HaltAfter: int(cfg.Rollout.HaltAfter),
	}
}

func (s *scope) fleetKey(e *environment) fleet.Key {
	return fleet.Key{Tenant: client.ObjectKeyFromObject(s.tenant), Environment: e.Name}
}

// noteFleet brings the ledger to what a status says of a tenant.
func (r *Reconciler) noteFleet(tenant *v1alpha1.SharingTenant, status v1alpha1.SharingTenantStatus) {
	key := client.ObjectKeyFromObject(tenant)
	wants := platform.Version(r.Platform().Config, tenant.Spec.Version)
	names := make([]v1alpha1.EnvironmentName, 0, len(status.Environments))
	for i := range status.Environments {
		e := &status.Environments[i]
		names = append(names, e.Name)
		r.Fleet.Note(fleet.Key{Tenant: key, Environment: e.Name}, lineOf(e, wants))
	}
	r.Fleet.Forget(key, names...)
}

func lineOf(e *v1alpha1.EnvironmentStatus, wants string) fleet.Line {
	line := fleet.Line{Wants: wants, Pending: e.Pending != nil}
	rolled := e.Rollout
	if rolled == nil {
		return line
	}
	line.Runs, line.Changes = rolled.Version, rolled.Change != nil
	if pending := e.Pending; pending != nil {
		line.Awaits = keyOf(pending.Reason, rolled.Version, pending.Version)
	}
	if rolled.HealthySince != nil {
		line.HealthySince = rolled.HealthySince.Time
	}
	if failed := rolled.Failed; failed != nil {
		line.Failed = keyOf(failed.Change, rolled.Version, failed.Version)
	}
	return line
}

// keyOf is the Key of a change as the status tells it.
func keyOf(reason, from, to string) string {
	if from != to {
		return rollout.VersionKey(to)
	}
	return reason
}
