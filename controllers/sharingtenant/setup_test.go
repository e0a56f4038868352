package sharingtenant

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/apply"
	"voute.dev/voute/test/memoryapi"
)

// TestChangedWakesForOthers: a watch tells of the operator's own writes too,
// and to look at the tenant once more for each of them would be in vain.
func TestChangedWakesForOthers(t *testing.T) {
	model, err := memoryapi.NewModel(clientgoscheme.Scheme)
	if err != nil {
		t.Fatal(err)
	}
	api := model.New(time.Now)
	kube := api.Client("operator", nil)
	if err := kube.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "justice"}}); err != nil {
		t.Fatal(err)
	}
	r := &Reconciler{Objects: apply.New(kube, kube, kube, time.Now)}
	queue := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request]())
	defer queue.ShutDown()
	woken := func(what string, want int) {
		t.Helper()
		if queue.Len() != want {
			t.Errorf("%s: %d requests, want %d", what, queue.Len(), want)
		}
		for range queue.Len() {
			request, _ := queue.Get()
			queue.Done(request)
		}
	}
	want := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: "justice", Name: "justice-production", Labels: map[string]string{v1alpha1.TenantLabel: "justice"}},
		Data:       map[string]string{"voute.yaml": "a"},
	}
	if _, err := r.Objects.Apply(t.Context(), want.DeepCopy(), 0); err != nil {
		t.Fatal(err)
	}
	made := head(t, kube, want)
	r.changed().Create(t.Context(), event.CreateEvent{Object: made}, queue)
	r.changed().Update(t.Context(), event.UpdateEvent{ObjectOld: made, ObjectNew: made}, queue)
	woken("what the operator has made", 0)

	other := want.DeepCopy()
	other.Data["voute.yaml"] = "b"
	if err := kube.Update(t.Context(), other, client.FieldOwner("kubectl-edit")); err != nil {
		t.Fatal(err)
	}
	r.changed().Update(t.Context(), event.UpdateEvent{ObjectOld: made, ObjectNew: head(t, kube, want)}, queue)
	woken("what somebody else has changed", 1)
	r.changed().Delete(t.Context(), event.DeleteEvent{Object: made}, queue)
	woken("what is gone", 1)
}

func head(t *testing.T, kube client.Client, object client.Object) client.Object {
	t.Helper()
	found := &metav1.PartialObjectMetadata{}
	found.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("ConfigMap"))
	if err := kube.Get(t.Context(), client.ObjectKeyFromObject(object), found); err != nil {
		t.Fatal(err)
	}
	return found
}
