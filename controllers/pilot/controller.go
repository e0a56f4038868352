// Package pilot says in each Pilot's status how far the person has come, and
// holds the last Pilot of a tenant that serves: without one nobody could
// administer its users.
//
// What a person has done is known to the production server alone; the status
// repeats its last report, which the tenant's own reconciler fetches.
package pilot

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/apply"
	"voute.dev/voute/internal/conditions"
	"voute.dev/voute/internal/index"
	"voute.dev/voute/internal/roster"
	"voute.dev/voute/internal/serverstatus"
	"voute.dev/voute/server/status"
)

// Reconciler reconciles Pilots.
type Reconciler struct {
	Client  client.Client
	Reports *serverstatus.Store
	Events  events.EventRecorder
	Now     func() time.Time
	// Moved hears of a tenant whose server tells something new of its pilots.
	Moved <-chan event.GenericEvent
}

// scope is what one reconcile works on.
type scope struct {
	pilot  *v1alpha1.Pilot
	before *v1alpha1.Pilot
	// tenant is nil where there is none.
	tenant *v1alpha1.SharingTenant
	// named are all Pilots that name the tenant.
	named []v1alpha1.Pilot
}

// +kubebuilder:rbac:groups=sharing.voute.dev,resources=pilots,verbs=list;watch;patch
// +kubebuilder:rbac:groups=sharing.voute.dev,resources=pilots/status,verbs=patch

// Reconcile brings one Pilot's finalizer and status up to date.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	pilot := &v1alpha1.Pilot{}
	if err := r.Client.Get(ctx, request.NamespacedName, pilot); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	s := &scope{pilot: pilot, before: pilot.DeepCopy()}
	if err := r.observe(ctx, s); err != nil {
		return ctrl.Result{}, err
	}
	gone, err := r.hold(ctx, s)
	if err != nil || gone {
		return conditions.Again(err)
	}
	r.summarise(s)
	if s.waitsForTenant() {
		return ctrl.Result{}, nil
	}
	return conditions.Again(r.write(ctx, s))
}

// waitsForTenant: a Pilot of a tenant that comes up is pending, as every new one is;
// what there is to tell of it, its server tells in a moment.
func (s *scope) waitsForTenant() bool {
	return len(s.before.Status.Conditions) == 0 && s.pilot.Status.Phase == v1alpha1.PilotPending &&
		s.problem() == nil && !s.tenantServes()
}

func (r *Reconciler) observe(ctx context.Context, s *scope) error {
	tenant := &v1alpha1.SharingTenant{}
	key := client.ObjectKey{Namespace: s.pilot.Namespace, Name: s.pilot.Spec.TenantRef.Name}
	err := r.Client.Get(ctx, key, tenant)
	if err == nil {
		s.tenant = tenant
	} else if !apierrors.IsNotFound(err) {
		return err
	}
	named := &v1alpha1.PilotList{}
	err = r.Client.List(ctx, named, client.InNamespace(key.Namespace), client.MatchingFields{index.PilotTenant: key.Name})
	s.named = named.Items
	return err
}

// hold keeps the finalizer as long as the tenant could need the Pilot.
func (r *Reconciler) hold(ctx context.Context, s *scope) (gone bool, err error) {
	before := s.pilot.DeepCopy()
	leaving := s.pilot.DeletionTimestamp != nil
	switch {
	case s.mustStay(), !leaving && s.isWanted():
		if leaving || !controllerutil.AddFinalizer(s.pilot, v1alpha1.InUseFinalizer) {
			return false, nil
		}
	default:
		if !controllerutil.RemoveFinalizer(s.pilot, v1alpha1.InUseFinalizer) {
			return leaving, nil
		}
	}
	status := s.pilot.Status.DeepCopy()
	err = r.Client.Patch(ctx, s.pilot, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}), client.FieldOwner(apply.Owner))
	s.pilot.Status = *status
	return leaving, client.IgnoreNotFound(err)
}

// isWanted: its tenant is there to stay.
func (s *scope) isWanted() bool {
	return s.tenant != nil && s.tenant.DeletionTimestamp == nil
}

