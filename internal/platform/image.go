package platform

import (
	"fmt"
	"strings"

	configv1 "voute.dev/voute/api/config/v1alpha1"
)

// Image is the sharing server's image of a version; an empty version means the
// platform's default.
func Image(cfg *configv1.PlatformConfiguration, version string) (string, error) {
	version = Version(cfg, version)
	known := make([]string, 0, len(cfg.Server.Images))
	for _, candidate := range cfg.Server.Images {
		if candidate.Version == version {
			return candidate.Image, nil
		}
		known = append(known, candidate.Version)
	}
	return "", fmt.Errorf("version %s of the sharing server is not in the platform configuration: choose one of %s, or add it to server.images",
		version, strings.Join(known, ", "))
}

// Version is the one asked for, or the platform's default where none is.
func Version(cfg *configv1.PlatformConfiguration, asked string) string {
	if asked == "" {
		return cfg.Server.DefaultVersion
	}
	return asked
}
