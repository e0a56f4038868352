package memoryapi

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
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
	typed   typed
	seen    map[schema.GroupVersionKind]int
	objects map[schema.GroupVersionKind]map[types.NamespacedName]*unstructured.Unstructured
	indexes map[schema.GroupVersionKind]map[string]client.IndexerFunc
}

var (
	_ client.Reader       = (*Cache)(nil)
	_ client.FieldIndexer = (*Cache)(nil)
)

// Cache makes an empty cache.
func (a *API) Cache(options CacheOptions) (*Cache, error) {
	c := &Cache{
		api: a, options: options, typed: typed{}, heads: map[schema.GroupVersionKind]bool{}, seen: map[schema.GroupVersionKind]int{},
		objects: map[schema.GroupVersionKind]map[types.NamespacedName]*unstructured.Unstructured{},
		indexes: map[schema.GroupVersionKind]map[string]client.IndexerFunc{},
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
		c.indexes[gvk] = map[string]client.IndexerFunc{}
	}
	c.indexes[gvk][field] = values
	return nil
}

// follow takes over what is in the log, up to the lag, and gives the kind's objects.
func (c *Cache) follow(k *kind) map[types.NamespacedName]*unstructured.Unstructured {
	log, lag := c.api.Log(k.gvk), 0
	if c.options.Lag != nil {
		lag = c.options.Lag(k.gvk.Kind)
	}
	if c.objects[k.gvk] == nil {
		c.objects[k.gvk] = map[types.NamespacedName]*unstructured.Unstructured{}
	}
	for ; c.seen[k.gvk] < len(log)-lag; c.seen[k.gvk]++ {
		change := log[c.seen[k.gvk]]
		if change.Gone || (c.heads[k.gvk] && !c.options.Label.Matches(labels.Set(change.Object.GetLabels()))) {
			delete(c.objects[k.gvk], keyOf(change.Object))
			continue
		}
		kept := change.Object.DeepCopy()
		kept.SetManagedFields(nil)
		c.objects[k.gvk][keyOf(kept)] = kept
	}
	return c.objects[k.gvk]
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
	kept := c.follow(k)[key]
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
	var found []*unstructured.Unstructured
	for _, kept := range c.follow(k) {
		matches, err := c.matches(k, options, kept)
		if err != nil {
			return err
		}
		if matches && selects(options, kept) {
			found = append(found, kept)
		}
	}
	slices.SortFunc(found, func(a, b *unstructured.Unstructured) int {
		return strings.Compare(keyOf(a).String(), keyOf(b).String())
	})
	if c.options.Shuffle != nil {
		c.options.Shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] })
	}
	return c.typed.decodeList(c.api.model.scheme, k.gvk, found, list)
}

// matches compares indexed fields.
func (c *Cache) matches(k *kind, options *client.ListOptions, kept *unstructured.Unstructured) (bool, error) {
	if options.FieldSelector == nil {
		return true, nil
	}
	for _, requirement := range options.FieldSelector.Requirements() {
		values := c.indexes[k.gvk][requirement.Field]
		if values == nil {
			return false, fmt.Errorf("there is no index of %s by %s", k.gvk.Kind, requirement.Field)
		}
		like, err := c.api.model.scheme.New(k.gvk)
		if err != nil {
			return false, err
		}
		whole, err := c.typed.of(kept, like)
		if err != nil {
			return false, err
		}
		if object, ok := whole.(client.Object); !ok || !slices.Contains(values(object), requirement.Value) {
			return false, nil
		}
	}
	return true, nil
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
