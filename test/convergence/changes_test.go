package convergence

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"voute.dev/voute/api/v1alpha1"
)

// changes gives what began, ended or had to wait from one state of a tenant to
// the next, as the operator tells it.
func changes(last, now *unstructured.Unstructured) []fact {
	var found []fact
	before := environmentsOf(last)
	for name, e := range environmentsOf(now) {
		was := before[name]
		// What fails is taken back without another word; what a spec goes back to is begun.
		failed := e.Rollout.Failed != nil && was.Rollout.Failed == nil
		if begun := e.Rollout.Change; begun != nil && (!failed || begun.Class != v1alpha1.ReturnChange) && differs(begun, was.Rollout.Change) {
			found = append(found, fact{reason: "ChangeStarted", message: fmt.Sprintf("%s: %s (%s).", name, begun.Reason, begun.Class)})
		}
		if ended := was.Rollout.Change; ended != nil && e.Rollout.Change == nil {
			found = append(found, fact{reason: "ChangeDone", message: fmt.Sprintf("%s: %s.", name, ended.Reason)})
		}
		if p := e.Pending; p != nil && (was.Pending == nil || was.Pending.Revision != p.Revision) {
			found = append(found, fact{reason: "ChangePending", message: fmt.Sprintf("%s: %s; waits for %s.", name, p.Reason, p.WaitsFor)})
		}
		if why := e.Rollout.Failed; failed {
			found = append(found, fact{reason: "ChangeTakenBack", message: fmt.Sprintf("%s: %s was not healthy in time and is taken back: %s", name, why.Change, why.Reason)})
		}
	}
	return found
}

func differs(begun, last *v1alpha1.Change) bool {
	return last == nil || !begun.StartTime.Equal(last.StartTime) || begun.Reason != last.Reason
}

// environmentOf is what a status says of one environment's changes.
type environmentOf struct {
	Name    v1alpha1.EnvironmentName `json:"name"`
	Rollout v1alpha1.RolloutStatus   `json:"rollout"`
	Pending *v1alpha1.PendingChange  `json:"pending"`
}

func environmentsOf(object *unstructured.Unstructured) map[v1alpha1.EnvironmentName]environmentOf {
	var tenant struct {
		Status struct {
			Environments []environmentOf `json:"environments"`
		} `json:"status"`
	}
	found := map[v1alpha1.EnvironmentName]environmentOf{}
	if object == nil || runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &tenant) != nil {
		return found
	}
	for _, e := range tenant.Status.Environments {
		found[e.Name] = e
	}
	return found
}
