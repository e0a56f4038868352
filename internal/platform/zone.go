package platform

import (
	"sync"
	"time"

	configv1 "voute.dev/voute/api/config/v1alpha1"
)

// zones are those that were loaded: to read one takes longer than most of a look.
var zones sync.Map

// Zone is where the platform's days begin.
func Zone(cfg *configv1.PlatformConfiguration) *time.Location {
	if known, found := zones.Load(cfg.TimeZone); found {
		if zone, ok := known.(*time.Location); ok {
			return zone
		}
	}
	zone, err := time.LoadLocation(cfg.TimeZone)
	if err != nil {
		return time.UTC // no file with such a zone is taken into force
	}
	zones.Store(cfg.TimeZone, zone)
	return zone
}
