// Package retentionpolicy counts the tenants that use each RetentionPolicy, adds up
// what their servers shred and hold, and holds a policy that is in use: a tenant
// whose policy is gone takes no documents.
package retentionpolicy

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/apply"
	"voute.dev/voute/internal/conditions"
	"voute.dev/voute/internal/index"
	"voute.dev/voute/internal/queue"
	"voute.dev/voute/internal/serverstatus"
)

// Reconciler reconciles RetentionPolicies.
type Reconciler struct {
	Client  client.Client
	Reports *serverstatus.Store
	Config  func() *configv1.PlatformConfiguration
	Events  events.EventRecorder
	Now     func() time.Time
	// Moved hears of a tenant whose server tells something new of what it has
	// shredded.
	Moved <-chan event.GenericEvent
}

// +kubebuilder:rbac:groups=sharing.voute.dev,resources=retentionpolicies,verbs=list;watch;patch
// +kubebuilder:rbac:groups=sharing.voute.dev,resources=retentionpolicies/status,verbs=patch

// Reconcile brings one policy's finalizer and status up to date.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	policy := &v1alpha1.RetentionPolicy{}
	if err := r.Client.Get(ctx, request.NamespacedName, policy); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	users, err := r.users(ctx, policy)
	if err != nil {
		return ctrl.Result{}, err
	}
	gone, err := r.hold(ctx, policy, len(users) > 0)
	if err != nil || gone {
		return conditions.Again(err)
	}
	old := policy.DeepCopy()
	wait := r.takeOver(&policy.Status, users)
	if err := r.write(ctx, old, policy, users); err != nil {
		return conditions.Again(err)
	}
	return ctrl.Result{RequeueAfter: wait}, nil
}

// users are the tenants that name the policy and stay.
func (r *Reconciler) users(ctx context.Context, policy *v1alpha1.RetentionPolicy) ([]v1alpha1.SharingTenant, error) {
	tenants := &v1alpha1.SharingTenantList{}
	err := r.Client.List(ctx, tenants, client.InNamespace(policy.Namespace), client.MatchingFields{index.TenantPolicy: policy.Name}, client.UnsafeDisableDeepCopy)
	return staying(tenants.Items), err
}

// staying are in the order of their names: a cache lists in none, and a message
// that names the first must not change by itself.
func staying(tenants []v1alpha1.SharingTenant) []v1alpha1.SharingTenant {
	var users []v1alpha1.SharingTenant
	for i := range tenants {
		if tenants[i].DeletionTimestamp == nil {
			users = append(users, tenants[i])
		}
	}
	slices.SortFunc(users, func(a, b v1alpha1.SharingTenant) int { return cmp.Compare(a.Name, b.Name) })
	return users
}

// hold keeps the finalizer while the policy is in use.
func (r *Reconciler) hold(ctx context.Context, policy *v1alpha1.RetentionPolicy, used bool) (gone bool, err error) {
	before, status := policy.DeepCopy(), policy.Status.DeepCopy()
	leaving := policy.DeletionTimestamp != nil
	changed := false
	switch {
	case !used:
		changed = controllerutil.RemoveFinalizer(policy, v1alpha1.InUseFinalizer)
	case !leaving:
		changed = controllerutil.AddFinalizer(policy, v1alpha1.InUseFinalizer)
	}
	if changed {
		err = r.Client.Patch(ctx, policy, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}), client.FieldOwner(apply.Owner))
		policy.Status = *status
	}
	return leaving && !used, client.IgnoreNotFound(err)
}

// write holds only for the policy that was read: what follows from an older one
// would be told a second time.
func (r *Reconciler) write(ctx context.Context, old, policy *v1alpha1.RetentionPolicy, users []v1alpha1.SharingTenant) error {
	target := &policy.Status
	target.Tenants = ptr.To(int32(len(users))) //nolint:gosec // a namespace does not hold 2^31 tenants
	target.ObservedGeneration = policy.Generation
	whole := conditions.Summary{Reason: "Usable", Message: fmt.Sprintf("Tenants that use it: %d.", len(users))}
	target.Conditions = conditions.Set(old.Status.Conditions, policy.Generation, r.Now(), whole, []conditions.Result{{Err: held(policy, users)}})
	if equality.Semantic.DeepEqual(old.Status, policy.Status) {
		return nil
	}
	if err := r.Client.Status().Patch(ctx, policy, client.MergeFromWithOptions(old, client.MergeFromWithOptimisticLock{}), client.FieldOwner(apply.Owner)); err != nil {
		return client.IgnoreNotFound(err)
	}
	conditions.Tell(r.Events, policy, conditions.Change{Before: old.Status.Conditions, After: policy.Status.Conditions})
	return nil
}

func held(policy *v1alpha1.RetentionPolicy, users []v1alpha1.SharingTenant) error {
	if policy.DeletionTimestamp == nil {
		return nil
	}
	return conditions.Stall("InUse", "It is in use by SharingTenant %s: give that tenant another retentionPolicyRef, then this policy goes by itself.", users[0].Name)
}

// SetupWithManager registers the reconciler. A tenant that changes wakes the
// policy it named before, too; what of a tenant's status counts here is only
// which environments serve.
func (r *Reconciler) SetupWithManager(manager ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(manager).
		For(&v1alpha1.RetentionPolicy{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&v1alpha1.SharingTenant{}, ofTenant(), builder.WithPredicates(predicate.Or[client.Object](predicate.GenerationChangedPredicate{}, servingChanged))).
		WatchesRawSource(source.Channel(r.Moved, handler.EnqueueRequestsFromMapFunc(policyOfTenant))).
		WithOptions(controller.Options{NewQueue: queue.New}).
		Complete(r)
}

// servingChanged passes a tenant of which another environment serves: its server
// may have told its figures before the status said whose they are.
var servingChanged = predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
	before, ok := e.ObjectOld.(*v1alpha1.SharingTenant)
	now, same := e.ObjectNew.(*v1alpha1.SharingTenant)
	return ok && same && !slices.EqualFunc(before.Status.Environments, now.Status.Environments, func(a, b v1alpha1.EnvironmentStatus) bool {
		return a.Name == b.Name && (a.URL == "") == (b.URL == "")
	})
}}

func policyOfTenant(_ context.Context, object client.Object) []reconcile.Request {
	tenant, ok := object.(*v1alpha1.SharingTenant)
	if !ok {
		return nil
	}
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: tenant.Namespace, Name: tenant.Spec.RetentionPolicyRef.Name}}}
}

func ofTenant() handler.EventHandler {
	type queue = workqueue.TypedRateLimitingInterface[reconcile.Request]
	add := func(q queue, objects ...client.Object) {
		for _, object := range objects {
			if tenant, ok := object.(*v1alpha1.SharingTenant); ok {
				q.Add(reconcile.Request{NamespacedName: types.NamespacedName{Namespace: tenant.Namespace, Name: tenant.Spec.RetentionPolicyRef.Name}})
			}
		}
	}
	return handler.Funcs{
		CreateFunc: func(_ context.Context, e event.CreateEvent, q queue) { add(q, e.Object) },
		UpdateFunc: func(_ context.Context, e event.UpdateEvent, q queue) { add(q, e.ObjectOld, e.ObjectNew) },
		DeleteFunc: func(_ context.Context, e event.DeleteEvent, q queue) { add(q, e.Object) },
	}
}
