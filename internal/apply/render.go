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

// digest is the hash of what is desired of an object. Kept for each object, it takes
// a third of what its text would.
type digest [sha256.Size / 2]byte

func (d digest) String() string { return hex.EncodeToString(d[:]) }

// digestOf is what an object was written with; false where we have not written it.
func digestOf(object client.Object) (made digest, found bool) {
	text := object.GetAnnotations()[HashAnnotation]
	if len(text) != hex.EncodedLen(len(made)) {
		return digest{}, false
	}
	if _, err := hex.Decode(made[:], []byte(text)); err != nil || made.String() != text {
		return digest{}, false
	}
	return made, true
}

// wanted is what is desired of an object: as its type, which is what it costs
// least to send, and as fields, which is what can be compared and applied.
type wanted struct {
	*unstructured.Unstructured
	typed client.Object
}

// nameKind writes into an object of which kind it is.
func nameKind(object client.Object, scheme *runtime.Scheme) error {
	gvk, err := apiutil.GVKForObject(object, scheme)
	if err != nil {
		return fmt.Errorf("find the kind of %T: %w", object, err)
	}
	object.GetObjectKind().SetGroupVersionKind(gvk)
	return nil
}

// identify gives an object its kind, and the hash of all that is desired of it.
// Most often nothing has changed, and this is all that a look at it takes.
func identify(object client.Object, scheme *runtime.Scheme) (hash digest, err error) {
	if err := nameKind(object, scheme); err != nil {
		return digest{}, err
	}
	text, err := json.Marshal(object)
	if err != nil {
		return digest{}, fmt.Errorf("write %s as JSON: %w", describe(object), err)
	}
	sum := sha256.Sum256(text)
	return digest(sum[:len(hash)]), nil
}

// render writes a typed object as the fields to apply: without status, without
// fields that are null, and with the hash of what is desired.
func render(object client.Object, hash digest) (wanted, error) {
	typed, ok := object.DeepCopyObject().(client.Object)
	if !ok {
		return wanted{}, fmt.Errorf("%T is no object", object)
	}
	annotate(typed, hash)
	fields, err := fieldsOf(typed)
	if err != nil {
		return wanted{}, err
	}
	delete(fields.Object, "status")
	return wanted{Unstructured: fields, typed: typed}, nil
}

// fieldsOf writes a typed object as fields, without those that are null:
// applying a null would claim it.
func fieldsOf(object client.Object) (*unstructured.Unstructured, error) {
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		return nil, fmt.Errorf("write %s as fields: %w", describe(object), err)
	}
	dropNull(fields)
	return &unstructured.Unstructured{Object: fields}, nil
}

func annotate(want client.Object, hash digest) {
	annotations := want.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[HashAnnotation] = hash.String()
	want.SetAnnotations(annotations)
}

func hashOf(object *unstructured.Unstructured) string {
	return object.GetAnnotations()[HashAnnotation]
}

// dropNull removes fields without a value.
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
