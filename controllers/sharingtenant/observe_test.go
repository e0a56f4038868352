package sharingtenant

import (
	"testing"
	"time"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/serverstatus"
)

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
