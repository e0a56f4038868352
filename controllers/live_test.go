package controllers_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"voute.dev/voute/api/v1alpha1"
)

// scenario is one thing that the operator is tried with.
type scenario struct {
	name string
	test func(*tenant)
}

// TestOperator tries the whole operator on a real API server.
func TestOperator(t *testing.T) {
	w := newWorld(t)
	t.Run("hostile input", w.hostileInput) // first, while its figures are those of its own tenants
	t.Run("side by side", func(t *testing.T) { w.try(t, sideBySide, true) })
	t.Run("alone", func(t *testing.T) { w.try(t, alone, false) })
	t.Run("woken by watches only", func(t *testing.T) {
		w.pace.Settled = never
		w.restart(t)
		w.try(t, woken, true)
	})
	t.Run("what a test has left can be deleted, whatever it was about", w.gone)
	t.Run("a tool that knows kstatus sees every state as it is", w.watcher.report)
	t.Run("every right is used", w.requests.useEveryRight)
	t.Run("nothing secret and nobody's name is told", w.tellsNoSecret)
	t.Run("metadata alone is cached of what others may own, and no Secret is read", w.requests.cacheLittle)
}

// never is longer than any test takes: what is seen by then, a watch has told.
const never = 24 * time.Hour

func (w *world) try(t *testing.T, scenarios []scenario, together bool) {
	for _, each := range scenarios {
		t.Run(each.name, func(t *testing.T) {
			if together {
				t.Parallel()
			}
			each.test(w.newTenant(t))
		})
	}
}

// sideBySide are about one client, in a namespace of its own.
var sideBySide = slices.Concat([]scenario{
	{"a tenant becomes ready, and then nothing is written", becomesReady},
	{"without a policy no address is opened", withoutPolicy},
	{"without a pilot no address is opened", withoutPilot},
	{"a read that fails closes no address", unreadable},
	{"a live tenant outlives its policy", outlivesPolicy},
	{"a live tenant outlives its pilots", outlivesPilots},
	{"what others change is put back", repairs},
	{"a live server comes back without cert-manager", returnsUncertified},
	{"a larger quota grows the volume", grows},
	{"a volume that cannot grow keeps its quota", cannotGrow},
	{"another's volume is refused", refusesVolume},
	{"use moves the status, a little use does not", usageMoves},
	{"a server that is silent for a moment changes nothing", silentServer},
	{"a configuration is in force when the server says so", configurationOnItsWay},
	{"a configuration that servers would refuse is not written", unknownType},
	{"a version that is not known stalls", unknownVersion},
	{"a change waits for its time", changeWaits},
	{"a change that is taken back before its time is none", changeCancelled},
	{"what interrupts nobody does not wait", freeChange},
	{"an emergency does not wait", emergency},
	{"a version that never gets ready is taken back", takenBack},
	{"a version that may not follow is refused", versionRefused},
	{"a calendar that cannot be stops changes only", calendarInvalid},
	{"a suspended tenant is left alone", suspended},
	{"an environment is not ended before its time", endWaits},
	{"what runs is put back while a change waits", repairedWhileWaiting},
	{"the memory of what runs is put back", revisionRepaired},
	{"cert-manager's own words are shown", unknownIssuer},
	{"a live tenant does not take another's host", keepsItsHost},
	{"an environment taken out of the spec goes", environmentGoes},
	{"a certificate that was bought is mounted by name", boughtCertificate},
	{"two pilots with one address", duplicatePilots},
	{"a pilot without a tenant", pilotWithoutTenant},
	{"a pilot's progress is shown", pilotProgress},
	{"the last pilot is held", lastPilot},
	{"a policy in use is held", policyInUse},
	{"deleted with Retain, found again", retains},
	{"a namespace that goes takes the tenant along", namespaceGoes},
}, deletions, hosts, releases)

// alone are about what all clients share: Vault, the platform configuration,
// the operator's process.
var alone = slices.Concat([]scenario{
	{"Vault sealed: all else is done, and recovers", vaultSealed},
	{"deleted with Destroy, nothing is left", destroys},
	{"a new platform configuration reaches every tenant", platformChanges},
	{"a host that the platform does not allow is not opened, and not closed", hostNotAllowed},
}, deletionsWithoutVault, upgrades, outages)

// woken are tried while the operator looks at nothing that settled by itself.
var woken = slices.Concat(identities, mends)

// waitFor waits for a condition of the tenant's current generation.
func (n *tenant) waitFor(kind string, want metav1.ConditionStatus, reason string, parts ...string) *v1alpha1.SharingTenant {
	n.Helper()
	var tenant *v1alpha1.SharingTenant
	eventually(n.T, kind+" is "+string(want)+" "+reason, func() error {
		tenant = n.get()
		got := meta.FindStatusCondition(tenant.Status.Conditions, kind)
		if got == nil || got.Status != want || got.ObservedGeneration != tenant.Generation || (reason != "" && got.Reason != reason) {
			return fmt.Errorf("it is %+v; all: %s", got, summary(tenant))
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

func summary(tenant *v1alpha1.SharingTenant) string {
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
		if after := n.writesSince(before); len(after) > 0 {
			return fmt.Errorf("it writes %v", after)
		}
		return nil
	})
}

// writesSince gives what was written into this client's namespace.
func (n *tenant) writesSince(mark int) []string {
	return slices.DeleteFunc(n.written.since(mark), func(asked string) bool {
		return !strings.Contains(asked+"/", "/namespaces/"+n.namespace+"/")
	})
}
