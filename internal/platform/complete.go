package platform

import (
	"cmp"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/utils/ptr"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
)

// complete fills what is empty with its default.
func complete(cfg *configv1.PlatformConfiguration) {
	cfg.TimeZone = cmp.Or(cfg.TimeZone, "America/Toronto")
	completeServer(&cfg.Server)
	completeCalendar(&cfg.Calendar)
	completeRollout(&cfg.Rollout)
	cfg.Exposure.HTTPSPort = cmp.Or(cfg.Exposure.HTTPSPort, 443)
	cfg.Exposure.HTTPPort = cmp.Or(cfg.Exposure.HTTPPort, 80)
	cfg.Availability.Through = cmp.Or(cfg.Availability.Through, ThroughBalancer)
	cfg.Availability.TargetPercent = cmp.Or(cfg.Availability.TargetPercent, "99")
	completeVault(&cfg.Vault)
	cfg.Mail.Port = cmp.Or(cfg.Mail.Port, 587)
	cfg.Mail.Security = cmp.Or(cfg.Mail.Security, startTLS)
	cfg.Retention.KeyWaitDays = cmp.Or(cfg.Retention.KeyWaitDays, 7)
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

// completeCalendar takes the hours of the service's public description.
func completeCalendar(calendar *configv1.Calendar) {
	if len(calendar.MaintenanceWindows) == 0 {
		calendar.MaintenanceWindows = []v1alpha1.Window{
			{Days: []v1alpha1.Weekday{"Wednesday"}, From: "05:00", To: "07:00"},
			{Days: []v1alpha1.Weekday{"Sunday"}, From: "06:00", To: "09:00"},
		}
	}
	if len(calendar.BusinessHours) == 0 {
		calendar.BusinessHours = []v1alpha1.Window{
			{Days: []v1alpha1.Weekday{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday"}, From: "08:30", To: "16:30"},
		}
	}
}

// completeRollout is for some hundred clients: a fix takes two working days.
func completeRollout(rollout *configv1.Rollout) {
	rollout.Slots = cmp.Or(rollout.Slots, 5)
	rollout.HaltAfter = cmp.Or(rollout.HaltAfter, 2)
	rollout.DeadlineMinutes = cmp.Or(rollout.DeadlineMinutes, 15)
	rollout.CanaryPercent = cmp.Or(rollout.CanaryPercent, ptr.To[int32](10))
	rollout.ExpectedMinutes = cmp.Or(rollout.ExpectedMinutes, ptr.To[int32](10))
	rollout.HealthyMinutes = cmp.Or(rollout.HealthyMinutes, ptr.To[int32](24*60))
	rollout.NoticeDays = cmp.Or(rollout.NoticeDays, ptr.To[int32](7))
	rollout.AnnounceHours = cmp.Or(rollout.AnnounceHours, ptr.To[int32](72))
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
	tariff.InterventionHour = cmp.Or(tariff.InterventionHour, "133.00")
	tariff.Currency = cmp.Or(tariff.Currency, "CAD")
}
