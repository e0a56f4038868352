package sharingtenant

import (
	"context"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/apply"
	"voute.dev/voute/internal/conditions"
	"voute.dev/voute/internal/desired"
)

// remove ends a tenant. What serves it goes first, address before server, so
// that nobody uploads into a vault that is going. With Destroy the volumes
// follow, and then the keys: a server that still ran could bring a key to life
// again, and a claim is gone only when no pod uses it any more.
func (r *Reconciler) remove(ctx context.Context, s *scope) (ctrl.Result, error) {
	if !controllerutil.ContainsFinalizer(s.tenant, v1alpha1.TenantFinalizer) {
		return ctrl.Result{}, nil
	}
	r.Fleet.Forget(client.ObjectKeyFromObject(s.tenant))
	results := []conditions.Result{r.takeApart(ctx, s)}
	if results[0].Err == nil {
		return conditions.Again(r.release(ctx, s.tenant))
	}
	s.summarise(results)
	if err := r.write(ctx, s); err != nil {
		return conditions.Again(err)
	}
	return r.Pace.next(s, results)
}

// takeApart does what can be done now; the result tells what is left.
func (r *Reconciler) takeApart(ctx context.Context, s *scope) conditions.Result {
	if s.suspended() {
		return conditions.Result{Type: v1alpha1.ExposureReadyCondition, Err: conditions.Stall("Suspended", "The deletion waits as long as spec.suspend is set: kubectl patch sharingtenant -n %s %s --type merge -p '{\"spec\":{\"suspend\":false}}'", s.tenant.Namespace, s.tenant.Name)}
	}
	destroy, err := r.mayDestroy(ctx, s.tenant)
	if err != nil {
		return conditions.Result{Err: err}
	}
	for i := range s.tenant.Status.Environments {
		s.tenant.Status.Environments[i].URL = ""
	}
	if err := r.stopServing(ctx, s); err != nil {
		return conditions.Result{Type: v1alpha1.ExposureReadyCondition, Err: err}
	}
	if err := r.endBilling(ctx, s); err != nil {
		return conditions.Result{Err: err}
	}
	if destroy {
		if err := r.destroyVolumes(ctx, s); err != nil {
			return conditions.Result{Type: v1alpha1.StorageReadyCondition, Err: err}
		}
		if err := r.destroyKeys(ctx, s); err != nil {
			return conditions.Result{Type: v1alpha1.KeysReadyCondition, Err: err}
		}
	}
	return conditions.Result{Type: v1alpha1.CertificateReadyCondition, Err: r.removeIssued(ctx, s.tenant)}
}

// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get

// mayDestroy asks for the annotation that names the tenant. A namespace that is
// itself going cannot wait for it: there, what Kubernetes does not remove anyway
// (the keys) is retained.
func (r *Reconciler) mayDestroy(ctx context.Context, tenant *v1alpha1.SharingTenant) (bool, error) {
	if tenant.Spec.DeletionPolicy != v1alpha1.DestroyOnDeletion {
		return false, nil
	}
	if tenant.Annotations[v1alpha1.DestroyAnnotation] == tenant.Name {
		return true, nil
	}
	namespace := &metav1.PartialObjectMetadata{}
	namespace.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Namespace"))
	if err := r.Live.Get(ctx, client.ObjectKey{Name: tenant.Namespace}, namespace); err != nil {
		return false, err
	}
	if namespace.DeletionTimestamp != nil {
		return false, nil
	}
	return false, conditions.Stall("DestroyNotConfirmed", "deletionPolicy is Destroy: every document and key of this tenant would be gone for good. To confirm: "+
		"kubectl annotate sharingtenant -n %s %s %s=%s; to keep them: kubectl patch sharingtenant -n %s %s --type merge -p '{\"spec\":{\"deletionPolicy\":\"Retain\"}}'",
		tenant.Namespace, tenant.Name, v1alpha1.DestroyAnnotation, tenant.Name, tenant.Namespace, tenant.Name)
}

func (r *Reconciler) stopServing(ctx context.Context, s *scope) error {
	left := ""
	for _, name := range environmentNames {
		for _, object := range append(serving(s.tenant, name), s.revisionsOf(name)...) {
			gone, err := r.gone(ctx, s, object)
			if err != nil {
				return err
			}
			if !gone && left == "" {
				left = r.describe(object)
			}
		}
	}
	if left != "" {
		return conditions.Wait("Stopping", "%s is being removed.", left)
	}
	// Neither the cache nor the status may know of the last one yet.
	return r.removeRevisions(ctx, s, r.Live, nil)
}

