package memoryapi

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
)

// errUnsupported is what nobody needed so far.
var errUnsupported = errors.New("the API in memory does not do this")

// Call is one request to the API.
type Call struct {
	Verb        string // get, list, create, update, patch, apply or delete
	Kind        string
	Namespace   string
	Name        string
	Subresource string
}

// IsWrite says whether the call may change something.
func (c Call) IsWrite() bool { return c.Verb != "get" && c.Verb != "list" }

// Around stands around each call: it may fail without doing it, do it and fail
// all the same (the answer is lost), or let something else happen before.
type Around func(ctx context.Context, call Call, do func() error) error

// Client is one user of an API.
type Client struct {
	api    *API
	name   string
	around Around
}

var _ client.Client = (*Client)(nil)

// Client makes a user of the API; around may be nil.
func (a *API) Client(name string, around Around) *Client {
	return &Client{api: a, name: name, around: around}
}

// do runs a call under the API's lock.
func (c *Client) do(ctx context.Context, call Call, work func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	locked := func() error {
		c.api.lock.Lock()
		defer c.api.lock.Unlock()
		return work()
	}
	if c.around == nil {
		return locked()
	}
	return c.around(ctx, call, locked)
}

func (c *Client) kindOf(object runtime.Object) (*kind, error) {
	gvk, err := apiutil.GVKForObject(object, c.api.model.scheme)
	if err != nil {
		return nil, err
	}
	gvk.Kind = strings.TrimSuffix(gvk.Kind, "List")
	return c.api.model.kind(gvk)
}

func (k *kind) call(verb string, key types.NamespacedName, subresource string) Call {
	return Call{Verb: verb, Kind: k.gvk.Kind, Namespace: key.Namespace, Name: key.Name, Subresource: subresource}
}

// Get reads one object.
func (c *Client) Get(ctx context.Context, key client.ObjectKey, object client.Object, _ ...client.GetOption) error {
	k, err := c.kindOf(object)
	if err != nil {
		return err
	}
	return c.do(ctx, k.call("get", key, ""), func() error {
		live, err := c.api.find(k, key)
		if err != nil {
			return err
		}
		return c.api.typed.decode(live, object)
	})
}

// List reads the objects of a kind, by namespace and labels.
func (c *Client) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	k, err := c.kindOf(list)
	if err != nil {
		return err
	}
	options := (&client.ListOptions{}).ApplyOptions(opts)
	if options.FieldSelector != nil && !options.FieldSelector.Empty() {
		return fmt.Errorf("list %s by fields: %w", k.gvk.Kind, errUnsupported)
	}
	return c.do(ctx, k.call("list", types.NamespacedName{Namespace: options.Namespace}, ""), func() error {
		found := c.api.objects[k.gvk].sorted(options.Namespace)
		found = slices.DeleteFunc(found, func(object *unstructured.Unstructured) bool { return !selects(options, object) })
		return c.api.typed.decodeList(c.api.model.scheme, k.gvk, found, list)
	})
}

func selects(options *client.ListOptions, object client.Object) bool {
	return (options.Namespace == "" || options.Namespace == object.GetNamespace()) &&
		(options.LabelSelector == nil || options.LabelSelector.Matches(labels.Set(object.GetLabels())))
}

// Create makes an object.
func (c *Client) Create(ctx context.Context, object client.Object, opts ...client.CreateOption) error {
	options := (&client.CreateOptions{}).ApplyOptions(opts)
	return c.write(ctx, "create", "", object, options.DryRun, func(k *kind, sent *unstructured.Unstructured) (*unstructured.Unstructured, error) {
		return c.api.create(k, sent, c.owner(options.FieldManager))
	})
}

// Update replaces an object.
func (c *Client) Update(ctx context.Context, object client.Object, opts ...client.UpdateOption) error {
	options := (&client.UpdateOptions{}).ApplyOptions(opts)
	return c.write(ctx, "update", "", object, options.DryRun, func(k *kind, sent *unstructured.Unstructured) (*unstructured.Unstructured, error) {
		return c.api.update(k, sent, "", c.owner(options.FieldManager))
	})
}

// Patch changes an object by a merge patch or a JSON patch.
func (c *Client) Patch(ctx context.Context, object client.Object, patch client.Patch, opts ...client.PatchOption) error {
	return c.patch(ctx, object, patch, "", (&client.PatchOptions{}).ApplyOptions(opts))
}

func (c *Client) patch(ctx context.Context, object client.Object, patch client.Patch, subresource string, options *client.PatchOptions) error {
	text, err := patch.Data(object)
	if err != nil {
		return err
	}
	return c.write(ctx, "patch", subresource, object, options.DryRun, func(k *kind, sent *unstructured.Unstructured) (*unstructured.Unstructured, error) {
		return c.api.patch(k, keyOf(sent), patch.Type(), text, subresource, c.owner(options.FieldManager))
	})
}

