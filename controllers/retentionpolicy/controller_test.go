package retentionpolicy

import (
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"voute.dev/voute/api/v1alpha1"
)

func TestStayingFollowsNoOrder(t *testing.T) {
	going := v1alpha1.SharingTenant{ObjectMeta: metav1.ObjectMeta{Name: "a", DeletionTimestamp: &metav1.Time{}}}
	second := v1alpha1.SharingTenant{ObjectMeta: metav1.ObjectMeta{Name: "c"}}
	first := v1alpha1.SharingTenant{ObjectMeta: metav1.ObjectMeta{Name: "b"}}
	if got := staying([]v1alpha1.SharingTenant{second, going, first}); !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("they are %v", got)
	}
}
