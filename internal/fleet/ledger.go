package fleet

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/rollout"
)

var environments = []v1alpha1.EnvironmentName{v1alpha1.ProductionEnvironment, v1alpha1.DevelopmentEnvironment}

// named is how many clients a sentence lists.
const named = 3

// Key is one environment of one tenant.
type Key struct {
	Tenant      types.NamespacedName
	Environment v1alpha1.EnvironmentName
}

// Line is how far one environment is.
type Line struct {
	// Wants is the version that it is to have; Runs is the one that was started last.
	Wants, Runs string
	// HealthySince is since when that runs without a fault; zero while it does not.
	HealthySince time.Time
	// Changes is true while a change is under way.
	Changes bool
	// Pending is true while one waits, and Awaits is the key of that one.
	Pending bool
	Awaits  string
	// Failed is the key of the change that was taken back; empty for none.
	Failed string
}

// Rules are the platform's.
type Rules struct {
	// Slots is how many environments may change at the same time.
	Slots int
	// CanaryPercent of the clients get a version first, and run it for Healthy.
	CanaryPercent int
	Healthy       time.Duration
	// HaltAfter is how many clients fail before no more start.
	HaltAfter int
	// Halted are the reasons for which people have halted versions, by these.
	Halted map[string]string
}

// Answer is what a claim is told.
type Answer struct {
	Granted bool
	// WaitsFor says what a claim that is not granted waits for, in words that stay
	// the same meanwhile.
	WaitsFor string
	// IsNext is true where that is a place alone: it may be free at any time.
	IsNext bool
}

// Ledger is safe for concurrent use.
type Ledger struct {
	lock  sync.Mutex
	lines map[Key]Line
	tally tally
	// waiting are those who wait for a slot, the first first; wake tells one of
	// them that there is one. Woken are those who were told and have not answered
	// yet: who answers and takes no slot passes the wake on. So as long as a slot
	// is free and somebody waits for it, somebody else has still to answer.
	waiting []Key
	woken   map[Key]bool
	wake    func(types.NamespacedName)
}

// New makes an empty ledger. Wake, which must not wait, is told of a tenant that
// waited for a slot when one is free.
func New(wake func(types.NamespacedName)) *Ledger {
	return &Ledger{lines: map[Key]Line{}, tally: newTally(), woken: map[Key]bool{}, wake: wake}
}

// Note replaces the line of an environment.
func (l *Ledger) Note(key Key, line Line) {
	l.lock.Lock()
	defer l.lock.Unlock()
	freed := l.lines[key].Changes && !line.Changes
	l.put(key, line)
	if !line.Pending || line.Changes {
		l.leave(key)
	}
	if woken := l.answer(key); freed || woken && !line.Changes {
		l.next()
	}
}

// Want notes the version that a tenant is to have from now on. Of nothing else that
// the ledger knows does that say anything.
func (l *Ledger) Want(tenant types.NamespacedName, version string) {
	l.lock.Lock()
	defer l.lock.Unlock()
	for _, environment := range environments {
		key := Key{Tenant: tenant, Environment: environment}
		if line, known := l.lines[key]; known {
			line.Wants = version
			l.put(key, line)
		}
	}
}

// Forget removes the lines of a tenant but for those of the environments given.
func (l *Ledger) Forget(tenant types.NamespacedName, but ...v1alpha1.EnvironmentName) {
	l.lock.Lock()
	defer l.lock.Unlock()
	freed := 0
	for _, environment := range environments {
		if slices.Contains(but, environment) {
			continue
		}
		key := Key{Tenant: tenant, Environment: environment}
		if woken := l.answer(key); woken || l.lines[key].Changes {
			freed++
		}
		l.drop(key)
		l.leave(key)
	}
	for range freed {
		l.next()
	}
}

func (l *Ledger) put(key Key, line Line) {
	l.drop(key)
	l.lines[key] = line
	l.tally.count(key.Environment, line, 1)
}

func (l *Ledger) drop(key Key) {
	if line, known := l.lines[key]; known {
		l.tally.count(key.Environment, line, -1)
		delete(l.lines, key)
	}
}

// next wakes the first who waits for a slot. It is called under the lock.
func (l *Ledger) next() {
	if len(l.waiting) > 0 && l.wake != nil {
		l.woken[l.waiting[0]] = true
		l.wake(l.waiting[0].Tenant)
		l.waiting = l.waiting[1:]
	}
}

// answer tells whether somebody was woken, and takes that for answered.
func (l *Ledger) answer(key Key) (woken bool) {
	woken = l.woken[key]
	delete(l.woken, key)
	return woken
}

// queue is for who waits for a slot: the first of all again, where another took
// the one that he was woken for.
func (l *Ledger) queue(key Key, woken bool) {
	switch {
	case woken:
		l.waiting = slices.Insert(l.waiting, 0, key)
	case !slices.Contains(l.waiting, key):
		l.waiting = append(l.waiting, key)
	}
}

// leave is for who waits for a slot no longer: to wake him would leave it to nobody.
func (l *Ledger) leave(key Key) {
	l.waiting = slices.DeleteFunc(l.waiting, func(k Key) bool { return k == key })
}

