package memoryapi

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	fields "voute.dev/voute/internal/index"
)

// CacheOptions say how a cache differs from the API behind it.
type CacheOptions struct {
	// Heads are kinds of which only metadata is kept, and only of objects that
	// Label selects.
	Heads []client.Object
	Label labels.Selector
	// Lag is how many changes of a kind the cache has not seen when it is read;
	// nil for none. A cache never goes back.
	Lag func(kind string) int
	// Shuffle puts lists out of order, as a cache gives them; nil leaves them sorted.
	Shuffle func(n int, swap func(i, j int))
}

// Cache answers reads from what it has seen of the API's log.
type Cache struct {
	api     *API
	options CacheOptions
	heads   map[schema.GroupVersionKind]bool

	lock    sync.Mutex
	typed   *typed
	seen    map[schema.GroupVersionKind]int
	objects map[schema.GroupVersionKind]shelf
	indexes map[schema.GroupVersionKind]map[string]*index
}

var (
	_ client.Reader       = (*Cache)(nil)
	_ client.FieldIndexer = (*Cache)(nil)
)

// Cache makes an empty cache.
func (a *API) Cache(options CacheOptions) (*Cache, error) {
	c := &Cache{
		api: a, options: options, typed: newTyped(), heads: map[schema.GroupVersionKind]bool{}, seen: map[schema.GroupVersionKind]int{},
		objects: map[schema.GroupVersionKind]shelf{},
		indexes: map[schema.GroupVersionKind]map[string]*index{},
	}
	for _, each := range options.Heads {
		gvk, err := apiutil.GVKForObject(each, a.model.scheme)
		if err != nil {
			return nil, err
		}
		c.heads[gvk] = true
	}
	return c, nil
}

// IndexField makes a kind of which whole objects are kept findable by a field.
func (c *Cache) IndexField(_ context.Context, object client.Object, field string, values client.IndexerFunc) error {
	gvk, err := apiutil.GVKForObject(object, c.api.model.scheme)
	if err != nil {
		return err
	}
	if c.indexes[gvk] == nil {
		c.indexes[gvk] = map[string]*index{}
	}
	c.indexes[gvk][field] = newIndex(values)
	return nil
}

// follow takes over what is in the log, up to the lag, and gives the kind's objects.
func (c *Cache) follow(k *kind) (shelf, error) {
	log, lag := c.api.Log(k.gvk), 0
	if c.options.Lag != nil {
		lag = c.options.Lag(k.gvk.Kind)
	}
	if c.objects[k.gvk] == nil {
		c.objects[k.gvk] = shelf{}
	}
	for ; c.seen[k.gvk] < len(log)-lag; c.seen[k.gvk]++ {
		if err := c.take(k, log[c.seen[k.gvk]]); err != nil {
			return nil, err
		}
	}
	return c.objects[k.gvk], nil
}

// take makes the cache know of one change.
func (c *Cache) take(k *kind, change Change) error {
	key := keyOf(change.Object)
	c.typed.forget(c.objects[k.gvk].get(key))
	if change.Gone || (c.heads[k.gvk] && !c.options.Label.Matches(labels.Set(change.Object.GetLabels()))) {
		c.objects[k.gvk].remove(key)
		for _, each := range c.indexes[k.gvk] {
			each.remove(key)
		}
		return nil
	}
	kept := slim(change.Object)
	c.objects[k.gvk].put(kept)
	for _, each := range c.indexes[k.gvk] {
		if err := c.enter(k, each, kept); err != nil {
			return err
		}
	}
	return nil
}

// slim is an object without its managed fields. The rest is shared: what is
// stored is never changed.
func slim(object *unstructured.Unstructured) *unstructured.Unstructured {
	metadata, _ := object.Object["metadata"].(map[string]any) // every object has some
	kept := &unstructured.Unstructured{Object: maps.Clone(object.Object)}
	head := maps.Clone(metadata)
	delete(head, "managedFields")
	kept.Object["metadata"] = head
	return kept
}

// allowed refuses what would make the operator's cache keep more than it may.
func (c *Cache) allowed(object runtime.Object) (*kind, error) {
	gvk, err := apiutil.GVKForObject(object, c.api.model.scheme)
	if err != nil {
		return nil, err
	}
	gvk.Kind = strings.TrimSuffix(gvk.Kind, "List")
	switch object.(type) {
	case *metav1.PartialObjectMetadata, *metav1.PartialObjectMetadataList:
		if !c.heads[gvk] {
			return nil, fmt.Errorf("the cache keeps no metadata of kind %s", gvk.Kind)
		}
	default:
		if gvk.Group != "sharing.voute.dev" {
			return nil, fmt.Errorf("the cache would keep whole objects of kind %s", gvk.Kind)
		}
	}
	return c.api.model.kind(gvk)
}

// Get reads one object.
func (c *Cache) Get(_ context.Context, key client.ObjectKey, object client.Object, _ ...client.GetOption) error {
	k, err := c.allowed(object)
	if err != nil {
		return err
	}
	c.lock.Lock()
	defer c.lock.Unlock()
	objects, err := c.follow(k)
	if err != nil {
		return err
	}
	kept := objects.get(key)
	if kept == nil {
		return apierrors.NewNotFound(k.resource, key.Name)
	}
	return c.typed.decode(kept, object)
}

// List reads the objects of a kind, by namespace, labels and indexed fields.
func (c *Cache) List(_ context.Context, list client.ObjectList, opts ...client.ListOption) error {
	k, err := c.allowed(list)
	if err != nil {
		return err
	}
	options := (&client.ListOptions{}).ApplyOptions(opts)
	c.lock.Lock()
	defer c.lock.Unlock()
	objects, err := c.follow(k)
	if err != nil {
		return err
	}
	found, err := c.candidates(k, objects, options)
	if err != nil {
		return err
	}
	found = slices.DeleteFunc(found, func(kept *unstructured.Unstructured) bool { return !selects(options, kept) })
	if c.options.Shuffle != nil {
		c.options.Shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] })
	}
	return c.typed.decodeList(c.api.model.scheme, k.gvk, found, list)
}

// candidates are the objects that a namespace or an indexed field leaves.
func (c *Cache) candidates(k *kind, objects shelf, options *client.ListOptions) ([]*unstructured.Unstructured, error) {
	if options.FieldSelector == nil || options.FieldSelector.Empty() {
		return objects.sorted(options.Namespace), nil
	}
	requirements := options.FieldSelector.Requirements()
	if len(requirements) > 1 {
		return nil, fmt.Errorf("find %s by more than one field: %w", k.gvk.Kind, errUnsupported)
	}
	known := c.indexes[k.gvk][requirements[0].Field]
	if known == nil {
		return nil, fmt.Errorf("there is no index of %s by %s", k.gvk.Kind, requirements[0].Field)
	}
	if err := fields.Kept(requirements[0].Field, options.Namespace); err != nil {
		return nil, err
	}
	var found []*unstructured.Unstructured
	for _, key := range known.find(requirements[0].Value, options.Namespace) {
		found = append(found, objects.get(key))
	}
	return found, nil
}

// Cached makes a client that reads from the cache and writes to the API.
func (c *Client) Cached(cache *Cache) client.Client { return &cachedClient{Client: c, cache: cache} }

type cachedClient struct {
	*Client
	cache *Cache
}

func (c *cachedClient) Get(ctx context.Context, key client.ObjectKey, object client.Object, opts ...client.GetOption) error {
	return c.cache.Get(ctx, key, object, opts...)
}

func (c *cachedClient) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	return c.cache.List(ctx, list, opts...)
}
