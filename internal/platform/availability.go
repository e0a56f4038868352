package platform

import (
	"regexp"
	"strconv"

	configv1 "voute.dev/voute/api/config/v1alpha1"
)

// The ways to a public address.
const (
	ThroughBalancer = "balancer"
	ThroughDNS      = "dns"
	ThroughService  = "service"
	ThroughNothing  = "none"
)

var percentage = regexp.MustCompile(`^(100(\.0{1,2})?|[0-9]{1,2}(\.[0-9]{1,2})?)$`)

func (c *checker) availability(a configv1.Availability) {
	switch a.Through {
	case ThroughBalancer, ThroughDNS, ThroughService, ThroughNothing:
	default:
		c.want(false, "availability.through", "is balancer, dns, service or none; not %q", a.Through)
	}
	c.want(percentage.MatchString(a.TargetPercent), "availability.targetPercent", "is a percentage such as \"99\" or \"99.5\"; not %q", a.TargetPercent)
}

// Target is the part of a year in which addresses are promised to answer, from 0 to 1.
func Target(cfg *configv1.PlatformConfiguration) float64 {
	percent, err := strconv.ParseFloat(cfg.Availability.TargetPercent, 64)
	if err != nil {
		return 0 // a configuration that was loaded has one
	}
	return percent / 100
}
