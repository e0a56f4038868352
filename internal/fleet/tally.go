package fleet

import "voute.dev/voute/api/v1alpha1"

// tally is what is asked of all lines at every claim, counted as lines come and
// go: while a thousand tenants wait for a slot, each asks again and again.
type tally struct {
	changing int
	// failed counts the lines with a change that was taken back, by its key.
	failed  map[string]int
	cohorts map[cohort]members
}

// cohort are the environments of one name that are to have one version.
type cohort struct {
	environment v1alpha1.EnvironmentName
	version     string
}

type members struct{ wants, started int }

func newTally() tally { return tally{failed: map[string]int{}, cohorts: map[cohort]members{}} }

// count takes a line in, or out again with -1.
func (t *tally) count(environment v1alpha1.EnvironmentName, line Line, by int) {
	if line.Changes {
		t.changing += by
	}
	if line.Failed != "" {
		t.failed[line.Failed] += by
	}
	group := cohort{environment, line.Wants}
	all := t.cohorts[group]
	all.add(line, by)
	if t.cohorts[group] = all; all.wants == 0 {
		delete(t.cohorts, group) // versions come and go
	}
}

func (m *members) add(line Line, by int) {
	m.wants += by
	if line.Runs == line.Wants {
		m.started += by
	}
}
