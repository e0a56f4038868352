package garbage

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

func TestPercent(t *testing.T) {
	const mib = 1 << 20
	for _, test := range []struct {
		inUse, floor uint64
		want         int
	}{
		{0, 48 * mib, 20}, {1 * mib, 48 * mib, 400}, {16 * mib, 48 * mib, 200}, {24 * mib, 48 * mib, 100},
		{42 * mib, 48 * mib, 20}, {48 * mib, 48 * mib, 20}, {400 * mib, 48 * mib, 20},
	} {
		if got := Percent(test.inUse, test.floor); got != test.want {
			t.Errorf("%d MiB of %d: %d %%, want %d", test.inUse/mib, test.floor/mib, got, test.want)
		}
	}
}

// TestItFollows: what is set follows what is in use, collection by collection.
func TestItFollows(t *testing.T) {
	before := debug.SetGCPercent(100)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	LetPile(64 << 20)
	kept := make([]byte, 60<<20)
	follows(t, least)
	runtime.KeepAlive(kept)
	follows(t, most)
}

func follows(t *testing.T, want int) {
	t.Helper()
	got := 0
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		runtime.GC()
		got = debug.SetGCPercent(want)
		if debug.SetGCPercent(got); got == want {
			return
		}
	}
	t.Fatalf("%d %%, want %d", got, want)
}
