package retentionpolicy

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
