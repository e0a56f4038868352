package controllers

import (
	"slices"
	"sync"
	"unique"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
)

// slim leaves in the cache what the operator reads. There are eighteen objects
// to a tenant, so that what one of them carries counts: of those that are
// watched by their metadata, only who and whose they are, and which version.
// Texts that many objects share are there once, and lists, which are read into
// more room than they need, are as long as they are.
func slim(object any) (any, error) {
	switch o := object.(type) {
	case *metav1.PartialObjectMetadata:
		o.APIVersion, o.ObjectMeta = shared(o.APIVersion), head(o.ObjectMeta)
	case *v1alpha1.SharingTenant:
		withoutHistory(o)
		o.Spec.Environments, o.Status.Environments = slices.Clone(o.Spec.Environments), slices.Clone(o.Status.Environments)
		o.Status.Conditions = shareTexts(o.Status.Conditions)
	case *v1alpha1.Pilot:
		withoutHistory(o)
		o.Status.Conditions = shareTexts(o.Status.Conditions)
	case *v1alpha1.RetentionPolicy:
		withoutHistory(o)
		o.Status.Conditions = shareTexts(o.Status.Conditions)
	case *v1alpha1.BillingStatement:
		withoutHistory(o)
		o.Spec.Prices, o.Spec.Allocations = slices.Clone(o.Spec.Prices), slices.Clone(o.Spec.Allocations)
	case client.Object:
		withoutHistory(o)
	}
	return object, nil
}

func head(whole metav1.ObjectMeta) metav1.ObjectMeta {
	kept := metav1.ObjectMeta{
		Name: shared(whole.Name), Namespace: shared(whole.Namespace),
		UID: whole.UID, ResourceVersion: whole.ResourceVersion, Generation: whole.Generation,
		DeletionTimestamp: whole.DeletionTimestamp,
	}
	if tenant, found := whole.Labels[v1alpha1.TenantLabel]; found {
		kept.Labels = labelsOf(tenant)
	}
	if owner := metav1.GetControllerOfNoCopy(&whole); owner != nil {
		kept.OwnerReferences = ownersOf(*owner)
	}
	return kept
}

// owned has the owner references to each tenant that was ever seen, for the same
// reason as labelled.
var owned sync.Map

func ownersOf(owner metav1.OwnerReference) []metav1.OwnerReference {
	known, found := owned.Load(owner.UID)
	if !found {
		known, _ = owned.LoadOrStore(owner.UID, []metav1.OwnerReference{{
			APIVersion: owner.APIVersion, Kind: owner.Kind, Name: owner.Name, UID: owner.UID, Controller: ptr.To(true),
		}})
	}
	owners, _ := known.([]metav1.OwnerReference)
	return owners
}

// labelled has the labels for each name of a tenant that was ever seen: a map of
// its own for every object would take more than all the rest of it. Nobody
// changes what is in the cache.
var labelled sync.Map

func labelsOf(tenant string) map[string]string {
	known, found := labelled.Load(tenant)
	if !found {
		known, _ = labelled.LoadOrStore(shared(tenant), map[string]string{v1alpha1.TenantLabel: shared(tenant)})
	}
	labels, _ := known.(map[string]string)
	return labels
}

// withoutHistory drops who has written what, and what kubectl keeps for itself.
func withoutHistory(object client.Object) {
	object.SetManagedFields(nil)
	annotations := object.GetAnnotations()
	delete(annotations, corev1.LastAppliedConfigAnnotation)
	object.SetAnnotations(annotations)
}

func shareTexts(conditions []metav1.Condition) []metav1.Condition {
	for i := range conditions {
		c := &conditions[i]
		c.Type, c.Reason, c.Message, c.Status = shared(c.Type), shared(c.Reason), shared(c.Message), shared(c.Status)
	}
	return slices.Clone(conditions)
}

// shared is the same text, of which there is one in the process.
func shared[T ~string](text T) T { return T(unique.Make(string(text)).Value()) }
