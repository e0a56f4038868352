package crash

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"voute.dev/voute/api/v1alpha1"
)

// The phases of a client that is alone, by their number.
const (
	creation = iota
	rollingOut
	updating
	retaining
	creationAgain
	destroying
)

// faulty is a client whose world is at fault, with the operators that look after it.
type faulty struct {
	*tenant
	want      []outcome
	operators []*operator
}

// newFaulty begins with one operator; more may be added.
func newFaulty(n *tenant, want []outcome, changes ...func(*settings)) *faulty {
	n.Helper()
	n.begin()
	return &faulty{tenant: n, want: want, operators: []*operator{n.startOperator(n.T, n.namespace, order{}, changes...)}}
}

// live lives through a phase. While it does, during may disturb it. Then all is
// as it was in an undisturbed life, stays so while every operator looks at it
// several times over, and no fact was told twice by one operator.
func (f *faulty) live(i int, during func()) {
	f.Helper()
	p, before := f.want[i].phase, f.facts()
	p.do(f.tenant)
	during()
	eventually(f.T, p.name, func() error { return f.settled(f.want[i]) })
	f.rest(p, f.operators...)
	if err := f.settled(f.want[i]); err != nil {
		f.Errorf("%s: it did not stay as it was: %v", p.name, err)
	}
	if sum, lines := f.facts().since(before).tooMany(p.edits * len(f.operators)); sum > 0 {
		f.Errorf("%s: told too often: %s", p.name, strings.Join(lines, "; "))
	}
}

func nothing() {}

// order gives the same order to every operator.
func (f *faulty) order(o order) {
	f.Helper()
	for _, each := range f.operators {
		if _, alive := each.give(f.T, o); !alive {
			f.Fatalf("an operator has ended: %s", each.command.ProcessState)
		}
	}
}

// halt has the operator halt at a write of the phase to come.
func (f *faulty) halt(write string) { f.order(order{Mode: halted, Name: write}) }

// waitFor waits for a condition that is not met, of the current generation.
func (f *faulty) waitFor(kind, reason string) {
	f.Helper()
	eventually(f.T, kind+" is False, "+reason, func() error { return f.is("justice", kind, "False", reason) })
}

// still waits until nothing is written although a fault lasts: for many times
// as long as the operator waits before it tries again.
func (f *faulty) still() {
	f.Helper()
	eventually(f.T, "the operator is still while the fault lasts", func() error {
		f.order(order{})
		time.Sleep(2 * time.Second)
		for _, o := range f.operators {
			if told, _ := o.give(f.T, order{}); len(told.Writes) > 0 {
				return fmt.Errorf("it writes %v", told.Writes)
			}
		}
		return nil
	})
}

// deafLife loses the first answer to each write.
func deafLife(f *faulty) {
	for i, p := range f.want {
		f.order(order{Mode: deaf})
		f.live(i, func() {
			eventually(f.T, p.name, func() error { return f.settled(p) })
			if told, _ := f.operators[0].give(f.T, order{}); told.Lost < p.least {
				f.Errorf("%s: only %d answers were lost, of %d: %v", p.name, told.Lost, len(told.Writes), told.Writes)
			}
		})
	}
}

// endless is more operators than a phase has writes, by far.
const endless = 300

// loopingLife has operators of which none lives longer than a few writes.
func loopingLife(f *faulty, at order) {
	for _, p := range f.want {
		before, ended, last := f.facts(), 0, map[string]int{}
		f.order(at)
		p.do(f.tenant)
		for alive := false; !alive; {
			eventually(f.T, fmt.Sprintf("%s, by operators that live for %d writes", p.name, at.Write), func() error {
				if f.operators[0].hasEnded() {
					return nil
				}
				return f.settled(p)
			})
			if _, alive = f.operators[0].give(f.T, order{}); !alive {
				last[f.operators[0].cut]++
				if ended++; ended > endless {
					f.Fatalf("%s: %d operators have ended, and it is not over; their last writes: %v", p.name, ended, last)
				}
				f.operators[0] = f.startOperator(f.T, f.namespace, at)
			}
		}
		f.rest(p.phase, f.operators...)
		if err := f.settled(p); err != nil {
			f.Errorf("%s: it did not stay as it was: %v", p.name, err)
		}
		if ended < p.least/(at.Write+1) {
			f.Errorf("%s: only %d operators ended", p.name, ended)
		}
		if sum, lines := f.facts().since(before).tooMany(p.edits); sum > ended {
			f.Errorf("%s: told too often: %s", p.name, strings.Join(lines, "; "))
		}
	}
}

// crowdedLife has two operators that both believe to be the only one.
func crowdedLife(f *faulty) {
	f.crowded = true
	f.operators = append(f.operators, f.startOperator(f.T, f.namespace, order{}))
	for i := range f.want {
		f.live(i, nothing)
	}
}

// forgettingLife has each phase looked after by another operator, and then by one
// more, which finds everything as it is to be.
func forgettingLife(f *faulty) {
	for i, p := range f.want {
		f.live(i, nothing)
		f.operators[0].kill()
		f.operators[0] = f.startOperator(f.T, f.namespace, order{})
		if written := f.rest(p.phase, f.operators...); len(written) > 0 {
			f.Errorf("%s: an operator that comes when it is over writes %v", p.name, written)
		}
		if err := f.settled(p); err != nil {
			f.Errorf("%s: it did not stay as it was: %v", p.name, err)
		}
	}
}

