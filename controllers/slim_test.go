package controllers

import (
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"voute.dev/voute/api/v1alpha1"
)

func TestSlimKeepsOurKindsButTheirHistory(t *testing.T) {
	tenant := func(name string) *v1alpha1.SharingTenant {
		return &v1alpha1.SharingTenant{
			ObjectMeta: metav1.ObjectMeta{
				Name: name, Annotations: map[string]string{corev1.LastAppliedConfigAnnotation: "{}", v1alpha1.DestroyAnnotation: "justice"},
				ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "kubectl"}}, Finalizers: []string{v1alpha1.TenantFinalizer},
			},
			Status: v1alpha1.SharingTenantStatus{Conditions: []metav1.Condition{{Type: "Ready", Reason: "Serving", Message: string([]byte("it is reached"))}}},
		}
	}
	want := tenant("justice")
	delete(want.Annotations, corev1.LastAppliedConfigAnnotation)
	want.ManagedFields = nil
	first, second := slimmed(t, tenant("justice")), slimmed(t, tenant("sante"))
	if diff := cmp.Diff(want, first); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if one, other := first.Status.Conditions[0].Message, second.Status.Conditions[0].Message; unsafe.StringData(one) != unsafe.StringData(other) {
		t.Error("the same message is there twice")
	}
}

func slimmed[T any](t *testing.T, object T) T {
	t.Helper()
	got, err := slim(object)
	if err != nil {
		t.Fatal(err)
	}
	return got.(T)
}
