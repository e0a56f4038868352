package fleet_test

import (
	"fmt"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/calendar"
	"voute.dev/voute/internal/fleet"
	"voute.dev/voute/internal/rollout"
)

var (
	now    = time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	fix    = rollout.Change{Class: calendar.Fix, Reason: "version 1.4.0 → 1.4.1", From: "1.4.0", To: "1.4.1"}
	memory = rollout.Change{Class: calendar.Maintenance, Reason: "server: resources", From: "1.4.0", To: "1.4.0"}
	// open are rules that hold nobody but by the slots.
	open = fleet.Rules{Slots: 2, HaltAfter: 100}
)

func production(number int) fleet.Key {
	return fleet.Key{Tenant: tenant(number), Environment: v1alpha1.ProductionEnvironment}
}

func tenant(number int) types.NamespacedName {
	name := fmt.Sprintf("client-%03d", number)
	return types.NamespacedName{Namespace: name, Name: name}
}

// wakes are those who were woken, in their order.
type wakes struct{ names []string }

func (w *wakes) note(name types.NamespacedName) { w.names = append(w.names, name.Name) }

func (w *wakes) want(t *testing.T, names ...string) {
	t.Helper()
	if diff := cmp.Diff(names, w.names); diff != "" {
		t.Errorf("woken: %s", diff)
	}
	w.names = nil
}

func claim(t *testing.T, l *fleet.Ledger, number int, change rollout.Change, rules fleet.Rules, want string) {
	t.Helper()
	answer := l.Claim(production(number), change, rules, now)
	granted, waitsFor := answer.Granted, answer.WaitsFor
	if answer.IsNext != strings.Contains(waitsFor, "places of those") {
		t.Errorf("%s is next: %v, and waits for %s", tenant(number), answer.IsNext, waitsFor)
	}
	if granted != (want == "") || !strings.HasPrefix(waitsFor, want) || granted != (waitsFor == "") {
		t.Errorf("%s: granted: %v, waits for %q; want %q", tenant(number), granted, waitsFor, want)
	}
}

const (
	slots = "one of the 2 places of those that change at the same time"
	first = "the first clients, 10 % of them, to run version 1.4.1 healthy for 24 hours"
)

func TestSlots(t *testing.T) {
	woken := &wakes{}
	l := fleet.New(woken.note)
	claim(t, l, 1, memory, open, "")
	claim(t, l, 1, memory, open, "") // who holds one needs no second
	claim(t, l, 2, memory, open, "")
	claim(t, l, 2, memory, open, "")
	for _, number := range []int{3, 4, 3, 5} {
		claim(t, l, number, memory, open, slots)
	}
	woken.want(t)
	l.Note(production(1), fleet.Line{Changes: true})
	woken.want(t)
	l.Note(production(1), fleet.Line{})
	l.Note(production(1), fleet.Line{})
	woken.want(t, "client-003")
	claim(t, l, 3, memory, open, "")
	l.Forget(tenant(2))
	woken.want(t, "client-004")
	claim(t, l, 4, memory, open, "")
	claim(t, l, 6, memory, open, slots)
	l.Note(production(3), fleet.Line{})
	woken.want(t, "client-005")
}

// One who waits no longer would be woken for nothing, and the slot stay free.
func TestWhoWaitsNoLongerIsNotWoken(t *testing.T) {
	for name, leave := range map[string]func(*testing.T, *fleet.Ledger){
		"its change is withdrawn": func(_ *testing.T, l *fleet.Ledger) { l.Note(production(3), fleet.Line{}) },
		"it is deleted":           func(_ *testing.T, l *fleet.Ledger) { l.Forget(tenant(3)) },
		"there are more slots":    func(t *testing.T, l *fleet.Ledger) { claim(t, l, 3, memory, fleet.Rules{Slots: 3, HaltAfter: 1}, "") },
		"it is halted": func(t *testing.T, l *fleet.Ledger) {
			l.Note(production(9), fleet.Line{Failed: memory.Key()})
			claim(t, l, 3, memory, fleet.Rules{Slots: 2, HaltAfter: 1}, "a person: it failed with 1 client (client-009/client-009) and")
		},
	} {
		t.Run(name, func(t *testing.T) {
			woken := &wakes{}
			l := fleet.New(woken.note)
			claim(t, l, 1, memory, open, "")
			claim(t, l, 2, memory, open, "")
			claim(t, l, 3, memory, open, slots)
			claim(t, l, 4, memory, open, slots)
			leave(t, l)
			l.Note(production(1), fleet.Line{})
			woken.want(t, "client-004")
		})
	}
}

