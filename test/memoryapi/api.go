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
	objects map[schema.GroupVersionKind]shelf
	log     map[schema.GroupVersionKind][]Change
	typed   *typed
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
		model: m, now: now, typed: newTyped(), log: map[schema.GroupVersionKind][]Change{},
		objects: map[schema.GroupVersionKind]shelf{},
	}
}

// Clone makes another API that has the same objects, with a clock of its own. Its
// log begins with each of them as it is. What is stored is never changed in
// place, so that the two share it.
func (a *API) Clone(now func() time.Time) *API {
	a.lock.Lock()
	defer a.lock.Unlock()
	clone := a.model.New(now)
	clone.typed, clone.version, clone.uids = a.typed.clone(), a.version, a.uids
	for gvk, kept := range a.objects {
		clone.objects[gvk] = shelf{}
		for _, object := range kept.sorted("") {
			clone.objects[gvk].put(object)
			clone.log[gvk] = append(clone.log[gvk], Change{Object: object})
		}
	}
	return clone
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
	if live := a.objects[k.gvk].get(key); live != nil {
		return live, nil
	}
	return nil, apierrors.NewNotFound(k.resource, key.Name)
}

// store keeps a new state of an object.
func (a *API) store(k *kind, object *unstructured.Unstructured) {
	a.version++
	object.SetResourceVersion(strconv.FormatInt(a.version, 10))
	if a.objects[k.gvk] == nil {
		a.objects[k.gvk] = shelf{}
	}
	a.typed.forget(a.objects[k.gvk].get(keyOf(object)))
	a.objects[k.gvk].put(object)
	a.log[k.gvk] = append(a.log[k.gvk], Change{Object: object})
}

func (a *API) drop(k *kind, object *unstructured.Unstructured) {
	a.version++
	a.objects[k.gvk].remove(keyOf(object))
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
