package desired

import (
	corev1 "k8s.io/api/core/v1"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	serverconfig "voute.dev/voute/server/config"
)

// Input is everything that the objects of one environment follow from.
type Input struct {
	// Tenant owns the objects; Environment is one of its environments.
	Tenant      *v1alpha1.SharingTenant
	Environment v1alpha1.Environment
	// Platform is a configuration as platform.Load returned it: checked, with its defaults.
	Platform *configv1.PlatformConfiguration

	// Retention in force. Nil while no policy was ever seen: then there is no ConfigMap.
	Retention *serverconfig.Retention
	// Pilots in any order.
	Pilots []serverconfig.Pilot
	// UploadsClosed tells the server to take no new document.
	UploadsClosed bool
	// OperatorKeys are the SPKI SHA-256 (base64) of the keys that may read /status.
	OperatorKeys []string
	// OperatorNamespace is where the operator's own pods run.
	OperatorNamespace string
	// QuotaBytes is the quota in effect: see EffectiveQuota.
	QuotaBytes int64

	// Mounted is what the server that runs has mounted, where that is not what the
	// spec and the platform ask for: voute.yaml tells of nothing else. Nil for the same.
	Mounted *Mounted
	// Notice is what users are told ahead of time; nil for nothing.
	Notice *serverconfig.Notice

	// Version and Image of the sharing server: see platform.Version and platform.Image.
	Version string
	Image   string

	// Claim is the environment's volume claim as it is in the cluster; nil when
	// there is none. A claim never shrinks and never changes its class.
	Claim *corev1.PersistentVolumeClaim
}

// Mounted is what a server has mounted of what not every server has.
type Mounted struct {
	Logo, MailCredentials bool
}

func (in Input) hasLogo() bool { return in.Mounted == nil || in.Mounted.Logo }

func (in Input) hasMailCredentials() bool { return in.Mounted == nil || in.Mounted.MailCredentials }
