package memoryapi

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

var errModified = errors.New("the object has been modified; please apply your changes to the latest version and try again")

// create makes a new object out of what a user sends.
func (a *API) create(k *kind, sent *unstructured.Unstructured, owner string) (*unstructured.Unstructured, error) {
	if sent.GetName() == "" {
		return nil, apierrors.NewInvalid(k.gvk.GroupKind(), "", field.ErrorList{field.Required(field.NewPath("metadata", "name"), "name or generateName is required")})
	}
	if a.objects[k.gvk].get(keyOf(sent)) != nil {
		return nil, apierrors.NewAlreadyExists(k.resource, sent.GetName())
	}
	if sent.GetResourceVersion() != "" {
		return nil, apierrors.NewBadRequest("resourceVersion should not be set on objects to be created")
	}
	clean, err := a.canonical(k, withoutStatus(k, sent.DeepCopy()))
	if err != nil {
		return nil, err
	}
	k.defaults(clean.Object)
	owned, err := k.owners[""].Update(newObject(k.gvk), clean, owner)
	if err != nil {
		return nil, err
	}
	return a.begin(k, asUnstructured(owned))
}

// withoutStatus: an object is made without one, whatever was sent.
func withoutStatus(k *kind, object *unstructured.Unstructured) *unstructured.Unstructured {
	if k.hasStatus {
		delete(object.Object, "status")
	}
	return object
}

// begin gives a new object what only the API server gives.
func (a *API) begin(k *kind, object *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	if err := a.mayCreate(k, object); err != nil {
		return nil, err
	}
	object.SetUID(a.newUID())
	object.SetCreationTimestamp(metav1.NewTime(a.now().UTC().Truncate(1e9)))
	object.SetDeletionTimestamp(nil)
	if k.counted {
		object.SetGeneration(1)
	}
	for _, each := range k.finalizers {
		if !slices.Contains(object.GetFinalizers(), each) {
			object.SetFinalizers(append(object.GetFinalizers(), each))
		}
	}
	a.store(k, object)
	return object, nil
}

// mayCreate looks at the namespace.
func (a *API) mayCreate(k *kind, object *unstructured.Unstructured) error {
	if k.clustered {
		return nil
	}
	namespace := a.objects[corev1.SchemeGroupVersion.WithKind("Namespace")].get(types.NamespacedName{Name: object.GetNamespace()})
	if namespace == nil {
		return apierrors.NewNotFound(corev1.Resource("namespaces"), object.GetNamespace())
	}
	if namespace.GetDeletionTimestamp() != nil {
		return apierrors.NewForbidden(k.resource, object.GetName(),
			fmt.Errorf("unable to create new content in namespace %s because it is being terminated", object.GetNamespace()))
	}
	return nil
}

// update replaces an object, or its status alone, by what a user sends.
func (a *API) update(k *kind, sent *unstructured.Unstructured, subresource, owner string) (*unstructured.Unstructured, error) {
	live, err := a.find(k, keyOf(sent))
	if err != nil {
		return nil, err
	}
	if err := isOf(k, live, sent); err != nil {
		return nil, err
	}
	if sent.GetResourceVersion() == "" && k.custom {
		return nil, apierrors.NewInvalid(k.gvk.GroupKind(), sent.GetName(),
			field.ErrorList{field.Invalid(field.NewPath("metadata", "resourceVersion"), "", "must be specified for an update")})
	}
	next, err := a.canonical(k, prepare(k, live, sent, subresource))
	if err != nil {
		return nil, err
	}
	k.defaults(next.Object)
	owned, err := k.owners[subresource].Update(live, next, owner)
	if err != nil {
		return nil, err
	}
	return a.finish(k, live, asUnstructured(owned))
}

// isOf says whether what is sent speaks of this very object as it is.
func isOf(k *kind, live, sent *unstructured.Unstructured) error {
	if version := sent.GetResourceVersion(); version != "" && version != live.GetResourceVersion() {
		return apierrors.NewConflict(k.resource, live.GetName(), errModified)
	}
	if uid := sent.GetUID(); uid != "" && uid != live.GetUID() {
		return apierrors.NewConflict(k.resource, live.GetName(),
			fmt.Errorf("Precondition failed: UID in precondition: %s, UID in object meta: %s", uid, live.GetUID())) //nolint:staticcheck // the API server's own words
	}
	return nil
}

// prepare takes from what is sent only what the call may write.
func prepare(k *kind, live, sent *unstructured.Unstructured, subresource string) *unstructured.Unstructured {
	if subresource != "" {
		next := live.DeepCopy()
		moveStatus(next, sent)
		next.SetManagedFields(sent.GetManagedFields())
		return next
	}
	next := sent.DeepCopy()
	if k.hasStatus {
		moveStatus(next, live)
	}
	next.SetUID(live.GetUID())
	next.SetCreationTimestamp(live.GetCreationTimestamp())
	next.SetGeneration(live.GetGeneration())
	next.SetDeletionTimestamp(live.GetDeletionTimestamp())
	next.SetDeletionGracePeriodSeconds(live.GetDeletionGracePeriodSeconds())
	return next
}

func moveStatus(to, from *unstructured.Unstructured) {
	status, found := from.Object["status"]
	if !found {
		delete(to.Object, "status")
		return
	}
	to.Object["status"] = (&unstructured.Unstructured{Object: map[string]any{"status": status}}).DeepCopy().Object["status"]
}

