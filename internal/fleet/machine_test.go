package fleet_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/fleet"
	"voute.dev/voute/internal/rollout"
)

// machine does to a ledger what many tenants do, and keeps its own account.
type machine struct {
	ledger *fleet.Ledger
	rules  fleet.Rules
	now    time.Time
	lines  map[fleet.Key]fleet.Line
	queue  []fleet.Key
	woken  []types.NamespacedName
	// due are those who were woken and have not answered yet.
	due []fleet.Key
}

func newMachine(t *rapid.T) *machine {
	m := &machine{now: now, lines: map[fleet.Key]fleet.Line{}}
	m.ledger = fleet.New(func(name types.NamespacedName) { m.woken = append(m.woken, name) })
	m.rules = fleet.Rules{
		Slots: rapid.IntRange(1, 3).Draw(t, "slots"), CanaryPercent: rapid.SampledFrom([]int{0, 10, 30, 100}).Draw(t, "canary"),
		Healthy: 24 * time.Hour, HaltAfter: rapid.IntRange(1, 3).Draw(t, "halt"), Halted: map[string]string{},
	}
	return m
}

func anyKey() *rapid.Generator[fleet.Key] {
	return rapid.Custom(func(t *rapid.T) fleet.Key {
		return fleet.Key{
			Tenant:      tenant(rapid.IntRange(0, 5).Draw(t, "tenant")),
			Environment: rapid.SampledFrom([]v1alpha1.EnvironmentName{v1alpha1.ProductionEnvironment, v1alpha1.DevelopmentEnvironment}).Draw(t, "environment"),
		}
	})
}

// Claim is of one that changes nothing at the time, as the operator asks it.
func (m *machine) Claim(t *rapid.T) {
	key := anyKey().Draw(t, "key")
	if m.lines[key].Changes {
		t.Skip("it changes already")
	}
	m.claim(t, key)
}

func (m *machine) claim(t *rapid.T, key fleet.Key) {
	change := rapid.SampledFrom([]rollout.Change{fix, fix, fix, memory}).Draw(t, "change")
	_, byPerson := m.rules.Halted[change.To]
	byPerson = byPerson && change.MovesVersion()
	halted, held, full := byPerson || m.failures(change.Key()) >= m.rules.HaltAfter, change.MovesVersion() && !m.leads(key, change.To), m.changing() >= m.rules.Slots
	answer := m.ledger.Claim(key, change, m.rules, m.now)
	granted, waitsFor := answer.Granted, answer.WaitsFor
	if granted == (halted || held || full) {
		t.Fatalf("granted: %v; halted: %v, after others: %v, full: %v", granted, halted, held, full)
	}
	if granted != (waitsFor == "") || halted != strings.HasPrefix(waitsFor, "a person: ") {
		t.Fatalf("granted: %v, halted: %v, and waits for %q", granted, halted, waitsFor)
	}
	if byPerson != strings.HasPrefix(waitsFor, "a person: the platform team has halted version 1.4.1: ") {
		t.Fatalf("halted by a person: %v, and waits for %q", byPerson, waitsFor)
	}
	line, woken, passed := m.lines[key], m.answer(key), 0
	switch {
	case granted:
		line.Changes, line.Runs, line.HealthySince = true, change.To, time.Time{}
		if change.MovesVersion() {
			line.Wants = change.To
		}
		m.lines[key] = line
		m.leave(key)
	case halted || held:
		m.leave(key)
		passed = woken
	case woken > 0:
		m.queue = slices.Insert(m.queue, 0, key)
	case !slices.Contains(m.queue, key):
		m.queue = append(m.queue, key)
	}
	m.wake(t, passed)
}

// Look is what follows a claim that is not granted: the status says that it waits.
func (m *machine) Look(t *rapid.T) {
	line := fleet.Line{Wants: "1.4.1", Runs: rapid.SampledFrom([]string{"1.4.0", "1.4.1"}).Draw(t, "runs"), Pending: rapid.Bool().Draw(t, "pending")}
	if rapid.Bool().Draw(t, "healthy") {
		line.HealthySince = m.now.Add(-time.Duration(rapid.IntRange(0, 48).Draw(t, "hours")) * time.Hour)
	}
	key := anyKey().Draw(t, "key")
	if old := m.lines[key]; old.Changes || old.Failed != "" {
		t.Skip("it is about something else")
	}
	m.note(t, key, line)
}

