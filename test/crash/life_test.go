package crash

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
)

// phase is one part of a client's life.
type phase struct {
	name string
	do   func(*tenant)
	// serves: the tenant is ready at the end; else it is gone.
	serves bool
	// least is how many different writes every life has in it, but for one.
	least int
	// edits is how many things are changed, each of which may bring the same fact about.
	edits int
}

// phases in their order: each begins where the one before has ended.
var phases = []phase{
	{"creation", create, true, 23, 1},
	{"roll-out", rollOut, true, 6, 2},
	{"update", update, true, 17, 4},
	{"deletion that retains", retain, false, 14, 1},
	{"creation over what was retained", createAgain, true, 22, 2},
	{"deletion that destroys", destroy, false, 32, 3},
}

// outcome is what a phase comes to when nothing disturbs it.
type outcome struct {
	state  string
	writes []string
}

// looks is how often each server is asked, without anything being written,
// before the operator is at rest.
const looks = 3

// undisturbed lives through all phases twice, in the same way.
func undisturbed(n *tenant) []outcome {
	n.Helper()
	o := n.startOperator(n.T, n.namespace, order{})
	defer o.stop()
	var lives []outcome
	for _, p := range append(slices.Clone(phases), phases...) {
		o.give(n.T, order{})
		before := n.facts()
		p.do(n)
		eventually(n.T, p.name, func() error { return n.atEnd(p) })
		now := outcome{writes: n.rest(p, o)}
		now.state = n.state()
		if _, lines := n.facts().since(before).tooMany(p.edits); len(lines) > 0 {
			n.Errorf("%s: told too often: %s", p.name, strings.Join(lines, "; "))
		}
		if again := len(lives) - len(phases); again >= 0 && lives[again].state != now.state {
			n.Fatalf("%s: two undisturbed lives differ: %s", p.name, difference(now.state, lives[again].state))
		}
		lives = append(lives, now)
	}
	return lives[:len(phases)]
}

// rest waits until nothing is written while the operators look at everything
// several times, and gives what was written before.
func (n *tenant) rest(p phase, operators ...*operator) (all []string) {
	n.Helper()
	servers := 1
	if strings.HasPrefix(p.name, "creation") {
		servers = 2
	}
	seen := make([]int, len(operators))
	eventually(n.T, "the operator comes to rest after "+p.name, func() error {
		time.Sleep(500 * time.Millisecond)
		least := looks * servers
		for i, o := range operators {
			told, alive := o.give(n.T, order{})
			n.staysHome(told.Writes)
			if all, seen[i] = append(all, told.Writes...), seen[i]+told.Looks; len(told.Writes) > 0 {
				clear(seen)
				return fmt.Errorf("it writes %v", told.Writes)
			}
			if !alive {
				n.Fatalf("the operator has ended: %s", o.command.ProcessState)
			}
			least = min(least, seen[i])
		}
		if p.serves && least < looks*servers {
			return errors.New("it has not looked often enough")
		}
		return nil
	})
	return all
}

// staysHome fails for a write elsewhere: the operators of several clients would
// do each other's work, and it would prove nothing that one of them ends.
func (n *tenant) staysHome(writes []string) {
	n.Helper()
	for _, write := range writes {
		if !strings.Contains(write, "/"+n.namespace+"/") && !strings.Contains(write, "/"+n.namespace+".") {
			n.Errorf("the operator writes elsewhere: %s", write)
		}
	}
}

// atEnd is a quick look whether the phase may be over.
func (n *tenant) atEnd(p phase) error {
	tenant := &v1alpha1.SharingTenant{}
	err := n.kube.Get(n.Context(), client.ObjectKey{Namespace: n.namespace, Name: "justice"}, tenant)
	if !p.serves {
		if err == nil {
			return fmt.Errorf("the tenant is there: %+v", tenant.Status.Conditions)
		}
		return client.IgnoreNotFound(err)
	}
	if err != nil {
		return err
	}
	ready := meta.FindStatusCondition(tenant.Status.Conditions, v1alpha1.ReadyCondition)
	if ready == nil || ready.Status != "True" || ready.ObservedGeneration != tenant.Generation {
		return fmt.Errorf("the tenant is not ready: %+v", tenant.Status.Conditions)
	}
	return nil
}

// settled compares with the end of an undisturbed life.
func (n *tenant) settled(p phase, want outcome) error {
	if err := n.atEnd(p); err != nil {
		return err
	}
	if got := n.state(); got != want.state {
		return errors.New(difference(got, want.state))
	}
	return nil
}
