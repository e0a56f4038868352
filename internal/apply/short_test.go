package apply

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

// What was cut gives back who and whose an object is, and how it does; what
// others have written beside is not kept.
func TestCutGivesBackWhatStepsRead(t *testing.T) {
	for _, uid := range []types.UID{"0b6e4a35-9d2c-4f07-8a51-3f5f0c1d2e4b", "7"} {
		t.Run(string(uid), func(t *testing.T) { cutGivesBack(t, uid) })
	}
}

func cutGivesBack(t *testing.T, uid types.UID) {
	t.Helper()
	const made = "0123456789abcdef0123456789abcdef"
	controller := metav1.OwnerReference{APIVersion: "sharing.voute.dev/v1alpha1", Kind: "SharingTenant", Name: "justice", UID: "9", Controller: new(true)}
	whole := &unstructured.Unstructured{Object: map[string]any{"status": map[string]any{
		"availableReplicas": int64(1), "conditions": []any{map[string]any{"type": "Available", "status": "True", "lastTransitionTime": "2026-11-23T12:00:00Z", "lastUpdateTime": "2026-11-23T12:00:00Z"}},
	}, "spec": map[string]any{"replicas": int64(1)}}}
	whole.SetUID(uid)
	whole.SetResourceVersion("12")
	whole.SetGeneration(3)
	whole.SetAnnotations(map[string]string{HashAnnotation: made, "more": "x"})
	whole.SetLabels(map[string]string{"sharing.voute.dev/tenant": "justice", "app.kubernetes.io/name": "voute"})
	whole.SetOwnerReferences([]metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: "other", UID: "8"}, controller})
	want := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{
			UID: uid, ResourceVersion: "12", Generation: 3, Annotations: map[string]string{HashAnnotation: made},
			Labels: map[string]string{"sharing.voute.dev/tenant": "justice"}, OwnerReferences: []metav1.OwnerReference{controller},
		},
		Status: appsv1.DeploymentStatus{AvailableReplicas: 1, Conditions: []appsv1.DeploymentCondition{{Type: "Available", Status: "True"}}},
	}
	got, kept := &appsv1.Deployment{}, cut(whole)
	if err := kept.into(got); err != nil {
		t.Fatal(err)
	}
	if !kept.is(uid, "12") || kept.is(uid, "13") || kept.is("8", "12") || kept.is("", "") {
		t.Errorf("it is not known by uid and version")
	}
	if dated, _, _ := unstructured.NestedSlice(whole.Object, "status", "conditions"); len(dated[0].(map[string]any)) != 4 {
		t.Errorf("what was cut was changed itself: %v", dated)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// An annotation that is no hash of ours is given back as it is: somebody has made
// it of one that was.
func TestCutKeepsWhatOthersMadeOfTheHash(t *testing.T) {
	for _, text := range []string{"abc", "0123456789ABCDEF0123456789ABCDEF", "0123456789abcdef0123456789abcdeg"} {
		going := metav1.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
		whole := &unstructured.Unstructured{Object: map[string]any{}}
		whole.SetAnnotations(map[string]string{HashAnnotation: text})
		whole.SetDeletionTimestamp(&going)
		got := &appsv1.Deployment{}
		if err := cut(whole).into(got); err != nil {
			t.Fatal(err)
		}
		if got.Annotations[HashAnnotation] != text || !got.DeletionTimestamp.Equal(&going) {
			t.Errorf("%s came back as %q, going at %s", text, got.Annotations, got.DeletionTimestamp)
		}
		if _, isDigest := digestOf(whole); isDigest {
			t.Errorf("%s is taken for a hash", text)
		}
	}
}
