package testclock

import (
	"testing"
	"time"
)

// machine is a clock that moves when it is told to.
type machine struct{ now time.Time }

func (m *machine) Now() time.Time { return m.now }

func TestItIsTheMachinesUntilItIsSet(t *testing.T) {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	m := &machine{now: noon}
	clock := New(m.Now)
	if !clock.Now().Equal(noon) || clock.IsMoved() {
		t.Errorf("it is %s, moved: %v", clock.Now(), clock.IsMoved())
	}
	for name, to := range map[string]time.Time{
		"a week later": noon.AddDate(0, 0, 7), "years before": noon.AddDate(-30, 0, 0), "in another zone": noon.Add(time.Hour).In(time.FixedZone("", -5*3600)),
	} {
		m.now = noon
		clock.Set(to)
		if !clock.Now().Equal(to) || !clock.IsMoved() {
			t.Errorf("%s: it is %s; want %s", name, clock.Now(), to)
		}
		m.now = noon.Add(90 * time.Second)
		if !clock.Now().Equal(to.Add(90 * time.Second)) {
			t.Errorf("%s: time passes otherwise than on the machine: it is %s", name, clock.Now())
		}
	}
	clock.Set(time.Time{})
	if !clock.Now().Equal(m.now) || clock.IsMoved() {
		t.Errorf("given back, it is %s; want %s", clock.Now(), m.now)
	}
}

// What is measured across a jump counts the jump, also where the machine measures
// by another clock than that of the wall.
func TestAJumpIsMeasured(t *testing.T) {
	clock := New(time.Now)
	before := clock.Now()
	clock.Set(before.AddDate(0, 0, 7))
	if passed := clock.Now().Sub(before); passed < 6*24*time.Hour {
		t.Errorf("%s have passed", passed)
	}
	clock.Set(before.AddDate(0, 0, -7))
	if passed := clock.Now().Sub(before); passed > -6*24*time.Hour {
		t.Errorf("%s have passed", passed)
	}
}
