package controllers

import (
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"voute.dev/voute/api/v1alpha1"
)

func TestSlimHead(t *testing.T) {
	going := metav1.NewTime(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
	owner := metav1.OwnerReference{APIVersion: "sharing.voute.dev/v1alpha1", Kind: "SharingTenant", Name: "justice", UID: "9", Controller: ptr.To(true)}
	whole := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
		Name: "justice-production", Namespace: "justice", UID: "7", ResourceVersion: "12", Generation: 3, DeletionTimestamp: &going,
		Labels:          map[string]string{v1alpha1.TenantLabel: "justice", "app.kubernetes.io/name": "voute"},
		Annotations:     map[string]string{"more": "x"},
		OwnerReferences: []metav1.OwnerReference{{Name: "other", UID: "8"}, owner},
		Finalizers:      []string{"example.org/hold"}, ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "voute-operator"}},
	}}
	whole.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Service"))
	want := &metav1.PartialObjectMetadata{TypeMeta: whole.TypeMeta, ObjectMeta: metav1.ObjectMeta{
		Name: "justice-production", Namespace: "justice", UID: "7", ResourceVersion: "12", Generation: 3, DeletionTimestamp: &going,
		Labels: map[string]string{v1alpha1.TenantLabel: "justice"}, OwnerReferences: []metav1.OwnerReference{owner},
	}}
	whole.APIVersion = string([]byte("v1"))
	if diff := cmp.Diff(want, slimmed(t, whole)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	other := slimmed(t, &metav1.PartialObjectMetadata{TypeMeta: metav1.TypeMeta{APIVersion: string([]byte("v1"))}})
	if unsafe.StringData(whole.APIVersion) != unsafe.StringData(other.APIVersion) {
		t.Error("the version of the API is there once for each object")
	}
}

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
