package room_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"voute.dev/voute/server/room"
)

func TestAfter(t *testing.T) {
	for _, c := range []struct {
		before       room.Level
		taken, quota int64
		want         room.Level
	}{
		{0, 0, 100, 0}, {0, 79, 100, 0}, {0, 80, 100, 80}, {0, 94, 100, 80}, {0, 95, 100, 95}, {0, 100, 100, 95},
		{80, 79, 100, 80}, {80, 77, 100, 80}, {80, 76, 100, 0}, {80, 95, 100, 95},
		{95, 94, 100, 95}, {95, 92, 100, 95}, {95, 91, 100, 80}, {95, 77, 100, 80}, {95, 76, 100, 0},
		{0, 799, 999, 0}, {0, 800, 999, 80}, // 799.2
		{0, 120, 100, 95}, // a quota that was lowered
		{0, 0, 0, 0}, {0, 1, 0, 95},
		{0, math.MaxInt64, math.MaxInt64, 95}, {0, math.MaxInt64 / 2, math.MaxInt64, 0},
	} {
		if got := room.After(c.before, c.taken, c.quota); got != c.want {
			t.Errorf("after %d, with %d of %d: %d, want %d", c.before, c.taken, c.quota, got, c.want)
		}
	}
}

// A level that stands stays until the margin is free, and more taken never
// lowers it.
func TestLevelsDoNotHover(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		quota := rapid.Int64Range(1, 1<<50).Draw(t, "quota")
		taken := rapid.Int64Range(0, quota).Draw(t, "taken")
		before := rapid.SampledFrom([]room.Level{0, 80, 95}).Draw(t, "before")
		level := room.After(before, taken, quota)
		if again := room.After(level, taken, quota); again != level {
			t.Fatalf("%d of %d after %d is %d and then %d", taken, quota, before, level, again)
		}
		if more := room.After(level, taken+rapid.Int64Range(0, quota).Draw(t, "more"), quota); more < level {
			t.Fatalf("with more taken the level falls from %d to %d", level, more)
		}
	})
}
