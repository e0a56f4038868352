package desired

import (
	"fmt"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
)

// A tenant's name has at most 40 characters and the longest suffix below has
// 19, so that every name fits the 63 of a DNS label. No two names of a namespace
// can be one: an environment's name ends in -production or -development, every
// other in a word of its own.
const (
	statusSuffix      = "-status"
	certificateSuffix = "-tls"
	scanSuffix        = "-scan"
)

// Name is that of an environment's ServiceAccount, PersistentVolumeClaim,
// ConfigMap, NetworkPolicy, Deployment and public Service.
func Name(tenant string, environment v1alpha1.EnvironmentName) string {
	return tenant + "-" + string(environment)
}

// StatusServiceName is that of the Service through which the operator asks the server.
func StatusServiceName(tenant string, environment v1alpha1.EnvironmentName) string {
	return Name(tenant, environment) + statusSuffix
}

// CertificateName is that of the address's Certificate and of the Secret it fills.
func CertificateName(tenant string, environment v1alpha1.EnvironmentName) string {
	return Name(tenant, environment) + certificateSuffix
}

// ScanCertificateName is that of the Certificate shown to the scan gateway and of its Secret.
func ScanCertificateName(tenant string, environment v1alpha1.EnvironmentName) string {
	return Name(tenant, environment) + scanSuffix
}

// TLSSecretName is that of the Secret with the address's certificate: the one
// that the client bought, or the one that cert-manager fills.
func TLSSecretName(tenant string, environment v1alpha1.Environment) string {
	if bought := environment.Certificate.SecretName; bought != "" {
		return bought
	}
	return CertificateName(tenant, environment.Name)
}

// KeyPrefix begins the names of an environment's keys in Vault. A namespace has
// no dot, so that no prefix of one namespace begins a name of another.
func KeyPrefix(namespace, tenant string, environment v1alpha1.EnvironmentName) string {
	return namespace + "." + Name(tenant, environment)
}

// StatusAddress is where the operator asks the server, without the path.
func StatusAddress(namespace, tenant string, environment v1alpha1.EnvironmentName) string {
	return fmt.Sprintf("https://%s.%s.svc:%d", StatusServiceName(tenant, environment), namespace, statusPort)
}

// ServiceHost is the name of an environment's public Service inside the cluster.
func ServiceHost(namespace, tenant string, environment v1alpha1.EnvironmentName) string {
	return Name(tenant, environment) + "." + namespace + ".svc"
}

// URL is the public address, without a path.
func URL(environment v1alpha1.Environment, platform *configv1.PlatformConfiguration) string {
	if port := platform.Exposure.HTTPSPort; port != 443 {
		return fmt.Sprintf("https://%s:%d", environment.Host, port)
	}
	return "https://" + environment.Host
}