// slowCertificates: cert-manager does nothing for a while, then refuses, then
// issues: before a server starts, and while one serves.
func slowCertificates(f *faulty) {
	for _, i := range []int{creation, updating} {
		if i == updating {
			f.live(rollingOut, nothing)
		}
		release := f.cluster.Hold(f.namespace, "Certificate")
		f.live(i, func() {
			f.waitFor(v1alpha1.CertificateReadyCondition, "CertificatePending")
			f.still()
			relent := f.cluster.Refuse(f.namespace)
			release()
			f.waitFor(v1alpha1.CertificateReadyCondition, "CertificatePending")
			f.still()
			relent()
		})
	}
	for _, i := range []int{retaining, creationAgain, destroying} {
		f.live(i, nothing)
	}
}

// lostLeader: the operator that holds the Lease is killed, and another one waits
// until it may take over.
func lostLeader(f *faulty) {
	f.live(creation, nothing)
	f.operators[0].kill()
	f.operators[0] = f.startOperator(f.T, f.namespace, order{}, elected)
	f.live(rollingOut, nothing)
	f.live(updating, nothing)
}

func elected(set *settings) { set.LeaderElection = true }

// lostVault: Vault is sealed or ends while a client is created, while one is
// changed, and among the keys of one that is destroyed.
func lostVault(f *faulty) {
	ways := []struct {
		reason     string
		away, back func(testing.TB)
	}{
		{"VaultSealed", f.vault.Seal, f.vault.Unseal},
		{"VaultUnreachable", func(testing.TB) { f.vault.Stop() }, func(t testing.TB) { f.vault.Again(f.whole); f.vault.Unseal(t) }},
	}
	key := "/v1/transit/keys/" + f.namespace + ".justice-"
	halts := []string{"DELETE " + key + "production." + days[1], "PUT " + key + "development." + days[1] + "/config"}
	for w, i := range []int{creation, creationAgain} {
		ways[w].away(f.T)
		f.live(i, func() {
			f.waitFor(v1alpha1.KeysReadyCondition, ways[w].reason)
			f.still()
			ways[w].back(f.T)
		})
		if i == creation {
			f.live(rollingOut, nothing)
			f.live(updating, nothing)
			f.live(retaining, nothing)
		}
	}
	f.halt(halts[0])
	f.live(destroying, func() {
		for w, way := range ways {
			f.operators[0].awaitHalt(f.T)
			way.away(f.T)
			f.order(order{})
			f.waitFor(v1alpha1.KeysReadyCondition, way.reason)
			f.still()
			if w+1 < len(halts) {
				f.halt(halts[w+1])
			}
			way.back(f.T)
		}
	})
}

// outage is how long the API server is away: long enough that the leader gives
// up in the long campaign, and long enough for several retries otherwise.
func outage() time.Duration {
	if soak {
		return time.Minute
	}
	return 5 * time.Second
}

// half is a client who is in the middle of a phase, before a write.
type half struct {
	*faulty
	phase  int
	before facts
}

// begin lives through the phases before, and halts before the write.
func begin(t *testing.T, s *stage, want []outcome, phase int, write string) *half {
	t.Helper()
	h := &half{faulty: newFaulty(s.newTenant(t, fmt.Sprintf("client-half-%d", phase)), want), phase: phase}
	for earlier := range phase {
		h.live(earlier, nothing)
	}
	h.before = h.facts()
	h.halt(strings.ReplaceAll(write, "NAMESPACE", h.namespace))
	h.want[phase].do(h.tenant)
	h.operators[0].awaitHalt(t)
	return h
}

// end is where an undisturbed life ends, too.
func (h *half) end() {
	h.Helper()
	p := h.want[h.phase]
	eventually(h.T, p.name+", after the API server is back", func() error { return h.settled(p) })
	h.rest(p.phase, h.operators...)
	if sum, lines := h.facts().since(h.before).tooMany(p.edits); sum > 0 {
		h.Errorf("%s: told too often: %s", p.name, strings.Join(lines, "; "))
	}
}

// lostServer: the API server ends while one client is created, one is changed
// and one is destroyed, each half done. An operator that holds the Lease ends
// by itself when it cannot renew it, and is started again, as a node does.
func lostServer(t *testing.T, s *stage, want []outcome) {
	t.Helper()
	halves := []*half{
		begin(t, s, want, creation, "/deployments/justice-production"),
		begin(t, s, want, rollingOut, "/deployments/justice-production"),
		begin(t, s, want, updating, "DELETE /apis/cert-manager.io/v1/namespaces/NAMESPACE/certificates/justice-development-tls"),
		begin(t, s, want, destroying, "DELETE /v1/transit/keys/NAMESPACE.justice-production."+days[0]),
	}
	led := newFaulty(s.newTenant(t, "client-led"), want, elected)
	led.live(creation, nothing)
	s.api.Stop(t)
	for _, h := range halves {
		h.order(order{})
	}
	time.Sleep(outage())
	s.api.Again(t)
	for _, h := range halves {
		h.end()
	}
	if led.operators[0].hasEnded() {
		led.operators[0] = led.startOperator(t, led.namespace, order{}, elected)
	} else if soak {
		t.Error("the leader lives, though it could not renew its Lease for a minute")
	}
	led.live(rollingOut, nothing)
	led.live(updating, nothing)
}
