package controllers_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
)

// watcher sees every state that any tenant passes through, as a tool that
// knows kstatus would, and notes each one that would mislead it. It keeps what
// the statuses of all our kinds have told, too: most tenants are gone at the end.
type watcher struct {
	lock    sync.Mutex
	wrong   []string
	verdict map[status.Status]int
	// told has every status, one a line.
	told strings.Builder
}

func startWatcher(t *testing.T, kube client.WithWatch) *watcher {
	t.Helper()
	w := &watcher{verdict: map[status.Status]int{}}
	for _, kind := range told() {
		w.follow(t, kube, kind)
	}
	return w
}

func (w *watcher) follow(t *testing.T, kube client.WithWatch, kind client.ObjectList) {
	t.Helper()
	seen, err := kube.Watch(context.Background(), kind)
	if err != nil {
		t.Fatal(err)
	}
	run(t, func(ctx context.Context) error {
		context.AfterFunc(ctx, seen.Stop)
		for each := range seen.ResultChan() {
			if each.Type == watch.Deleted {
				continue
			}
			if tenant, ok := each.Object.(*v1alpha1.SharingTenant); ok {
				w.look(tenant)
			}
			w.note(each.Object)
		}
		return nil
	})
}

func (w *watcher) look(tenant *v1alpha1.SharingTenant) {
	w.lock.Lock()
	defer w.lock.Unlock()
	result, err := kstatus(tenant)
	if err == nil {
		w.verdict[result]++
		err = misleads(tenant, result)
	}
	if err != nil {
		w.wrong = append(w.wrong, fmt.Sprintf("%s/%s at %s: %v", tenant.Namespace, tenant.Name, tenant.ResourceVersion, err))
	}
}

func (w *watcher) note(object runtime.Object) {
	line, err := statusLine(object)
	w.lock.Lock()
	defer w.lock.Unlock()
	if err != nil {
		w.wrong = append(w.wrong, err.Error())
	}
	w.told.Write(line)
}

// statuses are all that were ever written into an object of our kinds.
func (w *watcher) statuses() string {
	w.lock.Lock()
	defer w.lock.Unlock()
	return w.told.String()
}

// report fails for every state that would mislead, and where the tests before
// it passed through fewer states than there are.
func (w *watcher) report(t *testing.T) {
	w.lock.Lock()
	defer w.lock.Unlock()
	for _, wrong := range w.wrong {
		t.Error(wrong)
	}
	for _, state := range []status.Status{status.InProgressStatus, status.CurrentStatus, status.FailedStatus, status.TerminatingStatus} {
		if w.verdict[state] == 0 {
			t.Errorf("no tenant was ever seen %s: the tests before prove less than they seem to", state)
		}
	}
}

func kstatus(tenant *v1alpha1.SharingTenant) (status.Status, error) {
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(tenant)
	if err != nil {
		return "", err
	}
	result, err := status.Compute(&unstructured.Unstructured{Object: fields})
	if err != nil {
		return "", err
	}
	return result.Status, nil
}

// misleads compares what a tool concludes with what the conditions say.
func misleads(tenant *v1alpha1.SharingTenant, got status.Status) error {
	all := tenant.Status.Conditions
	is := func(kind string) bool { return meta.IsStatusConditionTrue(all, kind) }
	want := status.InProgressStatus
	switch {
	case tenant.DeletionTimestamp != nil:
		want = status.TerminatingStatus
	case tenant.Status.ObservedGeneration != tenant.Generation:
	case is(v1alpha1.ReadyCondition):
		want = status.CurrentStatus
	case is(v1alpha1.StalledCondition):
		want = status.FailedStatus
	}
	switch {
	case got != want:
		return fmt.Errorf("kstatus says %s, want %s: %+v", got, want, all)
	case is(v1alpha1.ReconcilingCondition) && is(v1alpha1.StalledCondition):
		return fmt.Errorf("it is both reconciling and stalled")
	case is(v1alpha1.ReadyCondition) && (is(v1alpha1.ReconcilingCondition) || is(v1alpha1.StalledCondition)):
		return fmt.Errorf("it is ready, and also reconciling or stalled")
	}
	return wellFormed(all, tenant.Generation)
}

func wellFormed(all []metav1.Condition, generation int64) error {
	for _, condition := range all {
		abnormal := condition.Type == v1alpha1.ReconcilingCondition || condition.Type == v1alpha1.StalledCondition
		if condition.Reason == "" || condition.Message == "" || condition.ObservedGeneration > generation || condition.LastTransitionTime.IsZero() {
			return fmt.Errorf("a condition lacks something: %+v", condition)
		}
		if abnormal && condition.Status != metav1.ConditionTrue {
			return fmt.Errorf("%s is there and not True", condition.Type)
		}
	}
	return nil
}

func eachOf(list client.ObjectList, check func(metav1.Object) error) error {
	return meta.EachListItem(list, func(item runtime.Object) error {
		object, err := meta.Accessor(item)
		if err != nil {
			return err
		}
		return check(object)
	})
}
