package memoryapi

import (
	"errors"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

var errNoExpansion = errors.New("only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize")

// validateClaim lets nothing of a claim change but its size, and that only once
// it is bound, upwards, and where its class allows it.
func (a *API) validateClaim(k *kind, live, next *unstructured.Unstructured) error {
	was, is := &corev1.PersistentVolumeClaim{}, &corev1.PersistentVolumeClaim{}
	for from, to := range map[*unstructured.Unstructured]*corev1.PersistentVolumeClaim{live: was, next: is} {
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(from.Object, to); err != nil {
			return err
		}
	}
	order := is.Spec.Resources.Requests.Storage().Cmp(*was.Spec.Resources.Requests.Storage())
	path := field.NewPath("spec")
	switch {
	case order == 0:
		return nil
	case order > 0 && !a.allowsExpansion(was):
		return apierrors.NewForbidden(k.resource, live.GetName(), errNoExpansion)
	case was.Status.Phase != corev1.ClaimBound:
		return apierrors.NewInvalid(k.gvk.GroupKind(), live.GetName(), field.ErrorList{field.Forbidden(path, "spec is immutable after creation except resources.requests for bound claims")})
	case order < 0:
		return apierrors.NewInvalid(k.gvk.GroupKind(), live.GetName(), field.ErrorList{field.Forbidden(path.Child("resources", "requests", "storage"), "field can not be less than status.capacity")})
	default:
		return nil
	}
}

func (a *API) allowsExpansion(claim *corev1.PersistentVolumeClaim) bool {
	name := ""
	if claim.Spec.StorageClassName != nil {
		name = *claim.Spec.StorageClassName
	}
	class := a.objects[storagev1.SchemeGroupVersion.WithKind("StorageClass")].get(types.NamespacedName{Name: name})
	if class == nil {
		return false
	}
	allowed, _, err := unstructured.NestedBool(class.Object, "allowVolumeExpansion")
	return err == nil && allowed
}
