package convergence

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
)

// fact is what an event tells of an object.
type fact struct {
	kind, name, reason, message string
}

func (f fact) String() string { return f.kind + " " + f.name + ": " + f.reason + ": " + f.message }

// told notes every event.
type told struct {
	lock   sync.Mutex
	counts map[fact]int
	all    []fact
}

func newTold() *told { return &told{counts: map[fact]int{}} }

// Eventf is what the operator calls.
func (t *told) Eventf(regarding, _ runtime.Object, _, reason, _, note string, args ...any) {
	object, ok := regarding.(client.Object)
	if !ok {
		return
	}
	t.lock.Lock()
	defer t.lock.Unlock()
	told := fact{kind: kindOf(object), name: object.GetName(), reason: reason, message: fmt.Sprintf(note, args...)}
	t.counts[told]++
	t.all = append(t.all, told)
}

func kindOf(object client.Object) string {
	return strings.TrimPrefix(fmt.Sprintf("%T", object), "*v1alpha1.")
}

func (t *told) total() int { return len(t.all) }

func (t *told) last() []fact { return t.all[max(0, len(t.all)-5):] }

// turns counts how often each fact came true: a condition turned to it, or to
// its reason, from one state of an object to the next.
func (w *world) turns() map[fact]int {
	counts := map[fact]int{}
	for _, kind := range []string{"SharingTenant", "Pilot", "RetentionPolicy"} {
		before := map[string]*unstructured.Unstructured{}
		for _, change := range w.api.Log(v1alpha1.GroupVersion.WithKind(kind)) {
			now, name := change.Object, change.Object.GetName()
			last := before[name]
			if last != nil && last.GetUID() != now.GetUID() {
				last = nil
			}
			for turned := range turned(last, now) {
				counts[fact{kind: kind, name: name, reason: turned.reason, message: turned.message}]++
			}
			if kind == "SharingTenant" {
				for _, begun := range changes(last, now) {
					counts[fact{kind: kind, name: name, reason: begun.reason, message: begun.message}]++
				}
			}
			before[name] = now
		}
	}
	return counts
}

// turned gives each fact that is so now and was not before. Reconciling and
// Stalled repeat Ready.
func turned(last, now *unstructured.Unstructured) map[fact]bool {
	found := map[fact]bool{}
	before := map[string]metav1.Condition{}
	for _, c := range conditionsOf(last) {
		before[c.Type] = c
	}
	for _, c := range conditionsOf(now) {
		if c.Type == v1alpha1.ReconcilingCondition || c.Type == v1alpha1.StalledCondition {
			continue
		}
		if was, known := before[c.Type]; !known || was.Status != c.Status || was.Reason != c.Reason {
			found[fact{reason: c.Reason, message: c.Message}] = true
		}
	}
	return found
}

func conditionsOf(object *unstructured.Unstructured) []metav1.Condition {
	var status struct {
		Status struct {
			Conditions []metav1.Condition `json:"conditions"`
		} `json:"status"`
	}
	if object == nil || runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &status) != nil {
		return nil
	}
	return status.Status.Conditions
}

// facts says that nothing was told more often than it came true, and repairs
// only where others had done something. Of two operators one is such another:
// what it removes, a second one whose cache is behind puts back.
func (w *world) facts() error {
	turns := w.turns()
	var wrong []string
	repaired := 0
	for told, times := range w.told.counts {
		if told.reason == "Repaired" {
			repaired += times
			continue
		}
		if times > turns[told] {
			wrong = append(wrong, fmt.Sprintf("told %d times, and came true %d times: %s", times, turns[told], told))
		}
	}
	others := w.meddled
	if len(w.operators) > 1 {
		others = others*len(w.operators) + w.faults.removed
	}
	if repaired > others {
		wrong = append(wrong, fmt.Sprintf("%d repairs told, and others did %d things", repaired, others))
	}
	wrong = append(wrong, w.flaps()...)
	slices.Sort(wrong)
	if len(wrong) > 0 {
		return fmt.Errorf("%s", strings.Join(wrong, "\n"))
	}
	return nil
}

// flaps names conditions that turned too often after one edit.
func (w *world) flaps() []string {
	type turning struct {
		of   string
		edit int
	}
	counts := map[turning]int{}
	for _, kind := range []string{"SharingTenant", "Pilot", "RetentionPolicy"} {
		before := map[string]*unstructured.Unstructured{}
		for _, change := range w.api.Log(v1alpha1.GroupVersion.WithKind(kind)) {
			now, name := change.Object, change.Object.GetName()
			for condition := range statuses(before[name], now) {
				counts[turning{of: kind + " " + name + " " + condition, edit: w.editBefore(now)}]++
			}
			before[name] = now
		}
	}
	var found []string
	for turned, times := range counts {
		if times > w.faults.turns() {
			found = append(found, fmt.Sprintf("%s turned %d times after edit %d", turned.of, times, turned.edit))
		}
	}
	return found
}

// editBefore is the number of edits that had been made when an object was written.
func (w *world) editBefore(object *unstructured.Unstructured) int {
	version, err := strconv.ParseInt(object.GetResourceVersion(), 10, 64)
	if err != nil {
		return -1
	}
	return sort.Search(len(w.edits), func(i int) bool { return w.edits[i] >= version })
}

// statuses are the types of the conditions that turned.
func statuses(last, now *unstructured.Unstructured) map[string]bool {
	found, before := map[string]bool{}, map[string]metav1.ConditionStatus{}
	for _, c := range conditionsOf(last) {
		before[c.Type] = c.Status
	}
	for _, c := range conditionsOf(now) {
		if was, known := before[c.Type]; known && was != c.Status {
			found[c.Type] = true
		}
	}
	return found
}
