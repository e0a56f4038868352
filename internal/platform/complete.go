package platform

import (
	"cmp"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	configv1 "voute.dev/voute/api/config/v1alpha1"
)

// complete fills what is empty with its default.
func complete(cfg *configv1.PlatformConfiguration) {
	cfg.TimeZone = cmp.Or(cfg.TimeZone, "America/Toronto")
	completeServer(&cfg.Server)
	cfg.Exposure.HTTPSPort = cmp.Or(cfg.Exposure.HTTPSPort, 443)
	cfg.Exposure.HTTPPort = cmp.Or(cfg.Exposure.HTTPPort, 80)
	completeVault(&cfg.Vault)
	cfg.Mail.Port = cmp.Or(cfg.Mail.Port, 587)
	cfg.Mail.Security = cmp.Or(cfg.Mail.Security, startTLS)
	cfg.Storage.DevelopmentGB = cmp.Or(cfg.Storage.DevelopmentGB, 2)
	completeTariff(&cfg.Tariff)
}

// completeServer gives a server modest resources. Half a GiB holds several
// sign-ins at once, each of which takes some 64 MiB for argon2id. The processor
// is not limited: sealing and scanning may use what is idle.
func completeServer(server *configv1.Server) {
	if len(server.Resources.Requests)+len(server.Resources.Limits)+len(server.Resources.Claims) > 0 {
		return
	}
	server.Resources = corev1.ResourceRequirements{
		Requests: corev1.ResourceList{
			corev1.ResourceCPU:    resource.MustParse("50m"),
			corev1.ResourceMemory: resource.MustParse("128Mi"),
		},
		Limits: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("512Mi")},
	}
}

func completeVault(vault *configv1.Vault) {
	vault.TransitPath = cmp.Or(vault.TransitPath, "transit")
	vault.AuthPath = cmp.Or(vault.AuthPath, "kubernetes")
	vault.Audience = cmp.Or(vault.Audience, "vault")
	vault.OperatorRole = cmp.Or(vault.OperatorRole, "voute-operator")
	vault.ServerRole = cmp.Or(vault.ServerRole, "voute-server")
}

// completeTariff takes the prices of the service's public description.
func completeTariff(tariff *configv1.Tariff) {
	tariff.SubscriptionAnnual = cmp.Or(tariff.SubscriptionAnnual, "3500.00")
	tariff.IncludedGB = cmp.Or(tariff.IncludedGB, 20)
	tariff.AdditionalGBAnnual = cmp.Or(tariff.AdditionalGBAnnual, "3.75")
	tariff.Currency = cmp.Or(tariff.Currency, "CAD")
}
