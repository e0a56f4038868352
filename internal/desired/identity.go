package desired

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// ServiceAccount is the identity under which the server signs in to Vault. No
// role is bound to it, and no token of it for Kubernetes is mounted.
func ServiceAccount(in Input) *corev1.ServiceAccount {
	return &corev1.ServiceAccount{
		TypeMeta:                     typeMeta("v1", "ServiceAccount"),
		ObjectMeta:                   in.owned(in.name()),
		AutomountServiceAccountToken: ptr.To(false),
	}
}
