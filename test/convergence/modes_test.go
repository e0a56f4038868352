package convergence

import (
	"errors"
	"math/rand/v2"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"voute.dev/voute/internal/vault"
	"voute.dev/voute/test/memoryapi"
)

// mode says how hard an operator has it while people edit.
type mode struct {
	name string
	// lag is by how many changes a cache may be behind, at the most.
	lag int
	// conflicts: the first write to each object after each edit is refused.
	conflicts bool
	// fails and lost are shares of the calls: not done at all, and done without an answer.
	fails, lost float64
	// certificates is what cert-manager does: slow or refusing; else it issues.
	certificates string
	// sealed is the share of rounds in which Vault serves nobody.
	sealed float64
	// operators is how many there are, none of which leads.
	operators int
}

var modes = []mode{
	{name: "in peace", operators: 1},
	{name: "a stale cache", operators: 1, lag: 8},
	{name: "conflicts", operators: 1, conflicts: true},
	{name: "failures", operators: 1, fails: 0.1, lost: 0.05},
	{name: "a slow cert-manager", operators: 1, certificates: "slow"},
	{name: "a refusing cert-manager", operators: 1, certificates: "refusing"},
	{name: "a sealed Vault", operators: 1, sealed: 0.4},
	{name: "two operators", operators: 2},
	{name: "two operators with stale caches", operators: 2, lag: 8},
	{name: "everything at once", operators: 2, lag: 8, conflicts: true, fails: 0.05, lost: 0.05, sealed: 0.2},
}

var errLost = errors.New("the connection is lost")

// faults makes calls fail as the mode says, until it is over.
type faults struct {
	rng  *rand.Rand
	mode mode
	// whole is the mode as it was before faults were over.
	whole mode
	// refused are the objects that have had their conflict since the last edit.
	refused map[memoryapi.Call]bool
	// removed counts the objects that operators have removed.
	removed int
}

func newFaults(rng *rand.Rand, m mode) *faults {
	return &faults{rng: rng, mode: m, whole: m, refused: map[memoryapi.Call]bool{}}
}

// edited lets every first write be refused anew.
func (f *faults) edited() { clear(f.refused) }

// over ends all faults.
func (f *faults) over() { f.mode = mode{} }

// turns is how often a condition may turn after one edit: away from what was so
// and back, once for each environment, since a version comes to one after the other. Each call that fails may show in a condition and be over in the
// next round, as may each thing that a cache, or one of two operators, has not
// seen yet.
func (f *faults) turns() int {
	allowed := 4 * f.whole.operators
	if f.whole.fails > 0 || f.whole.lag > 0 {
		allowed += 8
	}
	return allowed
}

func (f *faults) lag() int {
	if f.mode.lag == 0 {
		return 0
	}
	return f.rng.IntN(f.mode.lag + 1)
}

func (f *faults) around(call memoryapi.Call, do func() error) error {
	if f.mode.conflicts && call.IsWrite() && !f.refused[call] {
		f.refused[call] = true
		return apierrors.NewConflict(schema.GroupResource{Resource: call.Kind}, call.Name, errors.New("as asked"))
	}
	draw := f.rng.Float64()
	if draw < f.mode.fails {
		return errLost
	}
	err := do()
	if err == nil && call.Verb == "delete" {
		f.removed++
	}
	if draw < f.mode.fails+f.mode.lost {
		return errLost
	}
	return err
}

// hinder makes cert-manager and Vault as the mode has them for a round.
func (w *world) hinder() (relieve func()) {
	relieve = func() {}
	switch m := w.faults.mode; {
	case m.certificates == "slow" && w.rng.IntN(3) > 0:
		relieve = w.cluster.Hold(namespace, "Certificate")
	case m.certificates == "refusing" && w.rng.IntN(3) > 0:
		relieve = w.cluster.Refuse(namespace)
	case w.rng.Float64() < m.sealed:
		w.vault.Fail(vault.Sealed)
		relieve = func() { w.vault.Fail("") }
	}
	return relieve
}