// write sends an object, and reads the answer into it.
func (c *Client) write(ctx context.Context, verb, subresource string, object client.Object, dryRun []string,
	change func(*kind, *unstructured.Unstructured) (*unstructured.Unstructured, error),
) error {
	k, err := c.kindOf(object)
	if err != nil {
		return err
	}
	if len(dryRun) > 0 {
		return fmt.Errorf("%s %s without doing it: %w", verb, k.gvk.Kind, errUnsupported)
	}
	sent, err := encode(k, object)
	if err != nil {
		return err
	}
	return c.do(ctx, k.call(verb, keyOf(sent), subresource), func() error {
		written, err := change(k, sent)
		if err != nil {
			return err
		}
		return c.api.typed.decode(written, object)
	})
}

// Apply is server-side apply.
func (c *Client) Apply(ctx context.Context, configuration runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
	options := (&client.ApplyOptions{}).ApplyOptions(opts)
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(configuration)
	if err != nil {
		return err
	}
	object, ok := configuration.(interface{ SetUnstructuredContent(map[string]any) })
	if !ok {
		return fmt.Errorf("apply a %T: %w", configuration, errUnsupported)
	}
	sent := &unstructured.Unstructured{Object: fields}
	err = c.write(ctx, "apply", "", sent, options.DryRun, func(k *kind, sent *unstructured.Unstructured) (*unstructured.Unstructured, error) {
		return c.api.apply(k, sent, c.owner(options.FieldManager), options.Force != nil && *options.Force)
	})
	if err == nil {
		object.SetUnstructuredContent(sent.Object)
	}
	return err
}

// Delete removes an object.
func (c *Client) Delete(ctx context.Context, object client.Object, opts ...client.DeleteOption) error {
	options := (&client.DeleteOptions{}).ApplyOptions(opts)
	k, err := c.kindOf(object)
	if err != nil {
		return err
	}
	if policy := options.PropagationPolicy; len(options.DryRun) > 0 || (policy != nil && *policy != metav1.DeletePropagationBackground) {
		return fmt.Errorf("delete %s other than in the background: %w", k.gvk.Kind, errUnsupported)
	}
	key := client.ObjectKeyFromObject(object)
	return c.do(ctx, k.call("delete", key, ""), func() error { return c.api.delete(k, key, options.Preconditions) })
}

// DeleteAllOf is not done.
func (c *Client) DeleteAllOf(context.Context, client.Object, ...client.DeleteAllOfOption) error {
	return errUnsupported
}

func (c *Client) owner(named string) string {
	if named != "" {
		return named
	}
	return c.name
}

// Scheme is the one of the model.
func (c *Client) Scheme() *runtime.Scheme { return c.api.model.scheme }

// RESTMapper knows nothing: the API has no paths.
func (c *Client) RESTMapper() meta.RESTMapper { return meta.NewDefaultRESTMapper(nil) }

// GroupVersionKindFor names the kind of an object.
func (c *Client) GroupVersionKindFor(object runtime.Object) (schema.GroupVersionKind, error) {
	return apiutil.GVKForObject(object, c.api.model.scheme)
}

// IsObjectNamespaced says whether an object is in a namespace.
func (c *Client) IsObjectNamespaced(object runtime.Object) (bool, error) {
	k, err := c.kindOf(object)
	return err == nil && !k.clustered, err
}

// Status writes statuses.
func (c *Client) Status() client.SubResourceWriter { return c.SubResource("status") }

// SubResource writes statuses, and nothing else.
func (c *Client) SubResource(name string) client.SubResourceClient {
	return &statusClient{client: c, name: name}
}

type statusClient struct {
	client *Client
	name   string
}

func (s *statusClient) Get(context.Context, client.Object, client.Object, ...client.SubResourceGetOption) error {
	return errUnsupported
}

func (s *statusClient) Create(context.Context, client.Object, client.Object, ...client.SubResourceCreateOption) error {
	return errUnsupported
}

func (s *statusClient) Apply(context.Context, runtime.ApplyConfiguration, ...client.SubResourceApplyOption) error {
	return errUnsupported
}

// Update replaces the status.
func (s *statusClient) Update(ctx context.Context, object client.Object, opts ...client.SubResourceUpdateOption) error {
	options := (&client.SubResourceUpdateOptions{}).ApplyOptions(opts)
	if s.name != "status" || options.SubResourceBody != nil {
		return errUnsupported
	}
	c := s.client
	return c.write(ctx, "update", s.name, object, options.DryRun, func(k *kind, sent *unstructured.Unstructured) (*unstructured.Unstructured, error) {
		return c.api.update(k, sent, s.name, c.owner(options.FieldManager))
	})
}

// Patch changes the status.
func (s *statusClient) Patch(ctx context.Context, object client.Object, patch client.Patch, opts ...client.SubResourcePatchOption) error {
	options := (&client.SubResourcePatchOptions{}).ApplyOptions(opts)
	if s.name != "status" || options.SubResourceBody != nil {
		return errUnsupported
	}
	return s.client.patch(ctx, object, patch, s.name, &options.PatchOptions)
}
