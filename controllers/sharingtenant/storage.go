package sharingtenant

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/apply"
	"voute.dev/voute/internal/conditions"
	"voute.dev/voute/internal/desired"
)

// storage keeps a volume for each environment, adopts the one that a tenant of
// the same name left behind, and finds the quota that each holds.
func (r *Reconciler) storage(ctx context.Context, s *scope) (string, error) {
	err := s.each(func(e *environment) error { return r.volume(ctx, s, e) })
	return "Every volume is bound and holds its quota.", err
}

func (r *Reconciler) volume(ctx context.Context, s *scope, e *environment) error {
	if err := r.findClaim(ctx, s, e); err != nil {
		return err
	}
	allocated := desired.AllocatedGB(e.Environment, s.platform.Config)
	e.quota = quotaOf(e.claim, allocated)
	claim := &corev1.PersistentVolumeClaim{ObjectMeta: s.meta(e, e.name)}
	if err := r.keep(ctx, s, e, claim, as(claimFor)); err != nil {
		return cannotGrow(e, allocated, err)
	}
	e.claim, e.quota = claim, quotaOf(claim, allocated)
	return s.volumeState(e, allocated)
}

// findClaim looks for a claim that exists, and refuses one that another made.
func (r *Reconciler) findClaim(ctx context.Context, s *scope, e *environment) error {
	claim := &corev1.PersistentVolumeClaim{ObjectMeta: s.meta(e, e.name)}
	found, err := r.seek(ctx, e, claim)
	if err != nil || !found {
		return err
	}
	if !isVolumeOf(claim, s.tenant.Name, e.Name) {
		return conditions.Stall("VolumeNotOurs", "PersistentVolumeClaim %s exists and is not labelled for this environment: remove it, or label it %s=%s and %s=%s to have its documents taken over.",
			e.name, v1alpha1.TenantLabel, s.tenant.Name, v1alpha1.EnvironmentLabel, e.Name)
	}
	if claim.DeletionTimestamp != nil {
		return conditions.Wait("VolumeLeaving", "PersistentVolumeClaim %s is being deleted; a new one is made when it is gone.", e.name)
	}
	e.claim = claim
	return nil
}

// isVolumeOf: the operator made it under this name, whatever became of its
// labels since; or somebody labelled it to have its documents taken over.
func isVolumeOf(claim *corev1.PersistentVolumeClaim, tenant string, environment v1alpha1.EnvironmentName) bool {
	return apply.IsMade(claim) ||
		claim.Labels[v1alpha1.TenantLabel] == tenant && claim.Labels[v1alpha1.EnvironmentLabel] == string(environment)
}

// claimFor asks for no other size before the volume is bound: until then the
// API server refuses any change.
func claimFor(in desired.Input) *corev1.PersistentVolumeClaim {
	want := desired.PersistentVolumeClaim(in)
	if in.Claim != nil && in.Claim.Status.Phase != corev1.ClaimBound {
		want.Spec.Resources.Requests[corev1.ResourceStorage] = in.Claim.Spec.Resources.Requests[corev1.ResourceStorage]
	}
	return want
}

// quotaOf is what a volume holds; before there is one, what is allocated.
func quotaOf(claim *corev1.PersistentVolumeClaim, allocatedGB int64) int64 {
	if claim == nil || claim.Status.Phase != corev1.ClaimBound {
		return allocatedGB * gigabyte
	}
	return desired.EffectiveQuota(allocatedGB, claim.Status.Capacity.Storage().Value())
}

func (s *scope) volumeState(e *environment, allocated int64) error {
	switch {
	case e.claim.Status.Phase == corev1.ClaimLost:
		return conditions.Stall("VolumeLost", "the volume of PersistentVolumeClaim %s is gone: restore it from a backup.", e.name)
	case e.claim.Status.Phase != corev1.ClaimBound && !e.deployed && s.mayOpen(e) != nil:
		return conditions.Block("VolumeUnbound", "PersistentVolumeClaim %s is not bound; some storage classes bind only when the server starts.", e.name)
	case e.claim.Status.Phase != corev1.ClaimBound:
		return conditions.Wait("VolumePending", "PersistentVolumeClaim %s is not bound yet: kubectl describe pvc -n %s %s", e.name, s.tenant.Namespace, e.name)
	case e.quota < quotaOf(nil, allocated):
		return conditions.Wait("VolumeGrowing", "the volume grows to %d GB; until then the quota is %d MB.", allocated, e.quota/1_000_000)
	default:
		return nil
	}
}

// cannotGrow tells the refusal of a storage class apart from other faults.
func cannotGrow(e *environment, allocated int64, err error) error {
	refused := apierrors.IsForbidden(err) || apierrors.IsInvalid(err)
	if e.claim == nil || !refused || e.quota >= quotaOf(nil, allocated) {
		return err
	}
	return conditions.Stall("VolumeCannotGrow", "PersistentVolumeClaim %s cannot grow to %d GB, and the quota stays at %d MB: %s. "+
		"Set allowVolumeExpansion on its storage class, or lower storage.allocatedGB.", e.name, allocated, e.quota/1_000_000, err)
}
