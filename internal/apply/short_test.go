package apply

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// What was cut gives back who and whose an object is, and how it does; what
// others have written beside is not kept.
func TestCutGivesBackWhatStepsRead(t *testing.T) {
	controller := metav1.OwnerReference{APIVersion: "sharing.voute.dev/v1alpha1", Kind: "SharingTenant", Name: "justice", UID: "9", Controller: new(true)}
	whole := &unstructured.Unstructured{Object: map[string]any{"status": map[string]any{"availableReplicas": int64(1)}, "spec": map[string]any{"replicas": int64(1)}}}
	whole.SetUID("7")
	whole.SetResourceVersion("12")
	whole.SetGeneration(3)
	whole.SetAnnotations(map[string]string{HashAnnotation: "abc", "more": "x"})
	whole.SetLabels(map[string]string{"sharing.voute.dev/tenant": "justice", "app.kubernetes.io/name": "voute"})
	whole.SetOwnerReferences([]metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: "other", UID: "8"}, controller})
	want := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{
			UID: "7", ResourceVersion: "12", Generation: 3, Annotations: map[string]string{HashAnnotation: "abc"},
			Labels: map[string]string{"sharing.voute.dev/tenant": "justice"}, OwnerReferences: []metav1.OwnerReference{controller},
		},
		Status: appsv1.DeploymentStatus{AvailableReplicas: 1},
	}
	got := &appsv1.Deployment{}
	if err := cut(whole).into(got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
