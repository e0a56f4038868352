// Package billingstatement follows the month that goes on, and closes it when it
// is over: see internal/billing. What is allocated is recorded by the look that puts
// it into effect, in package sharingtenant.
package billingstatement

import (
	"context"
	"math/rand/v2"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/billing"
	"voute.dev/voute/internal/conditions"
	"voute.dev/voute/internal/index"
	"voute.dev/voute/internal/tariff"
)

const (
	// spread is within what time after a month's end its statements are closed, if
	// looks at their tenants do not find them first: not all in one moment.
	spread = 5 * time.Minute
	// often is the longest time between two looks.
	often = time.Hour
)

// Reconciler reconciles BillingStatements.
type Reconciler struct {
	Client client.Client
	Book   *billing.Book
	Events events.EventRecorder
	Now    func() time.Time
	// Config gives the platform's configuration in force.
	Config func() *configv1.PlatformConfiguration
	// Over tells of statements whose month is over.
	Over <-chan event.GenericEvent
}

// +kubebuilder:rbac:groups=sharing.voute.dev,resources=interventions,verbs=list;watch

// Reconcile brings one statement up to date, and closes it when its month is over.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	statement := &v1alpha1.BillingStatement{}
	if err := r.Client.Get(ctx, request.NamespacedName, statement); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if billing.IsClosed(statement) {
		return ctrl.Result{}, nil
	}
	before := statement.DeepCopy()
	if err := r.fold(ctx, statement); err != nil {
		return ctrl.Result{}, err
	}
	if err := billing.Refresh(statement, r.Config()); err != nil {
		return ctrl.Result{}, err
	}
	end, err := billing.End(statement)
	if err != nil {
		return ctrl.Result{}, err
	}
	now := r.Now()
	if isOver := !now.Before(end); isOver {
		if err := r.Book.Roll(ctx, statement, r.Config()); err != nil {
			return ctrl.Result{}, err
		}
		billing.Close(statement, now)
	}
	if err := r.write(ctx, before, statement); err != nil {
		return conditions.Again(err)
	}
	return ctrl.Result{RequeueAfter: after(end.Sub(now))}, nil
}

// after is when to look again: mostly for nothing, in case the clock jumps.
func after(left time.Duration) time.Duration {
	if left <= 0 {
		return 0
	}
	return min(left, often) + rand.N(spread) //nolint:gosec // no secret
}

// write patches what differs, and tells of a month that is closed.
func (r *Reconciler) write(ctx context.Context, before, statement *v1alpha1.BillingStatement) error {
	if equality.Semantic.DeepEqual(before, statement) {
		return nil
	}
	if err := r.Book.Write(ctx, before, statement); err != nil {
		return client.IgnoreNotFound(err)
	}
	if billing.IsClosed(statement) {
		conditions.Record(r.Events, statement, nil, "Normal", "MonthClosed", "Close",
			"The month is over: "+statement.Amounts.Total+" "+statement.Spec.Currency+" before taxes.")
	}
	return nil
}

// fold brings the interventions of a statement up to date.
func (r *Reconciler) fold(ctx context.Context, statement *v1alpha1.BillingStatement) error {
	of := statement.Spec.TenantRef
	list := &v1alpha1.InterventionList{}
	if err := r.Client.List(ctx, list, client.InNamespace(of.Namespace), client.MatchingFields{index.InterventionTenant: of.Name}); err != nil {
		return err
	}
	if len(list.Items) == 0 {
		return nil
	}
	tenant, err := r.tenant(ctx, types.NamespacedName{Namespace: of.Namespace, Name: of.Name})
	if err != nil {
		return err
	}
	known, lines := map[string]bool{}, []v1alpha1.BilledIntervention(nil)
	for i := range list.Items {
		each := &list.Items[i]
		known[string(each.UID)] = true
		belongs, err := r.belongs(ctx, statement, each, tenant)
		if err != nil {
			return err
		}
		if belongs {
			lines = append(lines, billing.Line(each))
		}
	}
	billing.Fold(statement, lines, known)
	return nil
}

func (r *Reconciler) tenant(ctx context.Context, key types.NamespacedName) (*v1alpha1.SharingTenant, error) {
	tenant := &v1alpha1.SharingTenant{}
	err := r.Client.Get(ctx, key, tenant)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	return tenant, err
}

// belongs says whether an intervention is billed with this statement: it can be
// billed, was done in its month or before, and is on none that is closed.
func (r *Reconciler) belongs(ctx context.Context, statement *v1alpha1.BillingStatement, each *v1alpha1.Intervention, tenant *v1alpha1.SharingTenant) (bool, error) {
	if billing.IsFree(each) || (each.Status.Statement != "" && each.Status.Statement != statement.Name) {
		return false, nil
	}
	zone, err := time.LoadLocation(statement.Spec.TimeZone)
	if err != nil {
		return false, err
	}
	recorded := billing.Has(statement, string(each.UID))
	problem := billing.Billable(each, tenant, zone)
	if !billing.IsDone(each, zone, r.Now()) || (problem != nil && (!recorded || tenant != nil)) {
		return false, nil
	}
	month, err := tariff.ParseMonth(statement.Spec.Month)
	if err != nil {
		return false, err
	}
	done, err := billing.MonthDone(each.Spec.DoneOn)
	if err != nil || month.IsBefore(done) {
		return false, err
	}
	if recorded || each.Status.Statement == statement.Name || !done.IsBefore(month) {
		return true, nil
	}
	of := statement.Spec.TenantRef
	closed, err := r.Book.Closed(ctx, types.NamespacedName{Namespace: of.Namespace, Name: of.Name}, string(each.UID), done, month)
	return !closed, err
}