// apply is server-side apply.
func (a *API) apply(k *kind, sent *unstructured.Unstructured, owner string, force bool) (*unstructured.Unstructured, error) {
	live := a.objects[k.gvk].get(keyOf(sent))
	if live == nil {
		return a.applyNew(k, sent, owner, force)
	}
	if uid := sent.GetUID(); uid != "" && uid != live.GetUID() {
		return nil, apierrors.NewInvalid(k.gvk.GroupKind(), sent.GetName(), field.ErrorList{field.Invalid(field.NewPath("metadata", "uid"), uid, "field is immutable")})
	}
	if err := isOf(k, live, sent); err != nil {
		return nil, err
	}
	merged, err := k.owners[""].Apply(live, sent, owner, force)
	if err != nil {
		return nil, err
	}
	next, err := a.canonical(k, prepare(k, live, asUnstructured(merged), ""))
	if err != nil {
		return nil, err
	}
	k.defaults(next.Object)
	return a.finish(k, live, next)
}

func (a *API) applyNew(k *kind, sent *unstructured.Unstructured, owner string, force bool) (*unstructured.Unstructured, error) {
	if sent.GetUID() != "" || sent.GetResourceVersion() != "" {
		return nil, apierrors.NewConflict(k.resource, sent.GetName(), errModified)
	}
	merged, err := k.owners[""].Apply(newObject(k.gvk), sent, owner, force)
	if err != nil {
		return nil, err
	}
	next, err := a.canonical(k, withoutStatus(k, asUnstructured(merged)))
	if err != nil {
		return nil, err
	}
	k.defaults(next.Object)
	return a.begin(k, next)
}

// finish writes what differs, and lets a deleted object go that nothing holds any more.
func (a *API) finish(k *kind, live, next *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	if err := a.validate(k, live, next); err != nil {
		return nil, err
	}
	next.SetResourceVersion(live.GetResourceVersion())
	if same(live, next) {
		return live, nil
	}
	if k.counted && asksForMore(k, live, next) {
		next.SetGeneration(live.GetGeneration() + 1)
	}
	if next.GetDeletionTimestamp() != nil && len(next.GetFinalizers()) == 0 {
		a.drop(k, next)
		return next, nil
	}
	a.store(k, next)
	return next, nil
}

// same says that nothing but times of ownership differs.
func same(live, next *unstructured.Unstructured) bool {
	for _, fields := range []map[string]any{live.Object, next.Object} {
		for name := range fields {
			if name != "metadata" && !equality.Semantic.DeepEqual(live.Object[name], next.Object[name]) {
				return false
			}
		}
	}
	return equality.Semantic.DeepEqual(timeless(live), timeless(next))
}

// timeless is metadata without the times at which fields were owned.
func timeless(object *unstructured.Unstructured) map[string]any {
	metadata, _ := object.Object["metadata"].(map[string]any) // every object has some
	head := maps.Clone(metadata)
	entries, _ := head["managedFields"].([]any) // none of an object that nobody has applied
	bare := make([]any, 0, len(entries))
	for _, each := range entries {
		entry, _ := each.(map[string]any) // it is one
		entry = maps.Clone(entry)
		delete(entry, "time")
		bare = append(bare, entry)
	}
	head["managedFields"] = bare
	return head
}

// asksForMore: something other than metadata and status differs. A Deployment's
// annotations count, too.
func asksForMore(k *kind, live, next *unstructured.Unstructured) bool {
	if k.gvk.Kind == "Deployment" && !equality.Semantic.DeepEqual(live.GetAnnotations(), next.GetAnnotations()) {
		return true
	}
	for _, fields := range []map[string]any{live.Object, next.Object} {
		for name := range fields {
			if name == "metadata" || (name == "status" && k.hasStatus) {
				continue
			}
			if !equality.Semantic.DeepEqual(live.Object[name], next.Object[name]) {
				return true
			}
		}
	}
	return false
}

// validate refuses what the operator has to reckon with.
func (a *API) validate(k *kind, live, next *unstructured.Unstructured) error {
	if live.GetDeletionTimestamp() != nil {
		for _, each := range next.GetFinalizers() {
			if !slices.Contains(live.GetFinalizers(), each) {
				return apierrors.NewInvalid(k.gvk.GroupKind(), live.GetName(), field.ErrorList{field.Forbidden(field.NewPath("metadata", "finalizers"),
					"no new finalizers can be added if the object is being deleted")})
			}
		}
	}
	if k.gvk.Kind == "PersistentVolumeClaim" {
		return a.validateClaim(k, live, next)
	}
	return nil
}

// delete removes an object, or marks it as going where a finalizer holds it.
func (a *API) delete(k *kind, key types.NamespacedName, conditions *metav1.Preconditions) error {
	live, err := a.find(k, key)
	if err != nil {
		return err
	}
	if conditions != nil {
		wanted := newObject(k.gvk)
		if conditions.UID != nil {
			wanted.SetUID(*conditions.UID)
		}
		if conditions.ResourceVersion != nil {
			wanted.SetResourceVersion(*conditions.ResourceVersion)
		}
		if err := isOf(k, live, wanted); err != nil {
			return err
		}
	}
	switch {
	case len(live.GetFinalizers()) == 0 && k.gvk.Kind != "Namespace":
		a.drop(k, live)
	case live.GetDeletionTimestamp() == nil:
		going, now := live.DeepCopy(), metav1.NewTime(a.now().UTC().Truncate(1e9))
		going.SetDeletionTimestamp(&now)
		if k.counted {
			going.SetGeneration(live.GetGeneration() + 1)
		}
		a.store(k, going)
	}
	return nil
}

func asUnstructured(object any) *unstructured.Unstructured {
	fields, ok := object.(*unstructured.Unstructured)
	if !ok {
		panic(fmt.Sprintf("an object in memory is a %T", object))
	}
	return fields
}
