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
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/heads"
)

// short is what steps look at of an object: who and whose it is, and its status.
// The spec is kept of a claim alone, whose size and class others decide too, and
// so is when it was made: it may be older than its tenant. The times of conditions
// are left out.
//
// It is text, because as fields it takes five times the memory; what the objects
// of one environment have in common is there once.
type short struct {
	which  heads.Which // zero where own has it
	made   digest      // of what it was written with; zero where we have not
	common unique.Handle[string]
	own    string
}

// common is the same for the objects of an environment: our labels, without what
// they all begin with, and whose they are.
type common struct {
	Labels     map[string]string `json:"l,omitempty"`
	Controller *controller       `json:"c,omitempty"`
}

type controller struct {
	APIVersion string    `json:"v"`
	Kind       string    `json:"k"`
	Name       string    `json:"n"`
	UID        types.UID `json:"u"`
}

var ourPrefix = v1alpha1.GroupVersion.Group + "/"

func cut(live *unstructured.Unstructured) short {
	head, own := map[string]any{}, map[string]any{}
	made, isDigest := digestOf(live)
	if text := live.GetAnnotations()[HashAnnotation]; text != "" && !isDigest {
		head["annotations"] = map[string]string{HashAnnotation: text}
	}
	which, usual := heads.WhichOf(live.GetUID(), live.GetResourceVersion())
	if !usual {
		head["uid"], head["resourceVersion"] = live.GetUID(), live.GetResourceVersion()
	}
	if generation := live.GetGeneration(); generation != 0 {
		head["generation"] = generation
	}
	if going := live.GetDeletionTimestamp(); going != nil {
		head["deletionTimestamp"] = going
	}
	if status, found := live.Object["status"].(map[string]any); found && len(status) > 0 {
		own["status"] = undated(status)
	}
	if spec, found := live.Object["spec"]; found && live.GetKind() == "PersistentVolumeClaim" {
		own["spec"], head["creationTimestamp"] = spec, live.GetCreationTimestamp()
	}
	if len(head) > 0 {
		own["metadata"] = head
	}
	return short{
		which: which, made: made, own: text(own),
		common: unique.Make(text(common{Labels: ourLabels(live), Controller: controllerOf(live)})),
	}
}

// undated is a status without the times of its conditions, which no step goes by.
func undated(status map[string]any) map[string]any {
	dated, found := status["conditions"].([]any)
	if !found {
		return status
	}
	plain := make([]any, len(dated))
	for i, each := range dated {
		condition, _ := each.(map[string]any) // the kinds have no other
		condition = maps.Clone(condition)
		delete(condition, "lastTransitionTime")
		delete(condition, "lastUpdateTime")
		plain[i] = condition
	}
	status = maps.Clone(status)
	status["conditions"] = plain
	return status
}

func controllerOf(live *unstructured.Unstructured) *controller {
	owner := metav1.GetControllerOf(live)
	if owner == nil {
		return nil
	}
	return &controller{APIVersion: owner.APIVersion, Kind: owner.Kind, Name: owner.Name, UID: owner.UID}
}

// ourLabels are those that steps go by: what others say of an object nobody looks at.
func ourLabels(live *unstructured.Unstructured) map[string]string {
	ours := map[string]string{}
	for name, value := range live.GetLabels() {
		if short, isOurs := strings.CutPrefix(name, ourPrefix); isOurs {
			ours[short] = value
		}
	}
	return ours
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
	if s.which != (heads.Which{}) {
		uid, version := s.which.Texts()
		object.SetUID(uid)
		object.SetResourceVersion(version)
	}
	object.SetLabels(shared.labels())
	object.SetOwnerReferences(shared.owners())
	if s.made != (digest{}) {
		annotate(object, s.made)
	}
	return nil
}

func (s short) shared() common {
	var shared common
	_ = json.Unmarshal([]byte(s.common.Value()), &shared) // it was written by text
	return shared
}

func (c common) labels() map[string]string {
	labels := make(map[string]string, len(c.Labels))
	for name, value := range c.Labels {
		labels[ourPrefix+name] = value
	}
	return labels
}

func (c common) owners() []metav1.OwnerReference {
	if c.Controller == nil {
		return nil
	}
	return []metav1.OwnerReference{{
		APIVersion: c.Controller.APIVersion, Kind: c.Controller.Kind, Name: c.Controller.Name, UID: c.Controller.UID, Controller: ptr.To(true),
	}}
}

// is says whether it was cut of this very version of the object.
func (s short) is(uid types.UID, version string) bool {
	if which, usual := heads.WhichOf(uid, version); usual {
		return which == s.which
	}
	own := metav1.PartialObjectMetadata{}
	_ = json.Unmarshal([]byte(s.own), &own) // it was written by text
	return uid != "" && own.UID == uid && own.ResourceVersion == version
}

// isOf says whether it was made for the owner that is wanted now, and not for one
// of the same name before.
func (s short) isOf(want client.Object) bool {
	was, is := s.shared().Controller, metav1.GetControllerOf(want)
	return was == nil || is == nil || was.UID == is.UID
}