// mustStay: it is the last one of a tenant that serves.
func (s *scope) mustStay() bool {
	return s.isWanted() && s.pilot.DeletionTimestamp != nil && s.tenantServes() && roster.IsLast(s.named, s.pilot.Name)
}

func (s *scope) tenantServes() bool {
	for _, e := range s.tenant.Status.Environments {
		if e.URL != "" {
			return true
		}
	}
	return false
}

func (r *Reconciler) summarise(s *scope) {
	target := &s.pilot.Status
	report := r.report(s.pilot)
	target.Phase, target.LastSignIn = phase(report, target.Phase), lastSignIn(report, target.LastSignIn)
	whole := conditions.Summary{Reason: string(target.Phase), Message: sentences[target.Phase]}
	target.Conditions = conditions.Set(s.before.Status.Conditions, s.pilot.Generation, r.Now(), whole, []conditions.Result{{Err: s.problem()}})
	target.ObservedGeneration = s.pilot.Generation
}

var sentences = map[v1alpha1.PilotPhase]string{
	v1alpha1.PilotPending: "The invitation is mailed as soon as production serves.",
	v1alpha1.PilotInvited: "The invitation was mailed; the person has not set a password yet.",
	v1alpha1.PilotActive:  "The person has set a password.",
}

// problem is why the Pilot is no pilot, or cannot go.
func (s *scope) problem() error {
	tenant := s.pilot.Spec.TenantRef.Name
	if s.tenant == nil {
		return conditions.Stall("TenantMissing", "SharingTenant %s does not exist in namespace %s: make it, or delete this pilot and name the right one.", tenant, s.pilot.Namespace)
	}
	if s.mustStay() {
		return conditions.Stall("LastPilot", "It is the last pilot of SharingTenant %s, which serves: name another one, then this one goes by itself.", tenant)
	}
	if holder, duplicate := roster.Of(s.named).Duplicates[s.pilot.Name]; duplicate {
		return conditions.Stall("DuplicateEmail", "Pilot %s of the same tenant has this e-mail address (spec.email) already: change the address, or delete one of the two.", holder)
	}
	return nil
}

// report is what the production server last told of the pilot; nil when it told
// nothing at all. A pilot that it does not name is none of its users, for
// example since another one has the same address.
func (r *Reconciler) report(pilot *v1alpha1.Pilot) *status.PilotReport {
	word := r.Reports.Last(serverstatus.Key{
		Namespace: pilot.Namespace, Tenant: pilot.Spec.TenantRef.Name, Environment: v1alpha1.ProductionEnvironment,
	})
	if word.Report == nil {
		return nil
	}
	for i := range word.Report.Pilots {
		if word.Report.Pilots[i].ID == pilot.Name {
			return &word.Report.Pilots[i]
		}
	}
	return &status.PilotReport{ID: pilot.Name}
}

// phase follows the report; without one what was known stays.
func phase(report *status.PilotReport, known v1alpha1.PilotPhase) v1alpha1.PilotPhase {
	if report == nil {
		if known == "" {
			return v1alpha1.PilotPending
		}
		return known
	}
	switch report.State {
	case "active":
		return v1alpha1.PilotActive
	case "invited":
		return v1alpha1.PilotInvited
	default:
		return v1alpha1.PilotPending
	}
}

func lastSignIn(report *status.PilotReport, known *metav1.Time) *metav1.Time {
	if report == nil || report.LastSignIn == nil {
		return known
	}
	return &metav1.Time{Time: report.LastSignIn.Truncate(time.Second)}
}

// write holds only for the Pilot that was read: what follows from an older one
// would be told a second time.
func (r *Reconciler) write(ctx context.Context, s *scope) error {
	if equality.Semantic.DeepEqual(s.before.Status, s.pilot.Status) {
		return nil
	}
	old := s.pilot.DeepCopy()
	old.Status = s.before.Status
	if err := r.Client.Status().Patch(ctx, s.pilot, client.MergeFromWithOptions(old, client.MergeFromWithOptimisticLock{}), client.FieldOwner(apply.Owner)); err != nil {
		return client.IgnoreNotFound(err)
	}
	conditions.Tell(r.Events, s.pilot, conditions.Change{Before: s.before.Status.Conditions, After: s.pilot.Status.Conditions})
	return nil
}