// Claim asks for the start of a change, and takes a slot where it is granted.
func (l *Ledger) Claim(key Key, change rollout.Change, rules Rules, now time.Time) Answer {
	l.lock.Lock()
	defer l.lock.Unlock()
	woken := l.answer(key)
	if waitsFor := l.holds(key, change, rules, now); waitsFor != "" {
		l.leave(key)
		if woken {
			l.next()
		}
		return Answer{WaitsFor: waitsFor}
	}
	if l.changingBeside(key) >= rules.Slots {
		l.queue(key, woken)
		return Answer{WaitsFor: placeOf(rules.Slots), IsNext: true}
	}
	l.leave(key)
	l.start(key, change)
	return Answer{Granted: true}
}

func placeOf(slots int) string {
	if slots == 1 {
		return "its turn: one environment changes at a time"
	}
	return fmt.Sprintf("one of the %d places of those that change at the same time", slots)
}

// holds says what has to come before a change, whether there is a slot or not.
func (l *Ledger) holds(key Key, change rollout.Change, rules Rules, now time.Time) string {
	if reason, isHalted := rules.Halted[change.To]; isHalted && change.MovesVersion() {
		return fmt.Sprintf("a person: the platform team has halted version %s: %s", change.To, reason)
	}
	if failed := l.failed(change.Key()); len(failed) >= rules.HaltAfter {
		return halted(failed)
	}
	if change.MovesVersion() && !l.mayLead(key, change.To, rules, now) {
		return fmt.Sprintf("the first clients, %d %% of them, to run version %s healthy for %s", rules.CanaryPercent, change.To, rollout.Lasting(rules.Healthy))
	}
	return ""
}

// start takes a slot. The line may be from before the version was asked for.
func (l *Ledger) start(key Key, change rollout.Change) {
	line := l.lines[key]
	line.Changes, line.Runs, line.HealthySince = true, change.To, time.Time{}
	if change.MovesVersion() {
		line.Wants = change.To
	}
	l.put(key, line)
}

// changingBeside counts the slots that others hold: who holds one already, and
// asks again, needs no second one.
func (l *Ledger) changingBeside(key Key) int {
	if l.lines[key].Changes {
		return l.tally.changing - 1
	}
	return l.tally.changing
}

// failed are the clients with which a change was taken back, in their order.
func (l *Ledger) failed(change string) []string {
	if l.tally.failed[change] == 0 {
		return nil
	}
	var names []string
	for key, line := range l.lines {
		if line.Failed == change && !slices.Contains(names, key.Tenant.String()) {
			names = append(names, key.Tenant.String())
		}
	}
	slices.Sort(names)
	return names
}

// Halted are the changes that wait for a person, by their keys, with how many
// clients each failed. One that nobody asks for any more is over.
func (l *Ledger) Halted(haltAfter int) map[string]int {
	l.lock.Lock()
	defer l.lock.Unlock()
	all := map[string]int{}
	for _, line := range l.lines {
		if _, counted := all[line.Awaits]; counted || line.Awaits == "" {
			continue
		}
		if failed := l.failed(line.Awaits); len(failed) >= haltAfter {
			all[line.Awaits] = len(failed)
		}
	}
	return all
}

func halted(failed []string) string {
	list := strings.Join(failed[:min(len(failed), named)], ", ")
	if len(failed) > named {
		list += ", …"
	}
	clients := "1 client"
	if len(failed) > 1 {
		clients = fmt.Sprintf("%d clients", len(failed))
	}
	return fmt.Sprintf("a person: it failed with %s (%s) and is halted; see why, then run kubectl annotate sharingtenants --all --all-namespaces --overwrite %s=yes",
		clients, list, v1alpha1.TryAgainAnnotation)
}

// mayLead: this environment is among the first to get a version, or they have it
// and have run it for long enough. It counts itself, whatever its line says yet:
// else all would be first who ask before anybody is known to want the version.
func (l *Ledger) mayLead(key Key, version string, rules Rules, now time.Time) bool {
	others := l.tally.cohorts[cohort{key.Environment, version}]
	if own, known := l.lines[key]; known && own.Wants == version {
		others.add(own, -1)
	}
	first := ((others.wants+1)*rules.CanaryPercent + 99) / 100
	return others.started < first || l.isProven(key, version, first, rules.Healthy, now)
}

// isProven: so many others run a version, and have been healthy for long enough.
func (l *Ledger) isProven(key Key, version string, many int, healthy time.Duration, now time.Time) bool {
	if many == 0 {
		return true
	}
	for other, line := range l.lines {
		if other == key || other.Environment != key.Environment || line.Wants != version || line.Runs != version {
			continue
		}
		if line.HealthySince.IsZero() || now.Before(line.HealthySince.Add(healthy)) {
			continue
		}
		if many--; many == 0 {
			return true
		}
	}
	return false
}

// Standing is how far one version is with all clients.
type Standing struct {
	Done, Changing, Pending, Failed int
}

// Standings are those of all versions that clients are to have.
func (l *Ledger) Standings() map[string]Standing {
	l.lock.Lock()
	defer l.lock.Unlock()
	all := map[string]Standing{}
	for _, line := range l.lines {
		s := all[line.Wants]
		switch {
		case line.Failed == rollout.VersionKey(line.Wants):
			s.Failed++
		case line.Changes:
			s.Changing++
		case line.Runs == line.Wants:
			s.Done++
		default:
			s.Pending++
		}
		all[line.Wants] = s
	}
	return all
}
