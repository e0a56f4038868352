package artifact

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestKeptThingIsMadeOnceByAll(t *testing.T) {
	cache := t.TempDir()
	var made atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			dir, err := keep(cache, "thing-1", func(dir string) error {
				made.Add(1)
				time.Sleep(20 * time.Millisecond)
				return os.WriteFile(filepath.Join(dir, "file"), nil, 0o600)
			})
			if err != nil || !exists(filepath.Join(dir, "file")) {
				t.Errorf("got %s, %v", dir, err)
			}
		})
	}
	all.Wait()
	if made.Load() != 1 {
		t.Errorf("made %d times", made.Load())
	}
}

func TestFailedThingIsNotKept(t *testing.T) {
	cache := t.TempDir()
	failure := errors.New("no")
	if _, err := keep(cache, "thing-1", func(string) error { return failure }); !errors.Is(err, failure) {
		t.Errorf("error = %v", err)
	}
	if _, err := keep(cache, "thing-1", func(string) error { return nil }); err != nil {
		t.Errorf("the second attempt failed: %v", err)
	}
}

func TestOldVersionsGoAndOthersStay(t *testing.T) {
	cache := t.TempDir()
	long := time.Now().Add(-2 * unusedAfter)
	for _, name := range []string{"thing-1.0-old", "other-1.0-old", "thing-1.0-recent"} {
		if err := os.Mkdir(filepath.Join(cache, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if name == "thing-1.0-recent" {
			continue
		}
		if err := os.Chtimes(filepath.Join(cache, name), long, long); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := keep(cache, "thing-1.0-new", func(string) error { return nil }); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"thing-1.0-old": false, "thing-1.0-recent": true, "thing-1.0-new": true, "other-1.0-old": true} {
		if exists(filepath.Join(cache, name)) != want {
			t.Errorf("%s: kept = %t, want %t", name, !want, want)
		}
	}
}

func TestHashFollowsSourcesAndNotTests(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	hash := func() string {
		h, err := hashOf([]string{"go"}, dir)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	write("main.go", "a")
	before := hash()
	write("main_test.go", "b")
	if hash() != before {
		t.Error("a test changed the hash")
	}
	write("main.go", "c")
	if hash() == before {
		t.Error("a change of the source did not change the hash")
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
