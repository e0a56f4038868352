package crash

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
)

// phase is one part of a client's life.
type phase struct {
	name string
	do   func(*tenant)
	// ends says whether it may be over, by a quick look.
	ends func(*tenant) error
	// servers is how many run at its end.
	servers int
	// least is how many different writes every life has in it, but for one.
	least int
	// edits is how many things are changed, each of which may bring the same fact about.
	edits int
}

// alone is the life of one client, in phases of which each begins where the one
// before has ended.
var alone = []phase{
	{"creation", create, served("justice"), 2, 23, 1},
	{"roll-out", rollOut, served("justice"), 2, 6, 2},
	{"update", update, served("justice"), 1, 17, 4},
	{"deletion that retains", retain, gone, 0, 14, 1},
	{"creation over what was retained", createAgain, served("justice"), 2, 22, 2},
	{"deletion that destroys", destroy, gone, 0, 32, 3},
}

// outcome is what a phase comes to when nothing disturbs it.
type outcome struct {
	phase
	state  string
	writes []string
}

// looks is how often each server is asked, without anything being written,
// before the operator is at rest.
const looks = 3

// undisturbed lives through all phases of a life twice, in the same way.
func undisturbed(n *tenant, life []phase) []outcome {
	n.Helper()
	o := n.startOperator(n.T, n.namespace, order{})
	defer o.stop()
	var lives []outcome
	for i, p := range append(slices.Clone(life), life...) {
		if i%len(life) == 0 {
			n.begin()
		}
		o.give(n.T, order{})
		before := n.facts()
		p.do(n)
		eventually(n.T, p.name, func() error { return p.ends(n) })
		now := outcome{phase: p}
		for _, write := range n.rest(p, o) {
			now.writes = append(now.writes, strings.ReplaceAll(write, n.namespace, "NAMESPACE"))
		}
		now.state = n.state()
		if _, lines := n.facts().since(before).tooMany(p.edits); len(lines) > 0 {
			n.Errorf("%s: told too often: %s", p.name, strings.Join(lines, "; "))
		}
		if again := len(lives) - len(life); again >= 0 && lives[again].state != now.state {
			n.Fatalf("%s: two undisturbed lives differ: %s", p.name, difference(now.state, lives[again].state))
		}
		lives = append(lives, now)
	}
	return lives[:len(life)]
}

// rest waits until nothing is written while the operators look at everything
// several times, and gives what was written before.
func (n *tenant) rest(p phase, operators ...*operator) (all []string) {
	n.Helper()
	seen := make([]int, len(operators))
	eventually(n.T, "the operator comes to rest after "+p.name, func() error {
		time.Sleep(500 * time.Millisecond)
		least := looks * p.servers
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
		if least < looks*p.servers {
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

// served: these tenants are ready.
func served(names ...string) func(*tenant) error {
	return func(n *tenant) error {
		for _, name := range names {
			if err := n.is(name, v1alpha1.ReadyCondition, "True", ""); err != nil {
				return err
			}
		}
		return nil
	}
}

func gone(n *tenant) error {
	tenant := &v1alpha1.SharingTenant{}
	err := n.kube.Get(n.Context(), client.ObjectKey{Namespace: n.namespace, Name: "justice"}, tenant)
	if err == nil {
		return fmt.Errorf("the tenant is there: %+v", tenant.Status.Conditions)
	}
	return client.IgnoreNotFound(err)
}

// is says whether a condition of a tenant's current generation has a status, and a
// reason where one is given.
func (n *tenant) is(name, kind string, status metav1.ConditionStatus, reason string) error {
	tenant := &v1alpha1.SharingTenant{}
	if err := n.kube.Get(n.Context(), client.ObjectKey{Namespace: n.namespace, Name: name}, tenant); err != nil {
		return err
	}
	return says(tenant, kind, status, reason)
}

func says(tenant *v1alpha1.SharingTenant, kind string, status metav1.ConditionStatus, reason string) error {
	got := meta.FindStatusCondition(tenant.Status.Conditions, kind)
	if got == nil || got.Status != status || (reason != "" && got.Reason != reason) || got.ObservedGeneration != tenant.Generation {
		return fmt.Errorf("%s is not %s %s: %+v", tenant.Name, kind, status, tenant.Status.Conditions)
	}
	return nil
}

// settled compares with the end of an undisturbed life.
func (n *tenant) settled(want outcome) error {
	if err := want.ends(n); err != nil {
		return err
	}
	got, state := n.state(), want.state
	if n.crowded {
		got, state = withoutGenerations(got), withoutGenerations(state)
	}
	if got != state {
		return errors.New(difference(got, state))
	}
	return nil
}
