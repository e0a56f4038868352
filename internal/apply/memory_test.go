package apply

import (
	"errors"
	"testing"
	"time"
)

// A refusal stands for its time, and not for longer because the clock went back.
func TestARefusalIsOver(t *testing.T) {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	until := noon.Add(refusalStands)
	refused := entry{odd: &odd{problem: errors.New("no"), until: until}}
	for name, test := range map[string]struct {
		entry entry
		now   time.Time
		want  bool
	}{
		"just refused":          {refused, noon, false},
		"just before its end":   {refused, until.Add(-1), false},
		"at its end":            {refused, until, true},
		"a week on":             {refused, noon.AddDate(0, 0, 7), true},
		"a week back":           {refused, noon.AddDate(0, 0, -7), true},
		"one that does not end": {entry{odd: &odd{problem: errors.New("no")}}, noon.AddDate(1, 0, 0), false},
		"none":                  {entry{}, noon, false},
	} {
		if got := test.entry.isOver(test.now); got != test.want {
			t.Errorf("%s: over is %v", name, got)
		}
	}
}
