package controllers_test

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"

	"voute.dev/voute/internal/version"
)

// upgrades replace the operator's process by another one.
var upgrades = []scenario{
	{"another operator takes over and writes nothing", restarts},
	{"a newer operator takes over and writes nothing", upgraded},
}

func restarts(n *tenant) { n.replaceOperator(func() { n.restart(n.T) }) }

// upgraded: nothing that is desired may follow the operator's own version, or
// an upgrade of it would restart every client's server.
func upgraded(n *tenant) {
	become := func(to string) {
		n.stopOperator() // nobody may read the version while it changes
		version.Version = to
		n.startManager(n.T)
	}
	defer become(version.Version)
	n.replaceOperator(func() { become("99.1.2") })
}

// replaceOperator counts what another process writes to Kubernetes and to Vault
// once it has looked at everything, while use moves below its threshold.
func (n *tenant) replaceOperator(replace func()) {
	n.becomeReady()
	n.vault.Add(n.namespace + ".justice-production.2026-12-03")
	n.use(100_000_000)
	n.eventuallyUsed(100_000_000)
	n.quiet()
	generations, inVault, mark := n.generations(), n.vault.Writes(), n.written.total()
	looks := n.looks()
	n.use(130_000_000)
	replace()
	eventually(n.T, "the new process has looked at every object", func() error {
		for object, before := range looks {
			if n.looks()[object] == before {
				return fmt.Errorf("not at %s", object)
			}
		}
		return nil
	})
	n.quiet()
	if asked := n.writesSince(mark); len(asked) > 0 {
		n.Errorf("the operator that took over wrote %v", asked)
	}
	if now := n.vault.Writes(); now != inVault {
		n.Errorf("it wrote to Vault %d times", now-inVault)
	}
	if now := n.generations(); now != generations {
		n.Errorf("the Deployments went from generations %s to %s", generations, now)
	}
	n.waitReady()
}

func (n *tenant) eventuallyUsed(bytes int64) {
	n.Helper()
	eventually(n.T, "use is shown", func() error {
		if got := n.production().Used; got == nil || got.Value() != bytes {
			return fmt.Errorf("it shows %v", got)
		}
		return nil
	})
}

// looks is how often the operator has read each object from the API server.
func (n *tenant) looks() map[string]int {
	looks := map[string]int{}
	for _, e := range []string{"justice-production", "justice-development"} {
		for resource, name := range map[string]string{
			"deployments": e, "services": e, "configmaps": e, "serviceaccounts": e, "persistentvolumeclaims": e,
			"networkpolicies": e, "certificates": e + "-scan",
		} {
			looks[resource+" "+name] = n.requests.count("get", resource, n.namespace, name)
		}
	}
	return looks
}

func (n *tenant) generations() string {
	n.Helper()
	return fmt.Sprint(fetch(n, "justice-production", &appsv1.Deployment{}).Generation, " and ",
		fetch(n, "justice-development", &appsv1.Deployment{}).Generation)
}
