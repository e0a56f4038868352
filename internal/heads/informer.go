package heads

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"
)

// informer stores heads of objects of one kind.
type informer struct {
	toolscache.SharedIndexInformer

	out reader
}

// NewInformer makes an informer of a kind, of which the API server sends the
// metadata. Indexers see whole metadata.
func NewInformer(from toolscache.ListerWatcher, kind *metav1.PartialObjectMetadata, resync time.Duration, indexers toolscache.Indexers) toolscache.SharedIndexInformer {
	out := reader(kind.TypeMeta)
	i := &informer{toolscache.NewSharedIndexInformer(from, kind, resync, out.indexers(indexers)), out}
	_ = i.SetTransform(nil) // it fails only for one that runs
	return i
}

// SetTransform has objects changed before they are cut down to heads; nil for none.
func (i *informer) SetTransform(change toolscache.TransformFunc) error {
	return i.SharedIndexInformer.SetTransform(func(object any) (any, error) {
		if _, done := object.(*head); done {
			return object, nil
		}
		if change != nil {
			changed, err := change(object)
			if err != nil {
				return nil, err
			}
			object = changed
		}
		whole, ok := object.(*metav1.PartialObjectMetadata)
		if !ok {
			return nil, fmt.Errorf("%T where the metadata of a %s is to come", object, i.out.Kind)
		}
		return headOf(whole), nil
	})
}

// AddEventHandler tells a handler of whole metadata.
func (i *informer) AddEventHandler(handler toolscache.ResourceEventHandler) (toolscache.ResourceEventHandlerRegistration, error) {
	return i.SharedIndexInformer.AddEventHandler(i.out.handler(handler))
}

// AddEventHandlerWithResyncPeriod tells a handler of whole metadata.
func (i *informer) AddEventHandlerWithResyncPeriod(handler toolscache.ResourceEventHandler, resync time.Duration) (toolscache.ResourceEventHandlerRegistration, error) {
	return i.SharedIndexInformer.AddEventHandlerWithResyncPeriod(i.out.handler(handler), resync)
}

// AddEventHandlerWithOptions tells a handler of whole metadata.
func (i *informer) AddEventHandlerWithOptions(handler toolscache.ResourceEventHandler, options toolscache.HandlerOptions) (toolscache.ResourceEventHandlerRegistration, error) {
	return i.SharedIndexInformer.AddEventHandlerWithOptions(i.out.handler(handler), options)
}

// AddIndexers adds some that see whole metadata.
func (i *informer) AddIndexers(more toolscache.Indexers) error {
	return i.SharedIndexInformer.AddIndexers(i.out.indexers(more))
}

// GetStore reads whole metadata.
func (i *informer) GetStore() toolscache.Store { return i.GetIndexer() }

// GetIndexer reads whole metadata.
func (i *informer) GetIndexer() toolscache.Indexer {
	return &indexer{i.SharedIndexInformer.GetIndexer(), i.out}
}
