package controllers

import (
	"slices"
	"unique"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
)

// slim leaves in the cache what the operator reads of our own kinds; of the others
// there are heads. Texts that many objects share are there once, and lists, which
// are read into more room than they need, are as long as they are.
func slim(object any) (any, error) {
	switch o := object.(type) {
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