// Who is woken and takes no slot leaves it to the next, and to nobody twice.
func TestWhoDoesNotTakeTheSlotPassesItOn(t *testing.T) {
	for name, decline := range map[string]func(*testing.T, *fleet.Ledger){
		"its window has closed":   func(_ *testing.T, l *fleet.Ledger) { l.Note(production(3), fleet.Line{Pending: true}) },
		"its change is withdrawn": func(_ *testing.T, l *fleet.Ledger) { l.Note(production(3), fleet.Line{}) },
		"it is deleted":           func(_ *testing.T, l *fleet.Ledger) { l.Forget(tenant(3)) },
		"it is halted": func(t *testing.T, l *fleet.Ledger) {
			l.Note(production(9), fleet.Line{Failed: memory.Key()})
			claim(t, l, 3, memory, fleet.Rules{Slots: 2, HaltAfter: 1}, "a person: ")
		},
	} {
		t.Run(name, func(t *testing.T) {
			woken := &wakes{}
			l := fleet.New(woken.note)
			claim(t, l, 1, memory, open, "")
			claim(t, l, 2, memory, open, "")
			for _, number := range []int{3, 4, 5} {
				claim(t, l, number, memory, open, slots)
			}
			l.Note(production(1), fleet.Line{})
			woken.want(t, "client-003")
			decline(t, l)
			woken.want(t, "client-004")
			l.Note(production(3), fleet.Line{})
			woken.want(t)
			claim(t, l, 4, memory, open, "")
			woken.want(t)
		})
	}
}

// Another was quicker: the place in the queue is kept.
func TestWhoIsWokenInVainIsTheNext(t *testing.T) {
	woken := &wakes{}
	l := fleet.New(woken.note)
	claim(t, l, 1, memory, open, "")
	claim(t, l, 2, memory, open, "")
	claim(t, l, 3, memory, open, slots)
	claim(t, l, 4, memory, open, slots)
	l.Note(production(1), fleet.Line{})
	claim(t, l, 5, memory, open, "")
	claim(t, l, 3, memory, open, slots)
	woken.want(t, "client-003")
	l.Note(production(5), fleet.Line{})
	woken.want(t, "client-003")
}

func TestForgetFrees(t *testing.T) {
	woken := &wakes{}
	l := fleet.New(woken.note)
	development := fleet.Key{Tenant: tenant(1), Environment: v1alpha1.DevelopmentEnvironment}
	l.Note(production(1), fleet.Line{Wants: "1.4.1", Changes: true})
	l.Note(development, fleet.Line{Wants: "1.4.1", Changes: true})
	for _, number := range []int{2, 3, 4} {
		claim(t, l, number, memory, open, slots)
	}
	l.Forget(tenant(1), v1alpha1.ProductionEnvironment, v1alpha1.DevelopmentEnvironment)
	woken.want(t)
	l.Forget(tenant(1), v1alpha1.ProductionEnvironment)
	woken.want(t, "client-002")
	l.Forget(tenant(1))
	woken.want(t, "client-003")
	l.Forget(tenant(1))
	woken.want(t)
	if diff := cmp.Diff(map[string]fleet.Standing{}, l.Standings()); diff != "" {
		t.Error(diff)
	}
}

func TestAHaltStaysUntilItsFailuresAreCleared(t *testing.T) {
	l, rules := fleet.New(nil), fleet.Rules{Slots: 10, HaltAfter: 2}
	failed := fleet.Line{Wants: "1.4.1", Runs: "1.4.0", Failed: fix.Key()}
	l.Note(production(1), failed)
	l.Note(fleet.Key{Tenant: tenant(1), Environment: v1alpha1.DevelopmentEnvironment}, failed)
	claim(t, l, 5, fix, rules, "") // two environments are one client
	l.Note(production(2), failed)
	claim(t, l, 6, fix, rules, "a person: it failed with 2 clients (client-001/client-001, client-002/client-002) and is halted; see why, then run "+
		"kubectl annotate sharingtenants --all --all-namespaces --overwrite sharing.voute.dev/try-again=yes")
	claim(t, l, 6, memory, rules, "") // another change goes on
	l.Note(production(3), failed)
	l.Note(production(4), failed)
	claim(t, l, 7, fix, rules, "a person: it failed with 4 clients (client-001/client-001, client-002/client-002, client-003/client-003, …)")
	for _, number := range []int{1, 2, 3} {
		claim(t, l, 7, fix, rules, "a person: ")
		l.Forget(tenant(number))
	}
	claim(t, l, 7, fix, rules, "")
}

