package memoryapi

import (
	"fmt"
	"maps"
	"reflect"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// encode copies what a user sends into fields.
func encode(k *kind, object client.Object) (*unstructured.Unstructured, error) {
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		return nil, err
	}
	sent := (&unstructured.Unstructured{Object: fields}).DeepCopy()
	dropNull(sent.Object)
	sent.SetGroupVersionKind(k.gvk)
	return sent, nil
}

// typed keeps what stored objects are as Go types: they do not change, and to
// copy a type takes a tenth of a conversion.
type typed struct {
	lock  sync.Mutex
	known map[*unstructured.Unstructured]runtime.Object
}

func newTyped() *typed { return &typed{known: map[*unstructured.Unstructured]runtime.Object{}} }

func (t *typed) clone() *typed {
	t.lock.Lock()
	defer t.lock.Unlock()
	return &typed{known: maps.Clone(t.known)}
}

// forget is for an object that was replaced.
func (t *typed) forget(from *unstructured.Unstructured) {
	t.lock.Lock()
	defer t.lock.Unlock()
	delete(t.known, from)
}

func (t *typed) of(from *unstructured.Unstructured, like runtime.Object) (runtime.Object, error) {
	t.lock.Lock()
	defer t.lock.Unlock()
	if known := t.known[from]; known != nil && reflect.TypeOf(known) == reflect.TypeOf(like) {
		return known, nil
	}
	known, ok := reflect.New(reflect.TypeOf(like).Elem()).Interface().(runtime.Object)
	if !ok {
		return nil, fmt.Errorf("a %T is no object", like)
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(from.Object, known); err != nil {
		return nil, err
	}
	t.known[from] = known
	return known, nil
}

// decode copies fields into what a user reads: whole, or the metadata alone.
func (t *typed) decode(from *unstructured.Unstructured, into runtime.Object) error {
	switch into := into.(type) {
	case *unstructured.Unstructured:
		into.Object = from.DeepCopy().Object
		return nil
	case *metav1.PartialObjectMetadata:
		*into = headOf(from)
		return nil
	default:
		known, err := t.of(from, into)
		if err == nil {
			reflect.ValueOf(into).Elem().Set(reflect.ValueOf(known.DeepCopyObject()).Elem())
		}
		return err
	}
}

// headOf does what a conversion would, in a tenth of the time: metadata is what
// is read most.
func headOf(from *unstructured.Unstructured) metav1.PartialObjectMetadata {
	return metav1.PartialObjectMetadata{
		TypeMeta: metav1.TypeMeta{APIVersion: from.GetAPIVersion(), Kind: from.GetKind()},
		ObjectMeta: metav1.ObjectMeta{
			Name: from.GetName(), GenerateName: from.GetGenerateName(), Namespace: from.GetNamespace(), UID: from.GetUID(),
			ResourceVersion: from.GetResourceVersion(), Generation: from.GetGeneration(), CreationTimestamp: from.GetCreationTimestamp(),
			DeletionTimestamp: from.GetDeletionTimestamp(), DeletionGracePeriodSeconds: from.GetDeletionGracePeriodSeconds(),
			Labels: from.GetLabels(), Annotations: from.GetAnnotations(), OwnerReferences: from.GetOwnerReferences(),
			Finalizers: from.GetFinalizers(), ManagedFields: from.GetManagedFields(),
		},
	}
}

// decodeList fills a list with copies.
func (t *typed) decodeList(scheme *runtime.Scheme, gvk schema.GroupVersionKind, found []*unstructured.Unstructured, list client.ObjectList) error {
	items := make([]runtime.Object, 0, len(found))
	for _, each := range found {
		item, err := itemOf(scheme, gvk, list)
		if err != nil {
			return err
		}
		if err := t.decode(each, item); err != nil {
			return err
		}
		items = append(items, item)
	}
	return meta.SetList(list, items)
}

func itemOf(scheme *runtime.Scheme, gvk schema.GroupVersionKind, list client.ObjectList) (runtime.Object, error) {
	switch list.(type) {
	case *unstructured.UnstructuredList:
		return &unstructured.Unstructured{}, nil
	case *metav1.PartialObjectMetadataList:
		return &metav1.PartialObjectMetadata{}, nil
	default:
		item, err := scheme.New(gvk)
		if err != nil {
			return nil, fmt.Errorf("make an item of %T: %w", list, err)
		}
		return item, nil
	}
}
