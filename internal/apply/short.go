package apply

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"unique"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
)

// short is what steps look at of an object: who and whose it is, and its status.
// The spec is kept of a claim alone, whose size and class others decide too, and
// so is when it was made: it may be older than its tenant.
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

// common is the same for the objects of an environment: our labels, and whose
// they are.
type common struct {
	Labels     map[string]string      `json:"labels,omitempty"`
	Controller *metav1.OwnerReference `json:"controller,omitempty"`
}

func cut(live *unstructured.Unstructured) short {
	own := map[string]any{}
	if status, found := live.Object["status"].(map[string]any); found && len(status) > 0 {
		own["status"] = status
	}
	if spec, found := live.Object["spec"]; found && live.GetKind() == "PersistentVolumeClaim" {
		own["spec"], own["metadata"] = spec, map[string]any{"creationTimestamp": live.GetCreationTimestamp()}
	}
	return short{
		uid: live.GetUID(), version: live.GetResourceVersion(), made: hashOf(live), generation: live.GetGeneration(),
		going: live.GetDeletionTimestamp(), own: text(own),
		common: unique.Make(text(common{Labels: ourLabels(live), Controller: metav1.GetControllerOf(live)})),
	}
}

// ourLabels are those that steps go by: what others say of an object nobody looks at.
func ourLabels(live *unstructured.Unstructured) map[string]string {
	labels := live.GetLabels()
	maps.DeleteFunc(labels, func(name, _ string) bool { return !strings.HasPrefix(name, v1alpha1.GroupVersion.Group+"/") })
	return labels
}

// text writes what was read as JSON, or is made of plain fields: that does not fail.
func text(value any) string {
	content, _ := json.Marshal(value)
	return string(content)
}

// into fills an object of the kind with what was cut; its name it has already.
func (s short) into(object client.Object) error {
	if err := json.Unmarshal([]byte(s.own), object); err != nil {
		return fmt.Errorf("read what is known of %s/%s: %w", object.GetNamespace(), object.GetName(), err)
	}
	shared := s.shared()
	object.SetUID(s.uid)
	object.SetResourceVersion(s.version)
	object.SetGeneration(s.generation)
	object.SetLabels(shared.Labels)
	object.SetOwnerReferences(nil)
	if shared.Controller != nil {
		object.SetOwnerReferences([]metav1.OwnerReference{*shared.Controller})
	}
	object.SetDeletionTimestamp(s.going)
	if s.made != "" {
		annotate(object, s.made)
	}
	return nil
}

func (s short) shared() common {
	var shared common
	_ = json.Unmarshal([]byte(s.common.Value()), &shared) // it was written by text
	return shared
}

// isOf says whether it was made for the owner that is wanted now, and not for one
// of the same name before.
func (s short) isOf(want client.Object) bool {
	was, is := s.shared().Controller, metav1.GetControllerOf(want)
	return was == nil || is == nil || was.UID == is.UID
}