// Hurry is a change that asks for no slot: one that is put back, or an emergency.
func (m *machine) Hurry(t *rapid.T) {
	key := anyKey().Draw(t, "key")
	if m.lines[key].Changes || m.changing() >= m.rules.Slots {
		t.Skip("there would be more than slots")
	}
	line := m.lines[key]
	line.Changes, line.Pending = true, rapid.Bool().Draw(t, "pending")
	m.note(t, key, line)
}

// Answer is of one who was woken: he claims the slot or, since his time has
// passed, or he is suspended, or his status cannot be written, only looks.
func (m *machine) Answer(t *rapid.T) {
	if len(m.due) == 0 {
		t.Skip("nobody was woken")
	}
	m.answerOne(t)
}

func (m *machine) answerOne(t *rapid.T) {
	key := rapid.SampledFrom(m.due).Draw(t, "who was woken")
	if rapid.Bool().Draw(t, "claims") {
		m.claim(t, key)
		return
	}
	line := m.lines[key]
	line.Pending = rapid.Bool().Draw(t, "pending")
	m.note(t, key, line)
}

// Rest lets all answer who were woken, and nothing else happen: no slot is then
// free for which somebody still waits.
func (m *machine) Rest(t *rapid.T) {
	for len(m.due) > 0 {
		m.answerOne(t)
	}
	if free := m.rules.Slots - m.changing(); free > 0 && len(m.queue) > 0 {
		t.Fatalf("%d slots are free, nobody is to take them, and %v wait", free, m.queue)
	}
}

// Succeed ends a change that got healthy.
func (m *machine) Succeed(t *rapid.T) {
	key := m.one(t, func(l fleet.Line) bool { return l.Changes })
	line := m.lines[key]
	line.Changes, line.HealthySince = false, m.now
	m.note(t, key, line)
}

// Fail takes a change back, which keeps its slot; Succeed ends that, too.
func (m *machine) Fail(t *rapid.T) {
	key := m.one(t, func(l fleet.Line) bool { return l.Changes && l.Failed == "" })
	line := m.lines[key]
	line.Runs, line.Failed = "1.4.0", rapid.SampledFrom([]string{fix.Key(), memory.Key()}).Draw(t, "failed")
	m.note(t, key, line)
}

// Clear is what the annotation does with one tenant.
func (m *machine) Clear(t *rapid.T) {
	key := m.one(t, func(l fleet.Line) bool { return l.Failed != "" })
	line := m.lines[key]
	line.Failed = ""
	m.note(t, key, line)
}

// Halt is what people do with a version, and Resume what takes it back. 1.4.0 is
// what memory is changed of, which is no move to it.
func (m *machine) Halt(t *rapid.T) {
	m.rules.Halted[rapid.SampledFrom([]string{"1.4.0", "1.4.1"}).Draw(t, "version")] = "it is bad"
}

func (m *machine) Resume(*rapid.T) { clear(m.rules.Halted) }

// Forget ends a tenant, or all but one of its environments.
func (m *machine) Forget(t *rapid.T) {
	key := anyKey().Draw(t, "stays")
	if rapid.Bool().Draw(t, "wholly") {
		m.ledger.Forget(key.Tenant)
		m.drop(t, func(k fleet.Key) bool { return k.Tenant == key.Tenant })
		return
	}
	m.ledger.Forget(key.Tenant, key.Environment)
	m.drop(t, func(k fleet.Key) bool { return k.Tenant == key.Tenant && k != key })
}

// Wait lets time pass.
func (m *machine) Wait(t *rapid.T) {
	m.now = m.now.Add(time.Duration(rapid.IntRange(1, 48).Draw(t, "hours")) * time.Hour)
}

// Check: never more slots, and nobody is woken whom the account does not wake.
func (m *machine) Check(t *rapid.T) {
	if many := m.changing(); many > m.rules.Slots {
		t.Fatalf("%d change at the same time", many)
	}
	if len(m.woken) > 0 {
		t.Fatalf("woken for no slot: %v", m.woken)
	}
	if unserved := min(m.rules.Slots-m.changing(), len(m.queue)); unserved > len(m.due) {
		t.Fatalf("%d slots are free for which %v wait, and only %d have still to answer", unserved, m.queue, len(m.due))
	}
	total := 0
	for _, standing := range m.ledger.Standings() {
		total += standing.Done + standing.Changing + standing.Pending + standing.Failed
	}
	if total != len(m.lines) {
		t.Fatalf("%d environments are standing; there are %d", total, len(m.lines))
	}
}

