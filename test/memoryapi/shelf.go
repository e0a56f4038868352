package memoryapi

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

// shelf has the objects of one kind by namespace and name: most questions are
// about one namespace, of hundreds.
type shelf map[string]map[string]*unstructured.Unstructured

func (s shelf) get(key types.NamespacedName) *unstructured.Unstructured {
	return s[key.Namespace][key.Name]
}

func (s shelf) put(object *unstructured.Unstructured) {
	namespace := object.GetNamespace()
	if s[namespace] == nil {
		s[namespace] = map[string]*unstructured.Unstructured{}
	}
	s[namespace][object.GetName()] = object
}

func (s shelf) remove(key types.NamespacedName) { delete(s[key.Namespace], key.Name) }

// sorted are the objects of a namespace, or of all where it is empty.
func (s shelf) sorted(namespace string) []*unstructured.Unstructured {
	var found []*unstructured.Unstructured
	gather := func(objects map[string]*unstructured.Unstructured) {
		for _, object := range objects {
			found = append(found, object)
		}
	}
	if namespace != "" {
		gather(s[namespace])
	} else {
		for _, objects := range s {
			gather(objects)
		}
	}
	slices.SortFunc(found, func(a, b *unstructured.Unstructured) int {
		return cmp.Or(cmp.Compare(a.GetNamespace(), b.GetNamespace()), cmp.Compare(a.GetName(), b.GetName()))
	})
	return found
}
