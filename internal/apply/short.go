package apply

import (
	"encoding/json"
	"unique"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// short is what steps look at of an object: who and whose it is, and its status.
// The spec is kept of a claim alone, whose size and class others decide too.
//
// It is text, because as fields it takes five times the memory; what the objects
// of one environment have in common is there once.
type short struct {
	uid        types.UID
	version    string
	made       string // the hash that it was written with
	generation int64
	going      *metav1.Time
	common     unique.Handle[string]
	own        string
}

// common is the same for the objects of an environment.
type common struct {
	Labels map[string]string       `json:"labels,omitempty"`
	Owners []metav1.OwnerReference `json:"owners,omitempty"`
}

func cut(live *unstructured.Unstructured) short {
	own := map[string]any{}
	if status, found := live.Object["status"].(map[string]any); found && len(status) > 0 {
		own["status"] = status
	}
	if spec, found := live.Object["spec"]; found && live.GetKind() == "PersistentVolumeClaim" {
		own["spec"] = spec
	}
	return short{
		uid: live.GetUID(), version: live.GetResourceVersion(), made: hashOf(live), generation: live.GetGeneration(),
		going: live.GetDeletionTimestamp(), own: text(own),
		common: unique.Make(text(common{Labels: live.GetLabels(), Owners: live.GetOwnerReferences()})),
	}
}

// text writes what was read as JSON, or is made of plain fields: that does not fail.
func text(value any) string {
	content, _ := json.Marshal(value)
	return string(content)
}

// object is what was cut, under the name of the one that is wanted.
func (s short) object(want client.Object) *unstructured.Unstructured {
	object := &unstructured.Unstructured{Object: map[string]any{}}
	_ = utiljson.Unmarshal([]byte(s.own), &object.Object)
	var shared common
	_ = json.Unmarshal([]byte(s.common.Value()), &shared)
	object.SetGroupVersionKind(want.GetObjectKind().GroupVersionKind())
	object.SetName(want.GetName())
	object.SetNamespace(want.GetNamespace())
	object.SetUID(s.uid)
	object.SetResourceVersion(s.version)
	object.SetGeneration(s.generation)
	object.SetLabels(shared.Labels)
	object.SetOwnerReferences(shared.Owners)
	object.SetDeletionTimestamp(s.going)
	if s.made != "" {
		annotate(object, s.made)
	}
	return object
}
