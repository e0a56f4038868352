package sharingtenant

import (
	"testing"
	"time"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/serverstatus"
	"voute.dev/voute/server/status"
)

func TestFiguresMoved(t *testing.T) {
	silent := &status.Report{} // of a version that does not tell
	told := func(shredded int64) *status.Report {
		return &status.Report{Retention: &status.RetentionReport{LastSweep: &noon, Shredded: shredded}}
	}
	for name, test := range map[string]struct {
		before, now *status.Report
		want        bool
	}{
		"first heard of":            {nil, told(0), true},
		"first heard of, tells not": {nil, silent, true},
		"tells no more":             {told(1), silent, true},
		"tells the same":            {told(1), told(1), false},
		"has shredded":              {told(1), told(2), true},
		"still tells not":           {silent, silent, false},
	} {
		if got := figuresMoved(test.before, test.now, time.UTC); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// What a server said before its change began says nothing of the one that runs
// then; the status knows the second of that, and no more.
func TestAWordFromBeforeAChangeIsOvertaken(t *testing.T) {
	began := noon.Add(400 * time.Millisecond)
	for name, test := range map[string]struct {
		changes bool
		asked   time.Duration // after it began
		want    bool
	}{
		"nothing changes":          {false, -time.Hour, false},
		"asked before":             {true, -time.Minute, true},
		"asked as it began":        {true, 0, true},
		"asked in the same second": {true, 500 * time.Millisecond, true},
		"asked in the next second": {true, 600 * time.Millisecond, false},
		"never asked":              {true, -noon.Sub(time.Time{}), true},
	} {
		e := &environment{word: serverstatus.Word{Asked: began.Add(test.asked)}, status: &v1alpha1.EnvironmentStatus{Rollout: &v1alpha1.RolloutStatus{}}}
		if test.changes {
			e.status.Rollout.Change = &v1alpha1.Change{StartTime: timeOf(began)}
		}
		if got := e.isOvertaken(); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if (&environment{status: &v1alpha1.EnvironmentStatus{}}).isOvertaken() {
		t.Error("one that was never rolled out is in a change")
	}
}
