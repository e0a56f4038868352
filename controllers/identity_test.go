package controllers_test

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"

	"voute.dev/voute/api/v1alpha1"
)

// identities are about one host that several ask for. The operator sleeps but
// for its watches: who gets a host that is freed was woken by that.
var identities = []scenario{
	{"one host, two tenants", hostConflict},
	{"one host, two tenants of one namespace", hostWithin},
	{"one host, two tenants made at once", hostAtOnce},
	{"the oldest has a host though it does not serve", hostOfOldest},
	{"a host is given up", hostGivenUp},
	{"one host, two environments of one tenant", hostOfBoth},
}

// health is a second tenant of a namespace, with a pilot of its own.
var health = strings.ReplaceAll(strings.ReplaceAll(pilotYAML, `"marie"`, `"paul"`), `"justice"`, `"health"`) + "\n---" +
	strings.NewReplacer("name: justice,", "name: health,", "partage-dev.", "health-dev.").Replace(tenantYAML)

// wants is the second client's tenant, which asks for the production host of the first.
func (n *tenant) wants(first *tenant) string {
	return strings.ReplaceAll(tenantYAML, "partage.NAMESPACE", "partage."+first.namespace)
}

// waitConflict waits until a tenant says whose its host is.
func (n *tenant) waitConflict(name, holder string) {
	n.Helper()
	eventually(n.T, name+" is stalled for a host of "+holder, func() error {
		all := fetch(n, name, &v1alpha1.SharingTenant{}).Status.Conditions
		exposure := meta.FindStatusCondition(all, v1alpha1.ExposureReadyCondition)
		if exposure == nil || exposure.Reason != "HostConflict" || !strings.Contains(exposure.Message, "SharingTenant "+holder+":") ||
			!meta.IsStatusConditionTrue(all, v1alpha1.StalledCondition) {
			return fmt.Errorf("it says %+v", all)
		}
		return nil
	})
}

// keepsOut also sees that the tenant has made nothing for that host.
func (n *tenant) keepsOut(name, holder string) {
	n.Helper()
	n.waitConflict(name, holder)
	for _, object := range []string{"deployment/" + name + "-production", "service/" + name + "-production", "certificate/" + name + "-production-tls"} {
		if found := n.kubectl("get", object, "--ignore-not-found"); found != "" {
			n.Errorf("it has taken the host: %s", found)
		}
	}
}

func (n *tenant) waitReadyNamed(name string) {
	n.Helper()
	eventually(n.T, name+" is ready", func() error {
		if all := fetch(n, name, &v1alpha1.SharingTenant{}).Status.Conditions; !meta.IsStatusConditionTrue(all, v1alpha1.ReadyCondition) {
			return fmt.Errorf("it says %+v", all)
		}
		return nil
	})
}

func hostConflict(n *tenant) {
	n.becomeReady()
	late := n.newTenant(n.T)
	late.apply(retentionYAML, pilotYAML, late.wants(n))
	late.keepsOut("justice", n.namespace+"/justice")
	n.waitReady()
	n.kubectl("delete", "stn", "justice")
	late.waitReady()
}

func hostWithin(n *tenant) {
	n.becomeReady()
	n.apply(health)
	n.keepsOut("health", n.namespace+"/justice")
	n.waitReady()
	n.kubectl("delete", "stn", "justice")
	n.waitReadyNamed("health")
}

// hostAtOnce: two of the same second, in one file. One of them has the host and
// the other one knows whose it is; it gets it when that one goes.
func hostAtOnce(n *tenant) {
	n.apply(retentionYAML, pilotYAML, health, tenantYAML)
	first, second := "health", "justice"
	eventually(n.T, "one of the two is ready", func() error {
		for _, name := range []string{"health", "justice"} {
			if meta.IsStatusConditionTrue(fetch(n, name, &v1alpha1.SharingTenant{}).Status.Conditions, v1alpha1.ReadyCondition) {
				if name == second {
					first, second = second, first
				}
				return nil
			}
		}
		return fmt.Errorf("none is")
	})
	n.keepsOut(second, n.namespace+"/"+first)
	n.kubectl("delete", "stn", first)
	n.waitReadyNamed(second)
}

// hostOfOldest: the first has neither policy nor pilot, and so serves nobody;
// the host is kept for it as long as it asks.
func hostOfOldest(n *tenant) {
	n.apply(tenantYAML)
	n.waitFor(v1alpha1.RetentionReadyCondition, "False", "RetentionPolicyMissing")
	late := n.newTenant(n.T)
	time.Sleep(time.Until(n.get().CreationTimestamp.Add(time.Second))) // an API server counts ages in seconds
	late.apply(retentionYAML, pilotYAML, late.wants(n))
	late.keepsOut("justice", n.namespace+"/justice")
	n.kubectl("delete", "stn", "justice")
	late.waitReady()
}

// hostGivenUp: the younger serves a host, which the older asks for in vain
// until the younger moves away.
func hostGivenUp(n *tenant) {
	n.apply(strings.ReplaceAll(tenantYAML, "partage.", "ailleurs."))
	young := n.newTenant(n.T)
	young.apply(retentionYAML, pilotYAML, young.wants(n))
	young.waitReady()
	n.apply(tenantYAML)
	n.waitConflict("justice", young.namespace+"/justice") // seen before what follows, which another watch brings
	n.apply(retentionYAML, pilotYAML)
	n.waitFor(v1alpha1.RetentionReadyCondition, "True", "")
	n.waitConflict("justice", young.namespace+"/justice")
	if err := missing(n, "justice-production", &corev1.Service{}); err != nil {
		n.Error(err)
	}
	young.waitReady()
	young.claim("partage." + young.namespace + ".example")
	n.waitReady()
	young.waitReady()
}

func hostOfBoth(n *tenant) {
	text := strings.NewReplacer("partage-dev.", "partage.", "NAMESPACE", n.namespace).Replace(tenantYAML)
	_, err := n.api.Kubectl(n.T, text, "apply", "-f", "-")
	if err == nil || !strings.Contains(err.Error(), "each environment needs a host of its own") {
		n.Errorf("two environments have one host: %v", err)
	}
}
