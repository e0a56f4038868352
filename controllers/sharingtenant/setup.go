package sharingtenant

import (
	"context"
	"time"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/index"
	"voute.dev/voute/internal/platform"
	"voute.dev/voute/internal/queue"
	"voute.dev/voute/internal/serverstatus"
)

const (
	// atOnce is how many tenants are looked at together; most of the time is
	// spent on waiting for answers of servers.
	atOnce = 16
	// A fault is retried after firstRetry, then later and later up to lastRetry.
	firstRetry = 500 * time.Millisecond
	lastRetry  = 20 * time.Second
)

// Owned are the kinds that a tenant's objects have. They are watched by their
// metadata alone: a typed cache of them takes ten times the memory.
func Owned() []client.Object {
	return []client.Object{
		&appsv1.Deployment{}, &appsv1.ControllerRevision{}, &corev1.Service{}, &corev1.ConfigMap{}, &corev1.ServiceAccount{},
		&corev1.PersistentVolumeClaim{}, &networkingv1.NetworkPolicy{}, &certmanagerv1.Certificate{},
	}
}

// SetupWithManager registers the reconciler and what wakes it.
func (r *Reconciler) SetupWithManager(manager ctrl.Manager) error {
	tenantGauges.tenants.Store(&r.Client)
	tenantGauges.fleet.Store(r.Fleet)
	tenantGauges.seen.Store(&r.seen)
	target := func() float64 { return platform.Target(r.Platform().Config) }
	tenantGauges.target.Store(&target)
	haltAfter := func() int { return fleetRules(r.Platform().Config).HaltAfter }
	tenantGauges.haltAfter.Store(&haltAfter)
	build := ctrl.NewControllerManagedBy(manager).
		For(&v1alpha1.SharingTenant{}, builder.WithPredicates(asked())).
		Watches(&v1alpha1.Pilot{}, handler.EnqueueRequestsFromMapFunc(tenantOfPilot), builder.WithPredicates(asked())).
		Watches(&v1alpha1.RetentionPolicy{}, handler.EnqueueRequestsFromMapFunc(r.tenantsOfPolicy), builder.WithPredicates(asked())).
		Watches(&v1alpha1.SharingTenant{}, r.hostsFreed()).
		WatchesRawSource(source.Channel(r.Wake, handler.EnqueueRequestsFromMapFunc(r.everyTenant))).
		WatchesRawSource(source.Channel(r.Freed, &handler.EnqueueRequestForObject{})).
		WithOptions(controller.Options{
			NewQueue:                queue.New,
			MaxConcurrentReconciles: atOnce,
			RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](firstRetry, lastRetry),
		})
	for _, kind := range Owned() {
		if _, mayLack := kind.(*certmanagerv1.Certificate); mayLack {
			build = build.WatchesRawSource(whenKnown(manager, kind, r.changed()))
			continue
		}
		build = build.WatchesMetadata(kind, r.changed())
	}
	return build.Complete(r)
}

// changed wakes the tenant of an object, unless the change is one that the
// operator has made itself and goes by already.
func (r *Reconciler) changed() handler.EventHandler {
	type queue = workqueue.TypedRateLimitingInterface[reconcile.Request]
	wake := handler.EnqueueRequestsFromMapFunc(tenantOfObject)
	return handler.Funcs{
		CreateFunc: func(ctx context.Context, e event.CreateEvent, q queue) {
			if r.Objects.IsNews(e.Object) {
				wake.Create(ctx, e, q)
			}
		},
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, q queue) {
			if r.Objects.IsNews(e.ObjectNew) {
				wake.Update(ctx, e, q)
			}
		},
		DeleteFunc:  wake.Delete,
		GenericFunc: wake.Generic,
	}
}

// asked lets through what somebody asks for, and not what we wrote to a status.
func asked() predicate.Predicate {
	return predicate.Or(predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{})
}

func tenantOfPilot(_ context.Context, object client.Object) []reconcile.Request {
	pilot, ok := object.(*v1alpha1.Pilot)
	if !ok {
		return nil
	}
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: pilot.Namespace, Name: pilot.Spec.TenantRef.Name}}}
}

func tenantOfObject(_ context.Context, object client.Object) []reconcile.Request {
	name := object.GetLabels()[v1alpha1.TenantLabel]
	if name == "" {
		return nil
	}
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: object.GetNamespace(), Name: name}}}
}

func (r *Reconciler) tenantsOfPolicy(ctx context.Context, object client.Object) []reconcile.Request {
	return r.requests(ctx, client.InNamespace(object.GetNamespace()), client.MatchingFields{index.TenantPolicy: object.GetName()})
}

func (r *Reconciler) everyTenant(ctx context.Context, _ client.Object) []reconcile.Request {
	return r.requests(ctx)
}

func (r *Reconciler) requests(ctx context.Context, which ...client.ListOption) []reconcile.Request {
	return index.Requests(ctx, r.Client, &v1alpha1.SharingTenantList{}, "the tenants", which...)
}

// forget drops everything that is kept in memory of a tenant.
func (r *Reconciler) forget(key types.NamespacedName) {
	r.Objects.Forget(key.Namespace, key.Name)
	r.written.forget(key)
	r.revisions.forget(key)
	r.seen.forget(key)
	r.Fleet.Forget(key)
	for _, name := range environmentNames {
		server := serverstatus.Key{Namespace: key.Namespace, Tenant: key.Name, Environment: name}
		r.Reports.Forget(server)
		r.agreed.forget(server)
		r.findings.forget(server)
	}
	unmeasure(key)
}
