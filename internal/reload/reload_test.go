package reload_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"voute.dev/voute/internal/reload"
)

var errBad = errors.New("bad")

func parse(content []byte) (string, error) {
	if string(content) == "bad" {
		return "", errBad
	}
	return string(content), nil
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "platform.yaml")
	write(t, path, "one")
	valid, told := false, 0
	file, err := reload.Open(path, parse, func(v bool) { valid = v }, func(context.Context) { told++ })
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		name, content, want string
		valid               bool
		told                int
	}{
		{"unchanged", "one", "one", true, 0},
		{"changed", "two", "two", true, 1},
		{"bad: the last good one stays", "bad", "two", false, 1},
		{"still bad", "bad", "two", false, 1},
		{"good again", "three", "three", true, 2},
		{"back to an older one", "two", "two", true, 3},
	} {
		write(t, path, step.content)
		file.Look(t.Context())
		if got := file.Current(); got != step.want || valid != step.valid || told != step.told {
			t.Errorf("%s: %q, valid %v, told %d times; want %q, %v, %d", step.name, got, valid, told, step.want, step.valid, step.told)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	file.Look(t.Context())
	if got := file.Current(); got != "two" {
		t.Errorf("without a file: %q", got)
	}
}

func TestOpenNeedsAGoodFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "platform.yaml")
	open := func() error {
		_, err := reload.Open(path, parse, func(bool) {}, func(context.Context) {})
		return err
	}
	if err := open(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without a file: %v", err)
	}
	write(t, path, "bad")
	if err := open(); !errors.Is(err, errBad) {
		t.Errorf("with a bad file: %v", err)
	}
}
