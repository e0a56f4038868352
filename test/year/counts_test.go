package year

import "testing"

// counts say what a year has seen.
type counts struct {
	changes, done, returns, emergencies, crashes, restarts, files, looks, events, halted, refused int
	writes                                                                                        int64
	told, waits                                                                                   map[string]int
	halts                                                                                         map[string]bool
}

func newCounts() counts {
	return counts{told: map[string]int{}, waits: map[string]int{}, halts: map[string]bool{}}
}

func (c *counts) halt(version string) { c.halts[version] = true }

func (c *counts) add(o counts) {
	c.changes, c.done, c.returns, c.emergencies = c.changes+o.changes, c.done+o.done, c.returns+o.returns, c.emergencies+o.emergencies
	c.crashes, c.restarts, c.files, c.looks = c.crashes+o.crashes, c.restarts+o.restarts, c.files+o.files, c.looks+o.looks
	c.writes, c.events = c.writes+o.writes, c.events+o.events
	for key, count := range o.told {
		c.told[key] += count
	}
	for key, count := range o.waits {
		c.waits[key] += count
	}
	c.halted, c.refused = c.halted+len(o.halts), c.refused+o.refused
}

// mustHaveSeen: a campaign in which something never happens does not try it.
func (c *counts) mustHaveSeen(t *testing.T) {
	t.Helper()
	for what, count := range map[string]int{
		"change": c.changes, "return": c.returns, "halt": c.halted, "emergency": c.emergencies, "crash": c.crashes,
		"wait for a place": c.waits[forPlace], "wait for the first clients": c.waits["the first clients"],
		"wait for development": c.waits["in development"], "wait for a suspended tenant": c.waits["spec.suspend"],
		"calendar that is refused": c.waits["a calendar: see CalendarReady"], "refused version": c.refused,
	} {
		if count == 0 {
			t.Errorf("no %s in all these years", what)
		}
	}
}
