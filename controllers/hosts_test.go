package controllers_test

import (
	"fmt"
	"strings"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/desired"
)

// hosts are about who may have which address.
var hosts = []scenario{
	{"a live tenant that asks for another's host goes on being served", refusedButServed},
	{"a host that is kept is not free", keptHostIsTaken},
}

// hostNotAllowed: the platform allows one suffix from now on. Who is open at
// another host stays so and is kept up; who is not is not opened there.
func hostNotAllowed(n *tenant) {
	n.becomeReady()
	defer n.reload(platformFile(n.T))
	n.reload(platformFile(n.T) + "\nhosts: {allowedSuffixes: [allowed.example]}\n")
	n.waitFor(v1alpha1.StalledCondition, metav1.ConditionTrue, "HostNotAllowed", "partage."+n.namespace+".example", "stays open", "allowed.example", "hosts.allowedSuffixes")
	n.staysOpen()
	n.apply(strings.Replace(retentionYAML, `"maxDays":90`, `"maxDays":60`, 1))
	n.waitMaxDays(60)

	late := n.newTenant(n.T)
	late.apply(retentionYAML, pilotYAML, tenantYAML)
	late.waitFor(v1alpha1.ExposureReadyCondition, metav1.ConditionFalse, "HostNotAllowed", "is not opened", "allowed.example")
	late.nothingForTheHost()
	late.apply(strings.ReplaceAll(tenantYAML, ".NAMESPACE.example", ".NAMESPACE.allowed.example"))
	late.waitReady()
	late.claim("partage.evilallowed.example")
	late.waitFor(v1alpha1.StalledCondition, metav1.ConditionTrue, "HostNotAllowed", "partage.evilallowed.example", "is not opened")
	if got, want := late.production().URL, "https://partage."+late.namespace+".allowed.example"; got != want {
		late.Errorf("its address is %s, want %s", got, want)
	}

	n.reload(platformFile(n.T))
	n.waitReady()
	late.waitReady()
}

func (n *tenant) nothingForTheHost() {
	n.Helper()
	for _, object := range []string{"deployment/justice-production", "service/justice-production", "certificate/justice-production-tls", "configmap/justice-production"} {
		if found := n.kubectl("get", object, "--ignore-not-found"); found != "" {
			n.Errorf("it was made for a host that is not opened: %s", found)
		}
	}
}

func (n *tenant) waitMaxDays(days int) {
	n.Helper()
	eventually(n.T, "the server is told of the new retention", func() error {
		if got := n.config("justice-production").Retention.MaxDays; got != days {
			return fmt.Errorf("it is told %d days", got)
		}
		return nil
	})
}

// refusedButServed: a live tenant that asks for another's host, and for the
// certificate bought for it, goes on being served and configured where it is.
func refusedButServed(n *tenant) {
	n.becomeReady()
	greedy := n.newTenant(n.T)
	greedy.becomeReady()
	own := "partage." + greedy.namespace + ".example"
	greedy.kubectl("patch", "stn", "justice", "--type=json", "-p", `[{"op":"replace","path":"/spec/environments/0/host","value":"partage.`+n.namespace+`.example"},
		{"op":"replace","path":"/spec/environments/0/certificate","value":{"secretName":"bought"}}]`)
	greedy.waitFor(v1alpha1.StalledCondition, metav1.ConditionTrue, "HostConflict", n.namespace+"/justice")
	greedy.apply(strings.Replace(retentionYAML, `"maxDays":90`, `"maxDays":60`, 1), strings.Replace(secondPilot, "marie@", "paul@", 1))
	greedy.waitMaxDays(60)
	greedy.waitPilots("marie second")
	greedy.kubectl("delete", "service", "justice-production")
	eventually(greedy.T, "the open address is put back, at its own host", func() error {
		service := &corev1.Service{}
		if missing(greedy, "justice-production", service) == nil {
			return fmt.Errorf("it is not there")
		}
		if service.Annotations["external-dns.alpha.kubernetes.io/hostname"] != own {
			return fmt.Errorf("its annotations are %v", service.Annotations)
		}
		return nil
	})
	if got := greedy.config("justice-production").Address; got != "https://"+own {
		greedy.Errorf("the server's address is %s", got)
	}
	if mounted := desired.TLSSecretOf(fetch(greedy, "justice-production", &appsv1.Deployment{})); mounted != "justice-production-tls" {
		greedy.Errorf("its server shows the certificate of %s", mounted)
	}
	fetch(greedy, "justice-production-tls", &certmanagerv1.Certificate{})
	greedy.waitFor(v1alpha1.WorkloadReadyCondition, metav1.ConditionTrue, "")
	n.waitReady()
}

// keptHostIsTaken: the host at which a tenant is open is not free because its
// spec names another one that it may not have.
func keptHostIsTaken(n *tenant) {
	n.becomeReady()
	greedy, third := n.newTenant(n.T), n.newTenant(n.T)
	greedy.becomeReady()
	greedy.claim("partage." + n.namespace + ".example")
	greedy.waitFor(v1alpha1.StalledCondition, metav1.ConditionTrue, "HostConflict")
	third.apply(retentionYAML, pilotYAML, strings.ReplaceAll(tenantYAML, "partage.NAMESPACE", "partage."+greedy.namespace))
	third.waitFor(v1alpha1.StalledCondition, metav1.ConditionTrue, "HostConflict", greedy.namespace+"/justice")
	third.nothingForTheHost()

	// Nor is it free for the same tenant's other environment.
	greedy.kubectl("patch", "stn", "justice", "--type=json", "-p", `[{"op":"replace","path":"/spec/environments/1/host","value":"partage.`+greedy.namespace+`.example"}]`)
	greedy.waitFor(v1alpha1.ExposureReadyCondition, metav1.ConditionFalse, "HostConflict", "still that of production")
	if got := fetch(greedy, "justice-development", &corev1.Service{}).Annotations["external-dns.alpha.kubernetes.io/hostname"]; got != "partage-dev."+greedy.namespace+".example" {
		greedy.Errorf("development has the host %s", got)
	}
	greedy.kubectl("delete", "stn", "justice")
	third.waitReady()
}
