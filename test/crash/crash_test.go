package crash

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
)

func TestMain(m *testing.M) {
	if file := os.Getenv(operatorVariable); file != "" {
		if err := operate(file); err != nil {
			fmt.Fprintln(os.Stderr, "operator:", err)
			os.Exit(1)
		}
		return
	}
	ctrl.SetLogger(logr.Discard()) // the tests' own clients have nothing to tell
	flag.Parse()
	// Clients wait for their operators most of the time: all live at once.
	if err := flag.Set("test.parallel", "16"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// soak asks for the long campaign.
var soak = os.Getenv("VOUTE_SOAK") != ""

const undisturbedNamespace = "client-undisturbed"

// TestDisturbed lets clients live through the same life, disturbed in every way
// there is, and compares with one that was not.
func TestDisturbed(t *testing.T) {
	s := newStage(t)
	want := undisturbed(s.newTenant(t, undisturbedNamespace))
	t.Run("side by side", func(t *testing.T) {
		for _, mode := range []string{answered, unanswered} {
			t.Run("the operator ends at each write, "+mode, func(t *testing.T) {
				t.Parallel()
				cutLife(s.newTenant(t, "client-"+mode), mode, want)
			})
		}
		for name, at := range loops() {
			t.Run("no operator lives long, "+name, func(t *testing.T) {
				t.Parallel()
				loopingLife(newFaulty(t, s, name, want), at)
			})
		}
		t.Run("every first answer is lost", func(t *testing.T) {
			t.Parallel()
			deafLife(newFaulty(t, s, "deaf", want))
		})
		t.Run("two operators at once", func(t *testing.T) {
			t.Parallel()
			crowdedLife(newFaulty(t, s, "crowded", want))
		})
		t.Run("cert-manager is slow, then refuses", func(t *testing.T) {
			t.Parallel()
			slowCertificates(newFaulty(t, s, "slow", want))
		})
		t.Run("the leader is killed", func(t *testing.T) {
			t.Parallel()
			lostLeader(newFaulty(t, s, "leader", want, elected))
		})
	})
	t.Run("Vault is sealed, and ends", func(t *testing.T) { lostVault(newFaulty(t, s, "sealed", want)) })
	t.Run("the API server ends", func(t *testing.T) { lostServer(t, s, want) })
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
