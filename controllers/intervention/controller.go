// Package intervention says of each Intervention whether, and with which month, it
// is billed. Onto a statement it is put by package billingstatement.
package intervention

import (
	"context"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/apply"
	"voute.dev/voute/internal/billing"
	"voute.dev/voute/internal/conditions"
)

// Reconciler reconciles Interventions.
type Reconciler struct {
	Client    client.Client
	Live      client.Reader
	Book      *billing.Book
	Events    events.EventRecorder
	Now       func() time.Time
	Namespace string
	// Config gives the platform's configuration in force.
	Config func() *configv1.PlatformConfiguration
}

// +kubebuilder:rbac:groups=sharing.voute.dev,resources=interventions/status,verbs=patch

// Reconcile brings one intervention's status up to date.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	intervention := &v1alpha1.Intervention{}
	if err := r.Client.Get(ctx, request.NamespacedName, intervention); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if ptr.Deref(intervention.Status.Closed, false) {
		return ctrl.Result{}, nil
	}
	statement, err := r.statement(ctx, intervention)
	if err != nil {
		return ctrl.Result{}, err
	}
	problem, err := r.problem(ctx, intervention, statement)
	if err != nil {
		return ctrl.Result{}, err
	}
	return ctrl.Result{}, r.write(ctx, intervention, statement, problem)
}

// statement is the one that has it; nil for none.
func (r *Reconciler) statement(ctx context.Context, intervention *v1alpha1.Intervention) (*v1alpha1.BillingStatement, error) {
	open, err := r.Book.Of(ctx, tenantOf(intervention))
	if err != nil {
		return nil, err
	}
	has := func(s v1alpha1.BillingStatement) bool { return billing.Has(&s, string(intervention.UID)) }
	if i := slices.IndexFunc(open, has); i >= 0 {
		return &open[i], nil
	}
	name := intervention.Status.Statement
	if name == "" {
		return nil, nil
	}
	// The cache has those alone that are open.
	statement := &v1alpha1.BillingStatement{}
	err = r.Live.Get(ctx, client.ObjectKey{Namespace: r.Namespace, Name: name}, statement)
	if apierrors.IsNotFound(err) || (err == nil && !has(*statement)) {
		return nil, nil
	}
	return statement, err
}

// problem is why it is not billed; nil where it is, or is not to be.
func (r *Reconciler) problem(ctx context.Context, intervention *v1alpha1.Intervention, statement *v1alpha1.BillingStatement) (problem, err error) {
	if statement != nil || billing.IsFree(intervention) {
		return nil, nil
	}
	zone, err := time.LoadLocation(r.Config().TimeZone)
	if err != nil {
		return nil, err
	}
	tenant := &v1alpha1.SharingTenant{}
	switch err := r.Client.Get(ctx, tenantOf(intervention), tenant); {
	case apierrors.IsNotFound(err):
		tenant = nil
	case err != nil:
		return nil, err
	}
	if problem := billing.Billable(intervention, tenant, zone); problem != nil || !billing.IsDone(intervention, zone, r.Now()) {
		return problem, nil
	}
	return conditions.Wait("NotBilledYet", "it is put onto the statement of the month that goes on; if there is none for long, the client's service has not begun or has ended."), nil
}

func (r *Reconciler) write(ctx context.Context, intervention *v1alpha1.Intervention, statement *v1alpha1.BillingStatement, problem error) error {
	old := intervention.DeepCopy()
	target := &intervention.Status
	target.Statement, target.Amount, target.Closed = "", "", nil
	if statement != nil {
		amount, err := billing.Amount(statement, string(intervention.UID))
		if err != nil {
			return err
		}
		target.Statement, target.Amount = statement.Name, amount
		if billing.IsClosed(statement) {
			target.Closed = ptr.To(true)
		}
	}
	whole := summary(intervention, statement)
	target.ObservedGeneration = intervention.Generation
	target.Conditions = conditions.Set(old.Status.Conditions, intervention.Generation, r.Now(), whole, []conditions.Result{{Err: problem}})
	if equality.Semantic.DeepEqual(old.Status, intervention.Status) {
		return nil
	}
	if err := r.Client.Status().Patch(ctx, intervention, client.MergeFromWithOptions(old, client.MergeFromWithOptimisticLock{}), client.FieldOwner(apply.Owner)); err != nil {
		return client.IgnoreNotFound(err)
	}
	conditions.Tell(r.Events, intervention, conditions.Change{Before: old.Status.Conditions, After: intervention.Status.Conditions})
	return nil
}

func summary(intervention *v1alpha1.Intervention, statement *v1alpha1.BillingStatement) conditions.Summary {
	switch {
	case statement != nil && billing.IsClosed(statement):
		return conditions.Summary{Reason: "Billed", Message: "It is on the statement of " + statement.Spec.Month + ", which is closed."}
	case statement != nil:
		return conditions.Summary{Reason: "Billed", Message: "It is on the statement of " + statement.Spec.Month + ", which goes on."}
	case billing.IsFree(intervention):
		return conditions.Summary{Reason: "NotBillable", Message: "The client does not pay it: spec.billable is false."}
	default:
		return conditions.Summary{Reason: "NotDone", Message: "It is not done yet: write spec.doneOn and spec.hours when it is."}
	}
}

func tenantOf(intervention *v1alpha1.Intervention) types.NamespacedName {
	return types.NamespacedName{Namespace: intervention.Namespace, Name: intervention.Spec.TenantRef.Name}
}
