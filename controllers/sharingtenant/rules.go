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
		Halted: haltedVersions(cfg),
	}
}

func haltedVersions(cfg *configv1.PlatformConfiguration) map[string]string {
	reasons := make(map[string]string, len(cfg.Rollout.Halted))
	for _, halt := range cfg.Rollout.Halted {
		reasons[halt.Version] = halt.Reason
	}
	return reasons
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
		r.Fleet.Note(fleet.Key{Tenant: key, Environment: e.Name}, fleet.LineOf(e, wants))
	}
	r.Fleet.Forget(key, names...)
}
