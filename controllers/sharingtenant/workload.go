package sharingtenant

import (
	"context"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/conditions"
	"voute.dev/voute/internal/desired"
)

// workload runs the sharing server of each environment.
func (r *Reconciler) workload(ctx context.Context, s *scope) (string, error) {
	err := s.each(func(e *environment) error {
		err := r.server(ctx, s, e)
		e.problem = conditions.Classify(err)
		stuck := s.stuckBy(e)
		if stuck == nil {
			return err
		}
		return conditions.Merge([]conditions.Part{{Name: "change", Err: stuck}, {Name: "server", Err: err}})
	})
	return s.versions(), err
}

// versions says what runs.
func (s *scope) versions() string {
	var parts []string
	for _, e := range s.environments {
		if e.rollout.Version != "" {
			parts = append(parts, e.rollout.Version)
		}
	}
	if parts = slices.Compact(parts); len(parts) == 1 {
		return "Version " + parts[0] + " runs."
	}
	return "Versions " + strings.Join(parts, " and ") + " run."
}

func (r *Reconciler) server(ctx context.Context, s *scope, e *environment) error {
	if e.revision == nil && !e.unknown {
		return nil // there is nothing yet, and e.stuck says why
	}
	if err := s.mayRun(e); err != nil {
		return err
	}
	if err := r.surroundings(ctx, s, e); err != nil {
		return err
	}
	live, err := r.deployment(ctx, s, e)
	if err != nil {
		return err
	}
	e.deployed = true
	if err := s.serverState(e, live); err != nil {
		return err
	}
	return r.replaced(ctx, s, e)
}

// deployment makes the server as its revision has it. One whose revision is lost
// is left as it is.
func (r *Reconciler) deployment(ctx context.Context, s *scope, e *environment) (*appsv1.Deployment, error) {
	live := &appsv1.Deployment{ObjectMeta: s.meta(e, e.name)}
	if e.unknown {
		found, err := r.Objects.Observe(ctx, live)
		if err == nil && !found {
			err = conditions.Block("WaitingForChange", "the server is gone and what it ran with is not known: see %s.", v1alpha1.RolloutPendingCondition)
		}
		return live, err
	}
	if err := r.putRevision(ctx, s, e); err != nil {
		return nil, err
	}
	return live, r.keep(ctx, s, e, live, as(func(in desired.Input) *appsv1.Deployment { return e.revision.revision().Deployment(in, e.revisionName) }))
}

// mayRun: a server starts only with all it mounts, so that it does not hang
// half started; one that runs, or whose address is open, is kept as it should be
// whatever is missing.
func (s *scope) mayRun(e *environment) error {
	if e.kept && e.unread != nil {
		return e.unread // the certificate of the open address might be lost
	}
	if err := s.mayOpen(e); err != nil || e.deployed || e.exposed {
		return err
	}
	switch {
	case e.hash == "":
		return conditions.Block("WaitingForConfiguration", "waits for its configuration: see %s.", v1alpha1.ConfigurationReadyCondition)
	case !e.certified:
		return conditions.Block("WaitingForCertificate", "waits for its certificates: see %s.", v1alpha1.CertificateReadyCondition)
	default:
		return nil
	}
}

// surroundings are what the server needs around it before it starts.
func (r *Reconciler) surroundings(ctx context.Context, s *scope, e *environment) error {
	if err := r.keep(ctx, s, e, &corev1.ServiceAccount{ObjectMeta: s.meta(e, e.name)}, as(desired.ServiceAccount)); err != nil {
		return err
	}
	if err := r.keep(ctx, s, e, &networkingv1.NetworkPolicy{ObjectMeta: s.meta(e, e.name)}, as(desired.NetworkPolicy)); err != nil {
		return err
	}
	status := &corev1.Service{ObjectMeta: s.meta(e, desired.StatusServiceName(s.tenant.Name, e.Name))}
	return r.keep(ctx, s, e, status, as(desired.StatusService))
}

func (s *scope) serverState(e *environment, live *appsv1.Deployment) error {
	if live.Status.ObservedGeneration < live.Generation {
		return conditions.Wait("RollingOut", "the server is being started.")
	}
	if failure := conditionOf(live, appsv1.DeploymentReplicaFailure); failure != nil && failure.Status == corev1.ConditionTrue {
		return conditions.Retry(nil, "PodRefused", "the cluster does not make the server's pod: %s", failure.Message)
	}
	if live.Status.UpdatedReplicas > 0 && live.Status.AvailableReplicas > 0 && live.Status.UnavailableReplicas == 0 {
		e.available = true
		return nil
	}
	hint := fmt.Sprintf("kubectl describe pods -n %s -l %s=%s,%s=%s", s.tenant.Namespace,
		v1alpha1.TenantLabel, s.tenant.Name, v1alpha1.EnvironmentLabel, e.Name)
	if progress := conditionOf(live, appsv1.DeploymentProgressing); progress != nil && progress.Status == corev1.ConditionFalse {
		return conditions.Retry(nil, "ServerDoesNotStart", "%s Look why: %s", progress.Message, hint)
	}
	return conditions.Wait("ServerStarting", "the server is not ready yet: %s", hint)
}

func conditionOf(live *appsv1.Deployment, kind appsv1.DeploymentConditionType) *appsv1.DeploymentCondition {
	for i := range live.Status.Conditions {
		if live.Status.Conditions[i].Type == kind {
			return &live.Status.Conditions[i]
		}
	}
	return nil
}