// A person's halt comes before every other, and is about those who would move to
// the version: who changes already holds his slot.
func TestAVersionThatAPersonHalted(t *testing.T) {
	rules := fleet.Rules{Slots: 1, HaltAfter: 1, CanaryPercent: 10, Healthy: 24 * time.Hour, Halted: map[string]string{"1.4.1": "uploads are cut off", "1.4.0": "x"}}
	woken := &wakes{}
	l := fleet.New(woken.note)
	l.Note(production(1), fleet.Line{Wants: "1.4.1", Runs: "1.4.1", Changes: true})
	l.Note(production(2), fleet.Line{Wants: "1.4.1", Runs: "1.4.0", Failed: fix.Key()})
	const halted = "a person: the platform team has halted version 1.4.1: uploads are cut off"
	claim(t, l, 3, fix, rules, halted)
	l.Note(production(1), fleet.Line{Wants: "1.4.1", Runs: "1.4.1"})
	woken.want(t) // who is halted does not queue
	claim(t, l, 3, fix, rules, halted)
	claim(t, l, 3, memory, rules, "") // no version moves
	rules.Halted = nil
	claim(t, l, 4, fix, rules, "a person: it failed with 1 client")
}

// What is halted is told while somebody waits for it, and no longer.
func TestHaltedChanges(t *testing.T) {
	l := fleet.New(nil)
	failed := fleet.Line{Wants: "1.4.1", Runs: "1.4.0", Failed: fix.Key(), Pending: true, Awaits: fix.Key()}
	mended := fleet.Line{Wants: "1.4.2", Runs: "1.4.0", Failed: fix.Key(), Pending: true, Awaits: "version 1.4.2"}
	for _, step := range []struct {
		name string
		line fleet.Line
		in   int
		want map[string]int
	}{
		{"one client is not enough", failed, 1, map[string]int{}},
		{"two are", failed, 2, map[string]int{fix.Key(): 2}},
		{"one waits for a mended version", mended, 1, map[string]int{fix.Key(): 2}},
		{"both do", mended, 2, map[string]int{}},
	} {
		l.Note(production(step.in), step.line)
		if got := l.Halted(2); !maps.Equal(got, step.want) {
			t.Errorf("%s: %v; want %v", step.name, got, step.want)
		}
	}
}

func TestTheFirstClients(t *testing.T) {
	rules := fleet.Rules{Slots: 100, HaltAfter: 2, CanaryPercent: 10, Healthy: 24 * time.Hour}
	noted := func(count int) *fleet.Ledger {
		l := fleet.New(nil)
		for number := range count {
			l.Note(production(number), fleet.Line{Wants: "1.4.1", Runs: "1.4.0", HealthySince: now.Add(-1000 * time.Hour)})
		}
		return l
	}
	l := noted(11) // two of eleven
	claim(t, l, 0, fix, rules, "")
	claim(t, l, 1, fix, rules, "")
	claim(t, l, 2, fix, rules, first)
	claim(t, l, 2, memory, rules, "") // no version, no first
	l.Note(production(0), fleet.Line{Wants: "1.4.1", Runs: "1.4.1", HealthySince: now.Add(-24 * time.Hour)})
	claim(t, l, 3, fix, rules, first)
	l.Note(production(1), fleet.Line{Wants: "1.4.1", Runs: "1.4.1", HealthySince: now.Add(-24*time.Hour + 1)})
	claim(t, l, 3, fix, rules, first)
	l.Note(production(1), fleet.Line{Wants: "1.4.1", Runs: "1.4.0", Failed: fix.Key()})
	claim(t, l, 3, fix, rules, "") // another one in its place
	l.Note(production(3), fleet.Line{Wants: "1.4.1", Runs: "1.4.1", HealthySince: now.Add(-25 * time.Hour)})
	claim(t, l, 4, fix, rules, "")
	claim(t, l, 5, fix, rules, "")
	l.Note(production(0), fleet.Line{Wants: "1.4.1", Runs: "1.4.1"})
	claim(t, l, 6, fix, rules, first) // one of them is well no longer

	for percent, want := range map[int]string{0: "", 1: first[:9], 100: ""} {
		rules.CanaryPercent = percent
		l := noted(20)
		claim(t, l, 0, fix, rules, "")
		claim(t, l, 1, fix, rules, want)
	}
}

