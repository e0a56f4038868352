package main

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"voute.dev/voute/internal/identity"
	"voute.dev/voute/internal/testclock"
)

// A file moves the time of an operator that is started for it, and of no other;
// one that is refused for another reason leaves the time as it is.
func TestTheClockFollowsTheFile(t *testing.T) {
	file, err := os.ReadFile("../../config/default/platform.yaml")
	if err != nil {
		t.Fatal(err)
	}
	moved := string(file) + "\ntestClock: {time: \"2027-05-25T09:00:00-04:00\"}\n"
	clock := testclock.New(func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) })
	strict := platformBuilder(options{}, &identity.Identity{}, clock)
	if _, err := strict([]byte(moved)); err == nil || !strings.Contains(err.Error(), "testClock: ") || clock.IsMoved() {
		t.Errorf("without the flag: %v; it is %s", err, clock.Now())
	}
	build := platformBuilder(options{allowTestClock: true}, &identity.Identity{}, clock)
	for _, step := range []struct{ name, file, want string }{
		{"a time", moved, "2027-05-25T13:00:00Z"},
		{"another, and no YAML", strings.Replace(moved, "05-25", "05-26", 1) + "{", "2027-05-25T13:00:00Z"},
		{"another, and no authority", strings.Replace(moved, "05-25", "05-26", 1) + "trustedCAs: nothing in PEM\n", "2027-05-25T13:00:00Z"},
		{"another", strings.Replace(moved, "05-25", "05-26", 1), "2027-05-26T13:00:00Z"},
		{"none", string(file), "2026-11-22T12:00:00Z"},
	} {
		_, _ = build([]byte(step.file))
		if got := clock.Now().UTC().Format(time.RFC3339); got != step.want {
			t.Errorf("%s: it is %s; want %s", step.name, got, step.want)
		}
	}
}

// Nothing of what is installed moves the time, or lets a file do so.
func TestNothingInstalledMovesTheTime(t *testing.T) {
	installed := os.DirFS("../../config")
	seen := 0
	err := fs.WalkDir(installed, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".yaml") {
			return err
		}
		seen++
		text, err := fs.ReadFile(installed, path)
		for _, word := range []string{"testClock", "test-clock"} {
			if strings.Contains(string(text), word) {
				t.Errorf("config/%s has %s", path, word)
			}
		}
		return err
	})
	if err != nil || seen < 10 {
		t.Errorf("%d files, %v: the test proves nothing", seen, err)
	}
}
