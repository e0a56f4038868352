package memoryapi

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// index finds objects by the values of one field.
type index struct {
	values client.IndexerFunc
	byKey  map[types.NamespacedName][]string
	keys   map[string]map[types.NamespacedName]bool
}

func newIndex(values client.IndexerFunc) *index {
	return &index{values: values, byKey: map[types.NamespacedName][]string{}, keys: map[string]map[types.NamespacedName]bool{}}
}

// enter makes an object known to an index.
func (c *Cache) enter(k *kind, i *index, kept *unstructured.Unstructured) error {
	like, err := c.api.model.scheme.New(k.gvk)
	if err != nil {
		return err
	}
	whole, err := c.typed.of(kept, like)
	if err != nil {
		return err
	}
	object, ok := whole.(client.Object)
	if !ok {
		return fmt.Errorf("a %T is no object", whole)
	}
	i.put(keyOf(kept), i.values(object))
	return nil
}

func (i *index) put(key types.NamespacedName, values []string) {
	i.remove(key)
	i.byKey[key] = values
	for _, value := range values {
		if i.keys[value] == nil {
			i.keys[value] = map[types.NamespacedName]bool{}
		}
		i.keys[value][key] = true
	}
}

func (i *index) remove(key types.NamespacedName) {
	for _, value := range i.byKey[key] {
		delete(i.keys[value], key)
	}
	delete(i.byKey, key)
}

// find gives the keys of the objects that have a value, in their order; of one
// namespace, unless that is empty.
func (i *index) find(value, namespace string) []types.NamespacedName {
	var found []types.NamespacedName
	for key := range i.keys[value] {
		if namespace == "" || key.Namespace == namespace {
			found = append(found, key)
		}
	}
	slices.SortFunc(found, func(a, b types.NamespacedName) int { return strings.Compare(a.String(), b.String()) })
	return found
}
