package heads

import (
	"strings"
	"unique"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"voute.dev/voute/api/v1alpha1"
)

// head is what is stored of an object: 48 bytes.
type head struct {
	namespace, name unique.Handle[string]
	kin             unique.Handle[kin]
	which           Which
}

// kin is the same for the objects of a client: the value of its label, and the
// controller; empty for none.
type kin struct {
	tenant                      string
	apiVersion, kind, name, uid string
	// which is uid and version, with a slash between them, of an object that has
	// them in another form than Which.
	which string
}

func headOf(whole *metav1.PartialObjectMetadata) *head {
	of := kin{tenant: whole.Labels[v1alpha1.TenantLabel]}
	if owner := metav1.GetControllerOfNoCopy(whole); owner != nil {
		of.apiVersion, of.kind, of.name, of.uid = owner.APIVersion, owner.Kind, owner.Name, string(owner.UID)
	}
	which, usual := WhichOf(whole.UID, whole.ResourceVersion)
	if !usual {
		of.which = string(whole.UID) + "/" + whole.ResourceVersion
	}
	return &head{namespace: unique.Make(whole.Namespace), name: unique.Make(whole.Name), kin: unique.Make(of), which: which}
}

// GetObjectMeta has what an informer itself goes by: the key, and the version.
func (h *head) GetObjectMeta() metav1.Object {
	meta := h.identity()
	return &meta
}

func (h *head) identity() metav1.ObjectMeta {
	uid, version := h.which.Texts()
	if other := h.kin.Value().which; other != "" {
		at := strings.LastIndexByte(other, '/')
		uid, version = types.UID(other[:at]), other[at+1:]
	}
	return metav1.ObjectMeta{Namespace: h.namespace.Value(), Name: h.name.Value(), UID: uid, ResourceVersion: version}
}

// whole is the head of an object of the kind as metadata.
func (h *head) whole(kind metav1.TypeMeta) *metav1.PartialObjectMetadata {
	whole, of := &metav1.PartialObjectMetadata{TypeMeta: kind, ObjectMeta: h.identity()}, h.kin.Value()
	if of.tenant != "" {
		whole.Labels = map[string]string{v1alpha1.TenantLabel: of.tenant}
	}
	if of.kind != "" {
		whole.OwnerReferences = []metav1.OwnerReference{{
			APIVersion: of.apiVersion, Kind: of.kind, Name: of.name, UID: types.UID(of.uid), Controller: ptr.To(true),
		}}
	}
	return whole
}
