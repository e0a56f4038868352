package platform

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// withClock is the minimal file with a time, on the lines below its own.
func withClock(t *testing.T, at string) (text, line string) {
	t.Helper()
	text = read(t, "minimal.yaml")
	return text + "testClock:\n  time: " + at + "\n", "line " + strconv.Itoa(strings.Count(text, "\n")+1)
}

func TestATestClockIsForWhoAllowsIt(t *testing.T) {
	for name, at := range map[string]string{
		"in quotes": `"2026-11-24T14:00:00-05:00"`, "without": "2026-11-24T14:00:00-05:00", "of UTC": "2026-11-24T19:00:00Z",
	} {
		text, line := withClock(t, at)
		cfg, err := Load([]byte(text), TestClock)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, err := TestTime(cfg.TestClock); err != nil || !got.Equal(time.Date(2026, 11, 24, 19, 0, 0, 0, time.UTC)) {
			t.Errorf("%s: it is %s, %v", name, got, err)
		}
		if _, err := Load([]byte(text)); err == nil || !strings.Contains(err.Error(), line+": testClock: ") || !strings.Contains(err.Error(), "remove it") {
			t.Errorf("%s: where it is not allowed: %v", name, err)
		}
	}
}

func TestATestClockOfNoTime(t *testing.T) {
	for _, at := range []string{"tomorrow", `"2026-11-24"`, "2026-02-30T10:00:00Z", "14:00"} {
		text, _ := withClock(t, at)
		if _, err := Load([]byte(text), TestClock); err == nil || !strings.Contains(err.Error(), "testClock.time: ") || !strings.Contains(err.Error(), "write it like 2026-11-24T14:00:00-05:00") {
			t.Errorf("%s: %v", at, err)
		}
	}
}

func TestWithoutATestClockItIsTheMachines(t *testing.T) {
	for _, text := range []string{read(t, "minimal.yaml"), read(t, "minimal.yaml") + "testClock: {}\n"} {
		if got, err := TestTime(load(t, text).TestClock); err != nil || !got.IsZero() {
			t.Errorf("it is %s, %v", got, err)
		}
	}
}
