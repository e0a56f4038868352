package crash

import (
	"fmt"
	"strings"
)

// mixed has the process end at every other write answered, at the rest unanswered.
const mixed = "mixed"

// wayOf is the way in which a process ends at a write of a phase.
func wayOf(mode string, phase, write int) string {
	switch {
	case mode != mixed:
		return mode
	case (phase+write)%2 == 0:
		return answered
	default:
		return unanswered
	}
}

// cutLife goes through the same life again and again. Each time the operator
// ends one write later in each phase, until it does not end any more; then it
// ends at each write of an undisturbed life at which none has ended by chance:
// in which order things are written is not always the same.
func cutLife(n *tenant, mode string, want []outcome) {
	l := &cutting{tenant: n, want: want, operator: n.startOperator(n.T, n.namespace, order{}), seen: make([]map[string]int, len(want))}
	for i := range want {
		l.seen[i] = map[string]int{}
	}
	for write, cuts := 1, 1; cuts > 0; write++ {
		cuts = l.live(func(phase int) order { return order{Mode: wayOf(mode, phase, write), Write: write} })
	}
	l.cutMissed(mode)
	l.report(mode)
}

// cutting is a client whose operator ends.
type cutting struct {
	*tenant
	want     []outcome
	operator *operator
	// seen counts for each phase the ends at each write.
	seen []map[string]int
}

func (l *cutting) cutMissed(mode string) {
	l.Helper()
	if mode == mixed {
		mode = unanswered // nothing follows the last write
	}
	missed, most := make([][]string, len(l.want)), 0
	for i := range l.want {
		missed[i] = l.missed(i)
		most = max(most, len(missed[i]))
	}
	for nth := range most {
		l.live(func(i int) order {
			if nth >= len(missed[i]) {
				return order{}
			}
			return order{Mode: mode, Name: missed[i][nth]}
		})
	}
}

// live lives through all phases, and gives in how many of them the operator ended.
func (l *cutting) live(orders func(phase int) order) (cuts int) {
	l.Helper()
	l.begin()
	l.forgetFacts()
	for i := range l.want {
		if l.phase(i, orders(i)) {
			cuts++
		}
	}
	return cuts
}

// phase lives through one, and says whether the operator ended in it.
func (l *cutting) phase(i int, at order) (cut bool) {
	l.Helper()
	p, before := l.want[i].phase, l.facts()
	if _, alive := l.operator.give(l.T, at); !alive {
		l.Fatalf("%s: the operator ended before it was to: %s", p.name, l.operator.command.ProcessState)
	}
	p.do(l.tenant)
	eventually(l.T, fmt.Sprintf("%s, to be cut at %+v", p.name, at), func() error {
		if l.operator.hasEnded() {
			return nil
		}
		return l.settled(l.want[i])
	})
	last, allowed := "none", 0
	told, alive := l.operator.give(l.T, order{})
	l.staysHome(told.Writes)
	if !alive {
		last, allowed = l.recover(i), 1
	} else if at.Write > 0 && len(told.Writes) > at.Write {
		l.Fatalf("%s: not cut at %+v, but went on to %d writes", p.name, at, len(told.Writes))
	}
	if sum, lines := l.facts().since(before).tooMany(p.edits); sum > allowed {
		l.Errorf("%s, cut at %+v (%s): told too often: %s", p.name, at, last, strings.Join(lines, "; "))
	}
	return !alive
}

// recover starts a new process, which must do the rest, and gives the write at
// which the one before ended.
func (l *cutting) recover(i int) string {
	l.Helper()
	p, last := l.want[i].phase, l.operator.cut
	if !l.operator.wasKilled() || last == "" {
		l.Fatalf("%s: the operator ended by itself: %s", p.name, l.operator.command.ProcessState)
	}
	l.seen[i][l.plain(last)]++
	l.operator = l.startOperator(l.T, l.namespace, order{})
	eventually(l.T, fmt.Sprintf("%s, after the operator has ended at %s", p.name, last), func() error { return l.settled(l.want[i]) })
	return last
}

// plain is a write without the answer's code.
func (l *cutting) plain(write string) string { return write[:strings.LastIndexByte(write, ' ')] }

// missed are the writes of an undisturbed phase at which no process has ended.
func (l *cutting) missed(i int) (names []string) {
	listed := map[string]bool{}
	for _, write := range l.want[i].writes {
		name := strings.ReplaceAll(l.plain(write), "NAMESPACE", l.namespace)
		if l.seen[i][name] == 0 && !listed[name] {
			listed[name] = true
			names = append(names, name)
		}
	}
	return names
}

// report fails where processes have ended at fewer different writes than every
// life has. The others come by chance: which write a process is to end at is
// tried once for each, and in that life it may be that it does not come.
func (l *cutting) report(mode string) {
	l.Helper()
	for i, p := range l.want {
		fmt.Printf("%s, %s: %d processes ended, at %d different writes\n", p.name, mode, sum(l.seen[i]), len(l.seen[i]))
		least := p.least
		if mode == answered {
			least-- // after the last one nothing is asked for any more
		}
		if len(l.seen[i]) < least {
			l.Errorf("%s: processes ended at no more than %d different writes, and every life has %d; not at %v",
				p.name, len(l.seen[i]), least, l.missed(i))
		}
	}
}

func sum(counts map[string]int) (total int) {
	for _, count := range counts {
		total += count
	}
	return total
}
