package sharingtenant

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/calendar"
	"voute.dev/voute/internal/fleet"
	"voute.dev/voute/internal/rollout"
)

// A tenant that is woken for a free place, and whose status cannot be written,
// leaves the place to the next.
func TestALookThatFailsLeavesThePlaceToTheNext(t *testing.T) {
	var woken []string
	ledger := fleet.New(func(name types.NamespacedName) { woken = append(woken, name.Name) })
	key := func(name string) fleet.Key {
		return fleet.Key{Tenant: types.NamespacedName{Namespace: "a", Name: name}, Environment: v1alpha1.ProductionEnvironment}
	}
	for _, name := range []string{"first", "second", "third"} {
		ledger.Claim(key(name), rollout.Change{Class: calendar.Maintenance}, fleet.Rules{Slots: 1, HaltAfter: 1}, noon)
	}
	ledger.Note(key("first"), fleet.Line{})
	r := &Reconciler{Fleet: ledger, Platform: func() *Platform { return &Platform{Config: &configv1.PlatformConfiguration{}} }}
	s := &scope{tenant: &v1alpha1.SharingTenant{ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: "second"}}}
	s.before.Environments = []v1alpha1.EnvironmentStatus{{Name: v1alpha1.ProductionEnvironment, Pending: &v1alpha1.PendingChange{}}}
	lost := errors.New("the connection is lost")
	if _, err := r.giveUp(s, lost); !errors.Is(err, lost) {
		t.Errorf("it is not tried again: %v", err)
	}
	if want := []string{"second", "third"}; !slices.Equal(woken, want) {
		t.Errorf("woken: %v; want %v", woken, want)
	}
}

// A status of which nobody knows whether it was written may have a change in it:
// that one keeps its place until the API server has said so.
func TestALookWithoutAnAnswerKeepsItsPlace(t *testing.T) {
	woken := 0
	ledger := fleet.New(func(types.NamespacedName) { woken++ })
	place := fleet.Key{Tenant: types.NamespacedName{Namespace: "justice", Name: "justice"}, Environment: v1alpha1.ProductionEnvironment}
	rules := fleet.Rules{Slots: 1, HaltAfter: 1}
	ledger.Claim(place, rollout.Change{Class: calendar.Maintenance}, rules, noon)
	other := fleet.Key{Tenant: types.NamespacedName{Namespace: "sante", Name: "sante"}, Environment: v1alpha1.ProductionEnvironment}
	ledger.Claim(other, rollout.Change{Class: calendar.Maintenance}, rules, noon)
	kube := withTenant(t)
	tenant := &v1alpha1.SharingTenant{}
	if err := kube.Get(t.Context(), place.Tenant, tenant); err != nil {
		t.Fatal(err)
	}
	r := &Reconciler{
		Live: kube, Fleet: ledger, Now: func() time.Time { return noon },
		Platform: func() *Platform { return &Platform{Config: &configv1.PlatformConfiguration{}} },
	}
	s := &scope{tenant: tenant, before: tenant.Status}
	lost := errors.New("the connection is lost")
	r.written.failed(tenant, lost)
	if _, err := r.giveUp(s, lost); !errors.Is(err, lost) || woken > 0 {
		t.Errorf("%v; %d others are told of a free place", err, woken)
	}
	old := tenant.DeepCopy()
	old.ResourceVersion = "1"
	for _, seen := range []struct {
		by     *v1alpha1.SharingTenant
		behind bool
	}{{old, true}, {old, true}, {tenant, false}} {
		if behind, err := r.isBehind(t.Context(), seen.by); err != nil || behind != seen.behind {
			t.Errorf("version %s is behind: %t, %v", seen.by.ResourceVersion, behind, err)
		}
	}
	if _, err := r.giveUp(s, lost); !errors.Is(err, lost) || woken != 1 {
		t.Errorf("%v; %d others are told of a free place, now that it is known", err, woken)
	}
}

func TestARefusalIsAnAnswer(t *testing.T) {
	tenant := &v1alpha1.SharingTenant{ObjectMeta: metav1.ObjectMeta{Namespace: "justice", Name: "justice"}}
	what := v1alpha1.GroupVersion.WithResource("sharingtenants").GroupResource()
	for _, each := range []struct {
		err        error
		unanswered bool
	}{
		{apierrors.NewConflict(what, "justice", nil), false},
		{apierrors.NewNotFound(what, "justice"), false},
		{apierrors.NewTooManyRequests("later", 1), false},
		{apierrors.NewInternalError(errors.New("etcdserver: request timed out")), true},
		{apierrors.NewServerTimeout(what, "patch", 1), true},
		{context.DeadlineExceeded, true},
	} {
		written := writes{}
		written.failed(tenant, each.err)
		if got := written.isUnanswered(client.ObjectKeyFromObject(tenant)); got != each.unanswered {
			t.Errorf("%v: unanswered: %t", each.err, got)
		}
	}
}

// A routine look that ends in a fault is not routine any more.
func TestWhatIsNotRoutineIsNews(t *testing.T) {
	lost := errors.New("the connection is lost")
	cut := &Reconciler{Client: unreachable{err: lost}}
	result, err := cut.Reconcile(t.Context(), ctrl.Request{NamespacedName: types.NamespacedName{Namespace: "justice", Name: "justice"}})
	if !errors.Is(err, lost) || result.Priority == nil || *result.Priority != newsPriority {
		t.Errorf("%+v, %v", result, err)
	}
}

type unreachable struct {
	client.Client

	err error
}

func (u unreachable) Get(context.Context, client.ObjectKey, client.Object, ...client.GetOption) error {
	return u.err
}