func (m *machine) note(t *rapid.T, key fleet.Key, line fleet.Line) {
	freed := m.answer(key)
	switch {
	case m.lines[key].Changes && !line.Changes:
		freed = 1
	case line.Changes:
		freed = 0
	}
	m.lines[key] = line
	if !line.Pending || line.Changes {
		m.leave(key)
	}
	m.ledger.Note(key, line)
	m.wake(t, freed)
}

func (m *machine) drop(t *rapid.T, gone func(fleet.Key) bool) {
	freed := 0
	for key, line := range m.lines {
		if gone(key) && line.Changes {
			freed++
		}
	}
	for _, key := range slices.Clone(m.due) {
		if gone(key) {
			freed += m.answer(key)
		}
	}
	maps.DeleteFunc(m.lines, func(key fleet.Key, _ fleet.Line) bool { return gone(key) })
	m.queue = slices.DeleteFunc(m.queue, gone)
	m.wake(t, freed)
}

// wake: each slot that is freed, or that somebody was woken for and does not
// take, wakes the one who waits for longest, once.
func (m *machine) wake(t *rapid.T, freed int) {
	var want []types.NamespacedName
	for range min(freed, len(m.queue)) {
		want = append(want, m.queue[0].Tenant)
		m.due = append(m.due, m.queue[0])
		m.queue = m.queue[1:]
	}
	if !slices.Equal(want, m.woken) {
		t.Fatalf("woken are %v; want %v", m.woken, want)
	}
	m.woken = nil
}

// answer takes one who was woken for answered, and counts him.
func (m *machine) answer(key fleet.Key) int {
	before := len(m.due)
	m.due = slices.DeleteFunc(m.due, func(k fleet.Key) bool { return k == key })
	return before - len(m.due)
}

func (m *machine) leave(key fleet.Key) {
	m.queue = slices.DeleteFunc(m.queue, func(k fleet.Key) bool { return k == key })
}

func (m *machine) one(t *rapid.T, which func(fleet.Line) bool) fleet.Key {
	var found []fleet.Key
	for key, line := range m.lines {
		if which(line) {
			found = append(found, key)
		}
	}
	if len(found) == 0 {
		t.Skip("there is none")
	}
	slices.SortFunc(found, func(a, b fleet.Key) int {
		return strings.Compare(a.Tenant.Name+string(a.Environment), b.Tenant.Name+string(b.Environment))
	})
	return rapid.SampledFrom(found).Draw(t, "which")
}

func (m *machine) changing() int {
	count := 0
	for _, line := range m.lines {
		if line.Changes {
			count++
		}
	}
	return count
}

func (m *machine) failures(change string) int {
	clients := map[types.NamespacedName]bool{}
	for key, line := range m.lines {
		if line.Failed == change {
			clients[key.Tenant] = true
		}
	}
	return len(clients)
}

// leads: with this one the share of the first is not exceeded, or they have run
// the version for long enough.
func (m *machine) leads(key fleet.Key, version string) bool {
	lines := maps.Clone(m.lines)
	lines[key] = fleet.Line{Wants: version, Runs: version}
	wants, runs, proven := 0, 0, 0
	for other, line := range lines {
		if other.Environment == key.Environment && line.Wants == version {
			wants++
			if line.Runs == version {
				runs++
			}
			if line.Runs == version && !line.HealthySince.IsZero() && m.now.Sub(line.HealthySince) >= m.rules.Healthy {
				proven++
			}
		}
	}
	share := 0
	for share*100 < wants*m.rules.CanaryPercent {
		share++
	}
	return runs <= share || proven >= share
}

func TestAnySequence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(t)
		t.Repeat(map[string]func(*rapid.T){
			"claim": m.Claim, "look": m.Look, "hurry": m.Hurry, "answer": m.Answer, "rest": m.Rest, "succeed": m.Succeed,
			"fail": m.Fail, "clear": m.Clear, "forget": m.Forget, "halt": m.Halt, "resume": m.Resume, "wait": m.Wait, "": m.Check,
		})
	})
}
