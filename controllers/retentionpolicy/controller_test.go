package retentionpolicy

import (
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"voute.dev/voute/api/v1alpha1"
)

func TestStayingFollowsNoOrder(t *testing.T) {
	going := v1alpha1.SharingTenant{ObjectMeta: metav1.ObjectMeta{Name: "a", DeletionTimestamp: &metav1.Time{}}}
	second := v1alpha1.SharingTenant{ObjectMeta: metav1.ObjectMeta{Name: "c"}}
	first := v1alpha1.SharingTenant{ObjectMeta: metav1.ObjectMeta{Name: "b"}}
	if got := staying([]v1alpha1.SharingTenant{second, going, first}); len(got) != 2 || got[0].Name != "b" || got[1].Name != "c" {
		t.Errorf("they are %v", got)
	}
}

// TestServingChanged: figures that came before the status said whose they are
// must be looked at again then, and not at each upload.
func TestServingChanged(t *testing.T) {
	with := func(environments ...v1alpha1.EnvironmentStatus) *v1alpha1.SharingTenant {
		return &v1alpha1.SharingTenant{Status: v1alpha1.SharingTenantStatus{Environments: environments}}
	}
	starting, serving := v1alpha1.EnvironmentStatus{Name: "production"}, v1alpha1.EnvironmentStatus{Name: "production", URL: "https://x"}
	fuller := serving
	fuller.Used = resource.NewQuantity(1, resource.DecimalSI)
	for name, each := range map[string]struct {
		before, now *v1alpha1.SharingTenant
		passes      bool
	}{
		"a status comes":      {with(), with(starting), true},
		"a server serves":     {with(starting), with(serving), true},
		"an environment goes": {with(serving, starting), with(serving), true},
		"an upload":           {with(serving), with(fuller), false},
	} {
		if got := servingChanged.Update(event.UpdateEvent{ObjectOld: each.before, ObjectNew: each.now}); got != each.passes {
			t.Errorf("%s: %t", name, got)
		}
	}
}
