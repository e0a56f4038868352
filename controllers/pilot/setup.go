package pilot

import (
	"context"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/index"
	"voute.dev/voute/internal/queue"
)

// SetupWithManager registers the reconciler. A Pilot is looked at again when
// another one of its tenant changes (a duplicate may be gone, or the last one
// no longer the last), when the tenant does, and when its server tells something new.
func (r *Reconciler) SetupWithManager(manager ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(manager).
		Named("pilot").
		Watches(&v1alpha1.Pilot{}, handler.EnqueueRequestsFromMapFunc(r.ofSameTenant), builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&v1alpha1.SharingTenant{}, handler.EnqueueRequestsFromMapFunc(r.ofTenant), builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		WatchesRawSource(source.Channel(r.Moved, handler.EnqueueRequestsFromMapFunc(r.ofTenant))).
		WithOptions(controller.Options{NewQueue: queue.New}).
		Complete(r)
}

func (r *Reconciler) ofSameTenant(ctx context.Context, object client.Object) []reconcile.Request {
	pilot, ok := object.(*v1alpha1.Pilot)
	if !ok {
		return nil
	}
	return r.of(ctx, pilot.Namespace, pilot.Spec.TenantRef.Name)
}

func (r *Reconciler) ofTenant(ctx context.Context, object client.Object) []reconcile.Request {
	return r.of(ctx, object.GetNamespace(), object.GetName())
}

func (r *Reconciler) of(ctx context.Context, namespace, tenant string) []reconcile.Request {
	return index.Requests(ctx, r.Client, &v1alpha1.PilotList{}, "the pilots of "+namespace+"/"+tenant,
		client.InNamespace(namespace), client.MatchingFields{index.PilotTenant: tenant})
}
