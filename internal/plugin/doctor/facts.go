package doctor

import (
	"time"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
)

// Seen is what was looked at, or why it could not be: an error of the API server's
// for what is in the cluster.
type Seen[T any] struct {
	Value T
	Err   error
}

// Facts are all that was seen.
type Facts struct {
	Now time.Time
	// Namespace is the operator's, Version this program's.
	Namespace, Version string

	Kubernetes Seen[string]
	// CertManagerKinds are its CustomResourceDefinitions by name; CertManagerLease is
	// what its controller renews while it works.
	CertManagerKinds map[string]Seen[Object]
	CertManagerLease Seen[*coordinationv1.Lease]
	// Installed are the objects of config/ with what the cluster has of each.
	Installed []Installed
	Operator  Seen[*appsv1.Deployment]
	// Platform is the configuration, from where Source says.
	Platform Seen[*configv1.PlatformConfiguration]
	Source   string
	Tenants  Seen[[]v1alpha1.SharingTenant]
	Classes  Seen[[]storagev1.StorageClass]

	// The rest is there only where the platform configuration is.
	Vault   Vault
	Scanner Scanner
	Mail    Reach
}

// Object is an object with fields that this program does not know.
type Object map[string]any

// Installed is an object as it should be, and as it is.
type Installed struct {
	Kind, Name string
	Want       Object
	Live       Seen[Object]
}

// Reach is whether an address was reached from here.
type Reach struct {
	Address string
	// Inside: the address is one of the cluster's own, which an administrator's
	// machine seldom reaches.
	Inside bool
	Err    error
}

// Vault is what was seen of it.
type Vault struct {
	Reach
	Health Seen[Health]
	// SignIn is what Vault says to each role's name with a token that is none, and
	// NoRole what it says so to a name that no role has.
	SignIn map[string]error
	NoRole error
	// Settings are seen with a token only; nil without.
	Settings *Settings
}

// Health is what Vault tells everybody.
type Health struct {
	Initialized, Sealed bool
	Version             string
}

// Settings are what Vault tells who may ask.
type Settings struct {
	// Mounts and SignIns are the types of what is mounted, by path without a slash
	// at its end; Accessors are those of the sign-ins.
	Mounts, SignIns Seen[map[string]string]
	Accessors       map[string]string
	Policies        map[string]Seen[string]
	Roles           map[string]Seen[Object]
}

// Scanner is what was seen of clamd and its gateway.
type Scanner struct {
	Reach
	// Service is the one that the address names; nil where it names none.
	Service *Seen[*corev1.Service]
	// Pods are the templates of what runs behind it, Files their ConfigMaps by name.
	Pods  Seen[[]corev1.PodTemplateSpec]
	Files map[string]Seen[*corev1.ConfigMap]

	IssuerName string
	Issuer     Seen[*certmanagerv1.ClusterIssuer]
}
