package billingstatement

import (
	"context"

	"k8s.io/apimachinery/pkg/types"
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

// SetupWithManager registers the reconciler. A statement is looked at again when an
// intervention of its tenant changes and when the tenant has other delegates. Other
// prices come with the looks at its tenant, and when it is closed.
func (r *Reconciler) SetupWithManager(manager ctrl.Manager) error {
	statementGauges.statements.Store(&r.Client)
	asked := builder.WithPredicates(predicate.GenerationChangedPredicate{})
	return ctrl.NewControllerManagedBy(manager).
		For(&v1alpha1.BillingStatement{}, asked).
		Watches(&v1alpha1.Intervention{}, handler.EnqueueRequestsFromMapFunc(r.ofIntervention), asked).
		Watches(&v1alpha1.SharingTenant{}, handler.EnqueueRequestsFromMapFunc(r.ofTenant), asked).
		WatchesRawSource(source.Channel(r.Over, &handler.EnqueueRequestForObject{})).
		WithOptions(controller.Options{NewQueue: queue.New}).
		Complete(r)
}

func (r *Reconciler) ofIntervention(ctx context.Context, object client.Object) []reconcile.Request {
	intervention, ok := object.(*v1alpha1.Intervention)
	if !ok {
		return nil
	}
	return r.of(ctx, types.NamespacedName{Namespace: intervention.Namespace, Name: intervention.Spec.TenantRef.Name})
}

func (r *Reconciler) ofTenant(ctx context.Context, object client.Object) []reconcile.Request {
	return r.of(ctx, client.ObjectKeyFromObject(object))
}

func (r *Reconciler) of(ctx context.Context, tenant types.NamespacedName) []reconcile.Request {
	return index.Requests(ctx, r.Client, &v1alpha1.BillingStatementList{}, "the statements of "+tenant.String(), r.Book.Where(tenant)...)
}
