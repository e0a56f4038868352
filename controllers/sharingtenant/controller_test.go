package sharingtenant

import (
	"errors"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

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
