package index

import (
	"slices"
	"strings"

	toolscache "k8s.io/client-go/tools/cache"
)

// What controller-runtime calls the index of a field, and what stands before a
// value for all namespaces, where else the namespace stands.
const (
	ofField       = "field:"
	allNamespaces = "__all_namespaces"
)

// informer keeps each value of a field in the one way in which it is looked for.
// controller-runtime keeps it in two, and each is a set of its own, of most often
// one object: 350 bytes.
type informer struct {
	toolscache.SharedIndexInformer
}

// Once makes an informer keep each value of a field once.
func Once(all toolscache.SharedIndexInformer) toolscache.SharedIndexInformer { return informer{all} }

// AddIndexers adds some; those of fields by half.
func (i informer) AddIndexers(more toolscache.Indexers) error {
	all := toolscache.Indexers{}
	for name, values := range more {
		all[name] = values
		if field, isField := strings.CutPrefix(name, ofField); isField {
			all[name] = half(values, slices.Contains(everywhere, field))
		}
	}
	return i.SharedIndexInformer.AddIndexers(all)
}

// half gives the values for all namespaces, or those for each.
func half(values toolscache.IndexFunc, inAll bool) toolscache.IndexFunc {
	return func(object any) ([]string, error) {
		found, err := values(object)
		return slices.DeleteFunc(found, func(value string) bool { return (namespaceOf(value) == "") != inAll }), err
	}
}

// namespaceOf is empty for a value for all namespaces.
func namespaceOf(value string) string {
	namespace, _, _ := strings.Cut(value, "/")
	if namespace == allNamespaces {
		return ""
	}
	return namespace
}

// GetIndexer finds by what is kept, and refuses what is not.
func (i informer) GetIndexer() toolscache.Indexer { return indexer{i.SharedIndexInformer.GetIndexer()} }

type indexer struct {
	toolscache.Indexer
}

// ByIndex finds the objects with a value.
func (i indexer) ByIndex(name, value string) ([]any, error) {
	if field, isField := strings.CutPrefix(name, ofField); isField {
		if err := Kept(field, namespaceOf(value)); err != nil {
			return nil, err
		}
	}
	return i.Indexer.ByIndex(name, value)
}
