package memoryapi

import (
	"encoding/json"
	"fmt"
	"net/http"

	jsonpatch "github.com/evanphx/json-patch/v5"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	utiljson "k8s.io/apimachinery/pkg/util/json"
)

// patch changes an object as it is now, and then updates it.
func (a *API) patch(k *kind, key types.NamespacedName, form types.PatchType, text []byte, subresource, owner string) (*unstructured.Unstructured, error) {
	live, err := a.find(k, key)
	if err != nil {
		return nil, err
	}
	sent := newObject(k.gvk)
	if form == types.MergePatchType {
		err = mergeInto(sent, live, text)
	} else {
		err = patchInto(sent, live, form, text)
	}
	if err != nil {
		// The API server answers so to a patch that cannot be applied.
		return nil, apierrors.NewGenericServerResponse(http.StatusUnprocessableEntity, "", schema.GroupResource{}, "", err.Error(), 0, false)
	}
	return a.update(k, sent, subresource, owner)
}

// mergeInto does without the text of the object, which takes most of the time.
func mergeInto(sent, live *unstructured.Unstructured, text []byte) error {
	var changes map[string]any
	if err := utiljson.Unmarshal(text, &changes); err != nil {
		return err
	}
	sent.Object = live.DeepCopy().Object
	merge(sent.Object, changes)
	return nil
}

// merge is RFC 7386.
func merge(into, changes map[string]any) {
	for name, value := range changes {
		within, isObject := value.(map[string]any)
		switch {
		case value == nil:
			delete(into, name)
		case isObject:
			held, _ := into[name].(map[string]any) // another value is replaced
			if held == nil {
				held = map[string]any{}
			}
			merge(held, within)
			into[name] = held
		default:
			into[name] = value
		}
	}
}

func patchInto(sent, live *unstructured.Unstructured, form types.PatchType, text []byte) error {
	if form != types.JSONPatchType {
		return fmt.Errorf("a patch of type %s: %w", form, errUnsupported)
	}
	before, err := json.Marshal(live.Object)
	if err != nil {
		return err
	}
	operations, err := jsonpatch.DecodePatch(text)
	if err != nil {
		return err
	}
	after, err := operations.Apply(before)
	if err != nil {
		return err
	}
	return utiljson.Unmarshal(after, &sent.Object)
}