// When the platform's default moves, the first who ask are known for another
// version still: they must not all be first.
func TestWhoAsksBeforeItIsNotedIsCounted(t *testing.T) {
	l, rules := fleet.New(nil), fleet.Rules{Slots: 100, HaltAfter: 2, CanaryPercent: 10, Healthy: 24 * time.Hour}
	for number := range 20 {
		l.Note(production(number), fleet.Line{Wants: "1.4.0", Runs: "1.4.0"})
	}
	claim(t, l, 0, fix, rules, "")
	claim(t, l, 1, fix, rules, first)
	claim(t, l, 99, fix, rules, first)
}

func TestStandings(t *testing.T) {
	l := fleet.New(nil)
	for number, line := range []fleet.Line{
		{Wants: "1.4.1", Runs: "1.4.1"}, {Wants: "1.4.1", Runs: "1.4.1", Changes: true}, {Wants: "1.4.1", Runs: "1.4.0"},
		{Wants: "1.4.1", Runs: "1.4.0", Failed: fix.Key()}, {Wants: "1.4.1", Runs: "1.4.1", Failed: memory.Key()}, {Wants: "1.4.0", Runs: "1.4.0"},
	} {
		l.Note(production(number), line)
	}
	want := map[string]fleet.Standing{"1.4.1": {Done: 2, Changing: 1, Pending: 1, Failed: 1}, "1.4.0": {Done: 1}}
	if diff := cmp.Diff(want, l.Standings()); diff != "" {
		t.Error(diff)
	}
}

// Everybody waits until he is woken, and for nothing else: a wake that is lost
// leaves this test waiting.
func TestManyAtOnceGetThroughByWakesAlone(t *testing.T) {
	const tenants, rounds = 40, 25
	bells := map[types.NamespacedName]chan struct{}{}
	for number := range tenants {
		bells[tenant(number)] = make(chan struct{}, 1)
	}
	l := fleet.New(func(name types.NamespacedName) {
		select {
		case bells[name] <- struct{}{}:
		default: // it is awake
		}
	})
	rules, changing := fleet.Rules{Slots: 3, HaltAfter: 2}, atomic.Int32{}
	var all sync.WaitGroup
	for number := range tenants {
		all.Go(func() {
			for range rounds {
				for granted := false; !granted; {
					if granted = l.Claim(production(number), memory, rules, now).Granted; granted {
						break
					}
					select {
					case <-bells[tenant(number)]:
					case <-time.After(time.Minute):
						t.Errorf("%s is never woken", tenant(number))
						return
					}
				}
				if many := changing.Add(1); many > 3 {
					t.Errorf("%d change at the same time", many)
				}
				changing.Add(-1)
				l.Note(production(number), fleet.Line{Wants: "1.4.0", Runs: "1.4.0"})
			}
		})
	}
	all.Wait()
}

// A new default is everybody's at once, and not theirs alone who have looked.
func TestWhatAllWantIsKnownBeforeTheyAsk(t *testing.T) {
	l, rules := fleet.New(nil), fleet.Rules{Slots: 100, HaltAfter: 2, CanaryPercent: 10, Healthy: 24 * time.Hour}
	for number := range 20 {
		l.Note(production(number), fleet.Line{Wants: "1.4.0", Runs: "1.4.0", Pending: true, HealthySince: now})
	}
	for number := range 20 {
		l.Want(tenant(number), "1.4.1")
	}
	l.Want(tenant(99), "1.4.1") // nobody knows it yet
	claim(t, l, 0, fix, rules, "")
	claim(t, l, 1, fix, rules, "")
	claim(t, l, 2, fix, rules, first)
	if diff := cmp.Diff(map[string]fleet.Standing{"1.4.1": {Changing: 2, Pending: 18}}, l.Standings()); diff != "" {
		t.Error(diff)
	}
}