// revisionsOf are those that the status knows of an environment; the cache may not
// show them.
func (s *scope) revisionsOf(name v1alpha1.EnvironmentName) []client.Object {
	var found []client.Object
	for _, e := range s.before.Environments {
		if e.Name != name || e.Rollout == nil {
			continue
		}
		for _, revision := range slices.Compact([]string{e.Rollout.Revision, e.Rollout.LastHealthy}) {
			if revision != "" {
				found = append(found, &appsv1.ControllerRevision{ObjectMeta: metav1.ObjectMeta{
					Namespace: s.tenant.Namespace, Name: revision, Labels: desired.Labels(s.tenant.Name, name),
				}})
			}
		}
	}
	return found
}

func (r *Reconciler) describe(object client.Object) string {
	gvk, err := r.Client.GroupVersionKindFor(object)
	if err != nil {
		return object.GetName()
	}
	return gvk.Kind + " " + object.GetName()
}

// gone removes an object of this tenant. One of another owner does not count,
// nor does one of a kind that the cluster no longer knows: it went with its kind.
func (r *Reconciler) gone(ctx context.Context, s *scope, object client.Object) (bool, error) {
	found, err := r.ours(ctx, s, object)
	if meta.IsNoMatchError(err) {
		return true, nil
	}
	if err != nil || !found {
		return err == nil, err
	}
	return r.Objects.Delete(ctx, object)
}

func (r *Reconciler) destroyVolumes(ctx context.Context, s *scope) error {
	for _, name := range environmentNames {
		claim := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{
			Namespace: s.tenant.Namespace, Name: desired.Name(s.tenant.Name, name), Labels: desired.Labels(s.tenant.Name, name),
		}}
		found, err := r.Objects.Observe(ctx, claim)
		if err != nil {
			return err
		}
		if !found || !isVolumeOf(claim, s.tenant.Name, name) {
			continue
		}
		gone, err := r.Objects.Delete(ctx, claim)
		if err != nil {
			return err
		}
		if !gone {
			return conditions.Wait("DestroyingVolumes", "PersistentVolumeClaim %s is being removed.", claim.Name)
		}
	}
	return nil
}

func (r *Reconciler) destroyKeys(ctx context.Context, s *scope) error {
	for _, name := range environmentNames {
		keys, err := s.platform.Vault.Keys(ctx, desired.KeyPrefix(s.tenant.Namespace, s.tenant.Name, name)+".")
		if err != nil {
			return keysLeft(s.tenant, err)
		}
		for _, key := range keys {
			if _, err := s.platform.Vault.Destroy(ctx, key); err != nil {
				return keysLeft(s.tenant, err)
			}
		}
	}
	return nil
}

// keysLeft also names the way out for a Vault that will not come back: by then
// the volumes are destroyed, and Retain leaves no more than the keys.
func keysLeft(tenant *v1alpha1.SharingTenant, err error) error {
	problem := conditions.Classify(vaultProblem(err))
	return conditions.Retry(err, problem.Reason, "%s The volumes are destroyed, keys are left. Only if this Vault is gone for good, give the keys up: "+
		"kubectl patch sharingtenant -n %s %s --type merge -p '{\"spec\":{\"deletionPolicy\":\"Retain\"}}'", problem.Message, tenant.Namespace, tenant.Name)
}

// removeIssued removes the keys that cert-manager made.
func (r *Reconciler) removeIssued(ctx context.Context, tenant *v1alpha1.SharingTenant) error {
	for _, environment := range environmentNames {
		for _, name := range []string{desired.ScanCertificateName(tenant.Name, environment), desired.CertificateName(tenant.Name, environment)} {
			if err := r.removeSecret(ctx, tenant, name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Reconciler) release(ctx context.Context, tenant *v1alpha1.SharingTenant) error {
	before := tenant.DeepCopy()
	controllerutil.RemoveFinalizer(tenant, v1alpha1.TenantFinalizer)
	err := r.Client.Patch(ctx, tenant, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}), client.FieldOwner(apply.Owner))
	return client.IgnoreNotFound(err)
}
