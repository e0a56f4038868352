package crash

import (
	"fmt"
	"os"
	"testing"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"voute.dev/voute/test/apiserver"
)

func TestMain(m *testing.M) {
	if file := os.Getenv(operatorVariable); file != "" {
		if err := operate(file); err != nil {
			fmt.Fprintln(os.Stderr, "operator:", err)
			os.Exit(1)
		}
		return
	}
	ctrl.SetLogger(logr.Discard())        // the tests' own clients have nothing to tell
	os.Exit(apiserver.RunTogether(m, 16)) // all lives at once
}

// soak asks for the long campaign.
var soak = os.Getenv("VOUTE_SOAK") != ""

// TestDisturbed lets clients, and fleets, live through the same life, disturbed in
// every way there is, and compares with one that was not.
func TestDisturbed(t *testing.T) {
	s := newStage(t)
	want := undisturbed(s.newTenant(t, "client-undisturbed"), alone)
	fleet := undisturbed(s.newFleet(t, "fleet-undisturbed"), together)
	t.Run("side by side", func(t *testing.T) {
		everyLife(t, s.newTenant, "client", want)
		everyLife(t, s.newFleet, "fleet", fleet)
		t.Run("fleet: each operator knows it from its statuses alone", func(t *testing.T) {
			t.Parallel()
			forgettingLife(newFaulty(s.newFleet(t, "fleet-forgotten"), fleet))
		})
		t.Run("cert-manager is slow, then refuses", func(t *testing.T) {
			t.Parallel()
			slowCertificates(newFaulty(s.newTenant(t, "client-slow"), want))
		})
		t.Run("the leader is killed", func(t *testing.T) {
			t.Parallel()
			lostLeader(newFaulty(s.newTenant(t, "client-leader"), want, elected))
		})
	})
	t.Run("Vault is sealed, and ends", func(t *testing.T) { lostVault(newFaulty(s.newTenant(t, "client-sealed"), want)) })
	t.Run("the API server ends", func(t *testing.T) { lostServer(t, s, want) })
}

// everyLife disturbs a life in every way that does with any.
func everyLife(t *testing.T, newOne func(*testing.T, string) *tenant, name string, want []outcome) {
	for _, mode := range modes() {
		t.Run(name+": the operator ends at each write, "+mode, func(t *testing.T) {
			t.Parallel()
			cutLife(newOne(t, name+"-"+mode), mode, want)
		})
	}
	for loop, at := range loops() {
		t.Run(name+": no operator lives long, "+loop, func(t *testing.T) {
			t.Parallel()
			loopingLife(newFaulty(newOne(t, name+"-"+loop), want), at)
		})
	}
	t.Run(name+": every first answer is lost", func(t *testing.T) {
		t.Parallel()
		deafLife(newFaulty(newOne(t, name+"-deaf"), want))
	})
	t.Run(name+": two operators at once", func(t *testing.T) {
		t.Parallel()
		crowdedLife(newFaulty(newOne(t, name+"-crowded"), want))
	})
}

// modes: a process ends at each write in one way or the other; in the long
// campaign there is a life for each way.
func modes() []string {
	if soak {
		return []string{answered, unanswered}
	}
	return []string{mixed}
}

// loops are how many writes operators live for that live no longer. One that
// deletes what is gone already, as it must where it cannot look, is not counted.
func loops() map[string]order {
	all := map[string]order{"three-writes": {Mode: brief, Write: 3}}
	if soak {
		all["one-write"], all["two-writes"] = order{Mode: brief, Write: 1}, order{Mode: brief, Write: 2}
	}
	return all
}
