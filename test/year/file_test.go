package year

import (
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"voute.dev/voute/api/v1alpha1"
)

// file is a tenant as it was last written.
type file struct {
	object *unstructured.Unstructured
	spec   *v1alpha1.SharingTenantSpec
	told   []toldOf
}

// toldOf is what a status says of one environment's changes.
type toldOf struct {
	Name    v1alpha1.EnvironmentName `json:"name"`
	URL     string                   `json:"url"`
	Rollout v1alpha1.RolloutStatus   `json:"rollout"`
	Pending *v1alpha1.PendingChange  `json:"pending"`
}

// read takes an object apart; what has not changed since the last is taken from it.
func read(object *unstructured.Unstructured, before *file) (*file, error) {
	now := &file{object: object}
	if before != nil && before.object.GetGeneration() == object.GetGeneration() {
		now.spec = before.spec
	} else {
		now.spec = &v1alpha1.SharingTenantSpec{}
		spec, _ := object.Object["spec"].(map[string]any) // it is an object
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(spec, now.spec); err != nil {
			return nil, err
		}
	}
	status, _ := object.Object["status"].(map[string]any) // it is an object
	parts := map[string]any{"environments": status["environments"]}
	var environments struct {
		Environments []toldOf `json:"environments"`
	}
	err := runtime.DefaultUnstructuredConverter.FromUnstructured(parts, &environments)
	now.told = environments.Environments
	return now, err
}

func (f *file) environment(name v1alpha1.EnvironmentName) *v1alpha1.Environment {
	at := slices.IndexFunc(f.spec.Environments, func(e v1alpha1.Environment) bool { return e.Name == name })
	if at < 0 {
		return nil
	}
	return &f.spec.Environments[at]
}

func (f *file) says(name v1alpha1.EnvironmentName) toldOf {
	for _, each := range f.told {
		if each.Name == name {
			return each
		}
	}
	return toldOf{Name: name}
}

func (f *file) isSuspended() bool { return f.spec.Suspend != nil && *f.spec.Suspend }

func (f *file) annotation(name string) string {
	return strings.TrimSpace(f.object.GetAnnotations()[name])
}

// condition is one of the status; empty where there is none.
func (f *file) condition(kind string) (found metav1.Condition) {
	for _, each := range fieldsOf(fieldsIn(f.object.Object, "status"), "conditions") {
		if each["type"] == kind {
			_ = runtime.DefaultUnstructuredConverter.FromUnstructured(each, &found) // as it was written
		}
	}
	return found
}

// hasCondition does not read all of it.
func (f *file) hasCondition(kind string) bool {
	return slices.ContainsFunc(fieldsOf(fieldsIn(f.object.Object, "status"), "conditions"), func(each map[string]any) bool { return each["type"] == kind })
}

// isSeen: the operator has looked at what it asks for, and taken back what is asked
// for once.
func (f *file) isSeen() bool {
	seen, _ := fieldsIn(f.object.Object, "status")["observedGeneration"].(int64) // 0 where there is none
	return seen == f.object.GetGeneration() && f.annotation(v1alpha1.TryAgainAnnotation) == ""
}

// isReady: it serves what its spec asks for.
func (f *file) isReady() bool {
	ready := f.condition(v1alpha1.ReadyCondition)
	return ready.Status == metav1.ConditionTrue && ready.ObservedGeneration == f.object.GetGeneration()
}

func timeOf(t *metav1.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.Time
}
