package platform

import (
	"slices"
	"strings"

	configv1 "voute.dev/voute/api/config/v1alpha1"
)

// AllowsHost says whether a tenant may have a host: any, where the platform
// lists no suffix. A suffix allows itself and what lies below it, label by label.
func AllowsHost(cfg *configv1.PlatformConfiguration, host string) bool {
	suffixes := cfg.Hosts.AllowedSuffixes
	return len(suffixes) == 0 || slices.ContainsFunc(suffixes, func(suffix string) bool {
		return host == suffix || strings.HasSuffix(host, "."+suffix)
	})
}
