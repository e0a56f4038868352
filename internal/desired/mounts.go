package desired

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/utils/ptr"
)

// Where the server finds what is mounted.
const (
	configDirectory = "/etc/voute"
	tlsDirectory    = "/etc/voute-tls"
	scanDirectory   = "/etc/voute-scan"
	mailDirectory   = "/etc/voute-mail"
	logoDirectory   = "/etc/voute-logo"
	dataDirectory   = "/data"
	tempDirectory   = "/tmp"
	tokenDirectory  = "/var/run/secrets/vault"
	tokenFile       = "token"

	tlsVolume = "tls"

	tokenSeconds = 3600
	tempBytes    = 64 << 20
	// secretMode lets the server's group read, and nobody else.
	secretMode = 0o440
)

// mount is one volume and where it appears.
type mount struct {
	name      string
	directory string
	source    corev1.VolumeSource
	writable  bool
}

// mounts are whole volumes and never single files of them, so that a change of
// what they hold reaches the running server.
func (in Input) mounts() []mount {
	all := []mount{
		{name: "config", directory: configDirectory, source: configMap(in.name(), false)},
		{name: tlsVolume, directory: tlsDirectory, source: secret(TLSSecretName(in.Tenant.Name, in.Environment))},
		{name: "scan", directory: scanDirectory, source: secret(ScanCertificateName(in.Tenant.Name, in.Environment.Name))},
		{name: "vault-token", directory: tokenDirectory, source: token(in.Platform.Vault.Audience)},
		{name: "data", directory: dataDirectory, source: claim(in.name()), writable: true},
		{name: "tmp", directory: tempDirectory, source: memory(), writable: true},
	}
	if credentials := in.Platform.Mail.CredentialsSecret; credentials != "" {
		all = append(all, mount{name: "mail", directory: mailDirectory, source: secret(credentials)})
	}
	// A logo that is missing costs the logo, not the server.
	if logo := in.Tenant.Spec.Organization.Logo; logo != nil {
		all = append(all, mount{name: "logo", directory: logoDirectory, source: configMap(logo.Name, true)})
	}
	return all
}

// TLSSecretOf names the Secret whose certificate a Deployment's server shows.
func TLSSecretOf(server *appsv1.Deployment) string {
	for _, volume := range server.Spec.Template.Spec.Volumes {
		if volume.Name == tlsVolume && volume.Secret != nil {
			return volume.Secret.SecretName
		}
	}
	return ""
}

func volumes(mounts []mount) []corev1.Volume {
	volumes := make([]corev1.Volume, 0, len(mounts))
	for _, m := range mounts {
		volumes = append(volumes, corev1.Volume{Name: m.name, VolumeSource: m.source})
	}
	return volumes
}

func volumeMounts(mounts []mount) []corev1.VolumeMount {
	result := make([]corev1.VolumeMount, 0, len(mounts))
	for _, m := range mounts {
		result = append(result, corev1.VolumeMount{Name: m.name, MountPath: m.directory, ReadOnly: !m.writable})
	}
	return result
}

func configMap(name string, optional bool) corev1.VolumeSource {
	return corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{
		LocalObjectReference: corev1.LocalObjectReference{Name: name},
		Optional:             ptr.To(optional),
	}}
}

// secret is never optional: the pod waits for it, and says so in its events.
func secret(name string) corev1.VolumeSource {
	return corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{
		SecretName:  name,
		DefaultMode: ptr.To[int32](secretMode),
		Optional:    ptr.To(false),
	}}
}

func token(audience string) corev1.VolumeSource {
	return corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{
		DefaultMode: ptr.To[int32](secretMode),
		Sources: []corev1.VolumeProjection{{
			ServiceAccountToken: &corev1.ServiceAccountTokenProjection{
				Audience:          audience,
				ExpirationSeconds: ptr.To[int64](tokenSeconds),
				Path:              tokenFile,
			},
		}},
	}}
}

func claim(name string) corev1.VolumeSource {
	return corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: name}}
}

// memory keeps whatever is written to it off every disk.
func memory() corev1.VolumeSource {
	return corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{
		Medium:    corev1.StorageMediumMemory,
		SizeLimit: resource.NewQuantity(tempBytes, resource.BinarySI),
	}}
}
