package growth

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

var start = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const gb = 1_000_000_000

func day(n int) time.Time { return start.AddDate(0, 0, n) }

func TestLevels(t *testing.T) {
	level := Normal
	for _, step := range []struct {
		percent int64
		want    Level
	}{
		{79, Normal}, {80, Warning}, {78, Warning}, {81, Warning}, {77, Normal}, {79, Normal},
		{95, Critical}, {93, Critical}, {92, Warning}, {94, Warning}, {95, Critical}, {50, Normal}, {100, Critical}, {120, Critical}, {78, Warning},
	} {
		if level = After(level, step.percent*gb, 100*gb); level != step.want {
			t.Errorf("at %d %% it is %q, want %q", step.percent, level, step.want)
		}
	}
	if After(Critical, 5, 0) != Normal {
		t.Error("nothing is near to no quota")
	}
	if !Critical.Exceeds(Warning) || !Warning.Exceeds(Normal) || Normal.Exceeds(Normal) || Warning.Exceeds(Critical) {
		t.Error("the worse one exceeds the other")
	}
}

// A use that goes to and fro less than the slack is told once.
func TestLevelsDoNotFlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		around := rapid.Int64Range(0, 110).Draw(t, "around")
		level, changes := Normal, 0
		for range 50 {
			next := After(level, around*10+rapid.Int64Range(0, 29).Draw(t, "more"), 1000)
			if next != level {
				changes++
			}
			level = next
		}
		if changes > 2 { // at most up to each level once
			t.Fatalf("around %d %% it changes %d times", around, changes)
		}
	})
}

func TestFull(t *testing.T) {
	for name, test := range map[string]struct {
		samples []Sample
		quota   int64
		want    time.Time
	}{
		"nobody knows yet":          {[]Sample{{day(0), gb}}, 20 * gb, time.Time{}},
		"too soon":                  {[]Sample{{day(0), gb}, {day(0).Add(time.Hour), 2 * gb}}, 20 * gb, time.Time{}},
		"a GB a day":                {[]Sample{{day(0), 0}, {day(2), 2 * gb}}, 20 * gb, day(20)},
		"it shrinks":                {[]Sample{{day(0), 5 * gb}, {day(2), 2 * gb}}, 20 * gb, time.Time{}},
		"it is full":                {[]Sample{{day(0), 5 * gb}, {day(2), 20 * gb}}, 20 * gb, day(2)},
		"in a hundred years":        {[]Sample{{day(0), 0}, {day(2), 1}}, 20 * gb, time.Time{}},
		"what was long ago is gone": {[]Sample{{day(0), 0}, {day(7), 0}, {day(14), 7 * gb}, {day(21), 14 * gb}}, 21 * gb, day(28)},
		"the clock went back":       {[]Sample{{day(9), 0}, {day(2), 2 * gb}, {day(4), 4 * gb}}, 20 * gb, day(20)},
	} {
		t.Run(name, func(t *testing.T) {
			var h History
			for _, sample := range test.samples {
				h = h.Add(sample)
			}
			if got, _ := h.Full(test.samples[len(test.samples)-1], test.quota); !got.Equal(test.want) {
				t.Errorf("it is full on %v, want %v", got, test.want)
			}
		})
	}
}
