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
	before, err := json.Marshal(live.Object)
	if err != nil {
		return nil, err
	}
	after, err := patched(before, form, text)
	if err != nil {
		// The API server answers so to a patch that cannot be applied.
		return nil, apierrors.NewGenericServerResponse(http.StatusUnprocessableEntity, "", schema.GroupResource{}, "", err.Error(), 0, false)
	}
	sent := newObject(k.gvk)
	if err := utiljson.Unmarshal(after, &sent.Object); err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	return a.update(k, sent, subresource, owner)
}

func patched(before []byte, form types.PatchType, text []byte) ([]byte, error) {
	switch form {
	case types.MergePatchType:
		return jsonpatch.MergePatch(before, text)
	case types.JSONPatchType:
		operations, err := jsonpatch.DecodePatch(text)
		if err != nil {
			return nil, err
		}
		return operations.Apply(before)
	default:
		return nil, fmt.Errorf("a patch of type %s: %w", form, errUnsupported)
	}
}
