package memoryapi

import (
	"fmt"
	"strconv"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// API holds objects. It is safe for concurrent use.
type API struct {
	model *Model
	now   func() time.Time

	lock    sync.Mutex
	objects map[schema.GroupVersionKind]map[types.NamespacedName]*unstructured.Unstructured
	log     map[schema.GroupVersionKind][]Change
	typed   typed
	version int64
	uids    int64
}

// Change is one entry of the log: the object as it was written, or as it was
// last when it is gone.
type Change struct {
	Object *unstructured.Unstructured
	Gone   bool
}

// New makes an API without objects.
func (m *Model) New(now func() time.Time) *API {
	return &API{
		model: m, now: now, typed: typed{}, log: map[schema.GroupVersionKind][]Change{},
		objects: map[schema.GroupVersionKind]map[types.NamespacedName]*unstructured.Unstructured{},
	}
}

// Writes says how many changes were made to a kind's objects so far.
func (a *API) Writes() int64 {
	a.lock.Lock()
	defer a.lock.Unlock()
	return a.version
}

// Log gives every change of a kind, in order. It is not to be changed.
func (a *API) Log(gvk schema.GroupVersionKind) []Change {
	a.lock.Lock()
	defer a.lock.Unlock()
	return a.log[gvk]
}

// find gives the object itself, which is not to be changed.
func (a *API) find(k *kind, key types.NamespacedName) (*unstructured.Unstructured, error) {
	if live := a.objects[k.gvk][key]; live != nil {
		return live, nil
	}
	return nil, apierrors.NewNotFound(k.resource, key.Name)
}

// store keeps a new state of an object.
func (a *API) store(k *kind, object *unstructured.Unstructured) {
	a.version++
	object.SetResourceVersion(strconv.FormatInt(a.version, 10))
	if a.objects[k.gvk] == nil {
		a.objects[k.gvk] = map[types.NamespacedName]*unstructured.Unstructured{}
	}
	a.objects[k.gvk][keyOf(object)] = object
	a.log[k.gvk] = append(a.log[k.gvk], Change{Object: object})
}

func (a *API) drop(k *kind, object *unstructured.Unstructured) {
	a.version++
	delete(a.objects[k.gvk], keyOf(object))
	last := object.DeepCopy()
	last.SetResourceVersion(strconv.FormatInt(a.version, 10))
	a.log[k.gvk] = append(a.log[k.gvk], Change{Object: last, Gone: true})
}

func keyOf(object metav1.Object) types.NamespacedName {
	return types.NamespacedName{Namespace: object.GetNamespace(), Name: object.GetName()}
}

func (a *API) newUID() types.UID {
	a.uids++
	return types.UID(fmt.Sprintf("00000000-0000-4000-8000-%012d", a.uids))
}

// canonical is an object as an API server writes it: a built-in kind goes
// through its type, which drops what it does not know.
func (a *API) canonical(k *kind, object *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	fields := object.Object
	if !k.custom {
		typed, err := a.model.scheme.New(k.gvk)
		if err != nil {
			return nil, err
		}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(fields, typed); err != nil {
			return nil, apierrors.NewBadRequest(err.Error())
		}
		if fields, err = runtime.DefaultUnstructuredConverter.ToUnstructured(typed); err != nil {
			return nil, err
		}
	}
	dropNull(fields)
	clean := &unstructured.Unstructured{Object: fields}
	clean.SetGroupVersionKind(k.gvk)
	return clean, nil
}

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
