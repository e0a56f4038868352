package intervention

import (
	"context"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/index"
	"voute.dev/voute/internal/queue"
)

// SetupWithManager registers the reconciler. An intervention is looked at again when
// its tenant changes, and when a statement of its tenant does: the watch tells of one
// that is closed as of one that is gone.
func (r *Reconciler) SetupWithManager(manager ctrl.Manager) error {
	asked := builder.WithPredicates(predicate.GenerationChangedPredicate{})
	return ctrl.NewControllerManagedBy(manager).
		For(&v1alpha1.Intervention{}, asked).
		Watches(&v1alpha1.SharingTenant{}, handler.EnqueueRequestsFromMapFunc(r.ofTenant), asked).
		Watches(&v1alpha1.BillingStatement{}, handler.EnqueueRequestsFromMapFunc(r.ofStatement)).
		WithOptions(controller.Options{NewQueue: queue.New}).
		Complete(r)
}

func (r *Reconciler) ofTenant(ctx context.Context, object client.Object) []reconcile.Request {
	return r.of(ctx, object.GetNamespace(), object.GetName())
}

func (r *Reconciler) ofStatement(ctx context.Context, object client.Object) []reconcile.Request {
	statement, ok := object.(*v1alpha1.BillingStatement)
	if !ok {
		return nil
	}
	return r.of(ctx, statement.Spec.TenantRef.Namespace, statement.Spec.TenantRef.Name)
}

func (r *Reconciler) of(ctx context.Context, namespace, tenant string) []reconcile.Request {
	return index.Requests(ctx, r.Client, &v1alpha1.InterventionList{}, "the interventions of "+namespace+"/"+tenant,
		client.InNamespace(namespace), client.MatchingFields{index.InterventionTenant: tenant})
}
