package controllers_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"voute.dev/voute/api/v1alpha1"
)

// TestOperator tries the whole operator on a real API server.
func TestOperator(t *testing.T) {
	w := newWorld(t)
	for _, each := range []struct {
		name string
		test func(*tenant)
	}{
		{"a tenant becomes ready, and then nothing is written", becomesReady},
		{"without a policy no address is opened", withoutPolicy},
		{"without a pilot no address is opened", withoutPilot},
		{"a read that fails opens no address", unreadable},
		{"a live tenant outlives its policy", outlivesPolicy},
		{"a live tenant outlives its pilots", outlivesPilots},
		{"Vault sealed: all else is done, and recovers", vaultSealed},
		{"what others change is put back", repairs},
		{"a live server comes back without cert-manager", returnsUncertified},
		{"deleted with Retain, found again", retains},
		{"deleted with Destroy, nothing is left", destroys},
		{"a namespace that goes takes the tenant along", namespaceGoes},
		{"a larger quota grows the volume", grows},
		{"a volume that cannot grow keeps its quota", cannotGrow},
		{"another's volume is refused", refusesVolume},
		{"use moves the status, a little use does not", usageMoves},
		{"a server that is silent for a moment changes nothing", silentServer},
		{"a configuration is in force when the server says so", configurationOnItsWay},
		{"a version that is not known stalls", unknownVersion},
		{"cert-manager's own words are shown", unknownIssuer},
		{"one host, two tenants", hostConflict},
		{"a live tenant does not take another's host", keepsItsHost},
		{"an environment taken out of the spec goes", environmentGoes},
		{"a certificate that was bought is mounted by name", boughtCertificate},
		{"two pilots with one address", duplicatePilots},
		{"a pilot without a tenant", pilotWithoutTenant},
		{"a pilot's progress is shown", pilotProgress},
		{"the last pilot is held", lastPilot},
		{"a policy in use is held", policyInUse},
		{"a new platform configuration reaches every tenant", platformChanges},
		{"another operator takes over and writes nothing", restarts},
	} {
		t.Run(each.name, func(t *testing.T) { each.test(w.newTenant(t)) })
	}
	t.Run("a tool that knows kstatus sees every state as it is", w.watcher.report)
}

// waitFor waits for a condition of the tenant's current generation.
func (n *tenant) waitFor(kind string, want metav1.ConditionStatus, reason string, parts ...string) *v1alpha1.SharingTenant {
	n.Helper()
	var tenant *v1alpha1.SharingTenant
	eventually(n.T, kind+" is "+string(want)+" "+reason, func() error {
		tenant = n.get()
		got := meta.FindStatusCondition(tenant.Status.Conditions, kind)
		if got == nil || got.Status != want || got.ObservedGeneration != tenant.Generation || (reason != "" && got.Reason != reason) {
			return fmt.Errorf("it is %+v; all: %s", got, n.summary(tenant))
		}
		for _, part := range parts {
			if !strings.Contains(got.Message, part) {
				return fmt.Errorf("its message lacks %q: %s", part, got.Message)
			}
		}
		return nil
	})
	return tenant
}

func (n *tenant) summary(tenant *v1alpha1.SharingTenant) string {
	var lines []string
	for _, c := range tenant.Status.Conditions {
		lines = append(lines, fmt.Sprintf("\n  %s=%s %s: %s", c.Type, c.Status, c.Reason, c.Message))
	}
	return strings.Join(lines, "")
}

func (n *tenant) waitReady() *v1alpha1.SharingTenant {
	n.Helper()
	return n.waitFor(v1alpha1.ReadyCondition, metav1.ConditionTrue, "")
}

func (n *tenant) becomeReady() *v1alpha1.SharingTenant {
	n.Helper()
	n.apply(retentionYAML, pilotYAML, tenantYAML)
	return n.waitReady()
}

func becomesReady(n *tenant) {
	tenant := n.becomeReady()
	for _, e := range tenant.Status.Environments {
		if e.URL == "" || e.Version != "0.1.0" || e.CertificateNotAfter == nil || e.Used == nil || *e.UsedPercent != 0 {
			n.Errorf("the status of %s is %+v", e.Name, e)
		}
	}
	if billing := tenant.Status.Billing; billing == nil || billing.Annual != "3500.00" || billing.Monthly != "291.67" {
		n.Errorf("billing is %+v", billing)
	}
	table := n.kubectl("get", "stn")
	for _, part := range []string{"justice", "True", "https://partage." + n.namespace + ".example", "0.1.0", "20G", "291.67"} {
		if !strings.Contains(table, part) {
			n.Errorf("the table lacks %q:\n%s", part, table)
		}
	}
	n.quiet()
}

// quiet fails if anything is written while the operator looks at everything
// several times over.
func (n *tenant) quiet() {
	n.Helper()
	eventually(n.T, "the operator comes to rest", func() error {
		before := n.written.total()
		time.Sleep(2 * time.Second)
		if after := n.written.since(before); len(after) > 0 {
			return fmt.Errorf("it writes %v", after)
		}
		return nil
	})
}
