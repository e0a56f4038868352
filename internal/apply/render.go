package apply

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
)

// HashAnnotation has the hash of the desired object that was last applied.
const HashAnnotation = "sharing.voute.dev/desired"

// render writes a typed object as the fields to apply: without status, without
// fields that are null, and with the hash of all the others.
func render(object client.Object, scheme *runtime.Scheme) (*unstructured.Unstructured, error) {
	gvk, err := apiutil.GVKForObject(object, scheme)
	if err != nil {
		return nil, fmt.Errorf("find the kind of %T: %w", object, err)
	}
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		return nil, fmt.Errorf("write %s %s as fields: %w", gvk.Kind, object.GetName(), err)
	}
	dropNull(fields)
	delete(fields, "status")
	want := &unstructured.Unstructured{Object: fields}
	want.SetGroupVersionKind(gvk)
	want.SetResourceVersion("")
	text, err := json.Marshal(want.Object)
	if err != nil {
		return nil, fmt.Errorf("write %s %s as JSON: %w", gvk.Kind, object.GetName(), err)
	}
	sum := sha256.Sum256(text)
	annotate(want, hex.EncodeToString(sum[:16]))
	return want, nil
}

func annotate(want *unstructured.Unstructured, hash string) {
	annotations := want.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[HashAnnotation] = hash
	want.SetAnnotations(annotations)
}

func hashOf(object *unstructured.Unstructured) string {
	return object.GetAnnotations()[HashAnnotation]
}

// dropNull removes fields without a value: applying a null would claim it.
func dropNull(value any) {
	switch value := value.(type) {
	case map[string]any:
		for name, field := range value {
			if field == nil {
				delete(value, name)
				continue
			}
			dropNull(field)
		}
	case []any:
		for _, item := range value {
			dropNull(item)
		}
	}
}
