package heads

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"
)

// reader makes heads of one kind whole.
type reader metav1.TypeMeta

func (r reader) whole(object any) any {
	switch o := object.(type) {
	case *head:
		return o.whole(metav1.TypeMeta(r))
	case toolscache.DeletedFinalStateUnknown:
		o.Obj = r.whole(o.Obj)
		return o
	}
	return object
}

func (r reader) all(objects []any) []any {
	for i, object := range objects {
		objects[i] = r.whole(object)
	}
	return objects
}

func (r reader) indexers(given toolscache.Indexers) toolscache.Indexers {
	all := toolscache.Indexers{}
	for name, values := range given {
		all[name] = func(object any) ([]string, error) { return values(r.whole(object)) }
	}
	return all
}

func (r reader) handler(of toolscache.ResourceEventHandler) toolscache.ResourceEventHandler {
	return toolscache.ResourceEventHandlerDetailedFuncs{
		AddFunc:    func(object any, first bool) { of.OnAdd(r.whole(object), first) },
		UpdateFunc: func(before, after any) { of.OnUpdate(r.whole(before), r.whole(after)) },
		DeleteFunc: func(object any) { of.OnDelete(r.whole(object)) },
	}
}

// indexer reads whole metadata.
type indexer struct {
	toolscache.Indexer

	out reader
}

// List gives all that there are.
func (i *indexer) List() []any { return i.out.all(i.Indexer.List()) }

// Get finds an object by the key of another.
func (i *indexer) Get(object any) (item any, exists bool, err error) {
	item, exists, err = i.Indexer.Get(object)
	return i.out.whole(item), exists, err
}

// GetByKey finds an object by namespace/name.
func (i *indexer) GetByKey(key string) (item any, exists bool, err error) {
	item, exists, err = i.Indexer.GetByKey(key)
	return i.out.whole(item), exists, err
}

// Index finds those that have a value in common with an object.
func (i *indexer) Index(name string, object any) ([]any, error) {
	found, err := i.Indexer.Index(name, object)
	return i.out.all(found), err
}

// ByIndex finds those with a value.
func (i *indexer) ByIndex(name, value string) ([]any, error) {
	found, err := i.Indexer.ByIndex(name, value)
	return i.out.all(found), err
}

// AddIndexers adds some that see whole metadata.
func (i *indexer) AddIndexers(more toolscache.Indexers) error {
	return i.Indexer.AddIndexers(i.out.indexers(more))
}
