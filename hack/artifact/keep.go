package artifact

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// unusedAfter is how long a version that nothing asks for stays in the cache.
const unusedAfter = 14 * 24 * time.Hour

// keep returns the folder <cache>/<name>, which fill makes when it is not there.
// Two processes that want the same thing make it once: the second waits.
func keep(cache, name string, fill func(dir string) error) (string, error) {
	final := filepath.Join(cache, name)
	if isDir(final) {
		now := time.Now()
		return final, os.Chtimes(final, now, now) // in use
	}
	unlock, err := Lock(cache, name)
	if err != nil {
		return "", err
	}
	defer unlock()
	if isDir(final) {
		return final, nil
	}
	draft := final + ".draft"
	if err := os.RemoveAll(draft); err != nil {
		return "", err
	}
	if err := os.MkdirAll(draft, 0o755); err != nil {
		return "", err
	}
	if err := fill(draft); err != nil {
		return "", err
	}
	if err := os.Rename(draft, final); err != nil {
		return "", err
	}
	return final, forgetUnused(cache, name)
}

// forgetUnused removes versions of the same thing that were not used for long.
func forgetUnused(cache, name string) error {
	kind, _, _ := strings.Cut(name, "-")
	others, err := filepath.Glob(filepath.Join(cache, kind+"-*"))
	if err != nil {
		return err
	}
	for _, other := range others {
		info, err := os.Stat(other)
		if err != nil || time.Since(info.ModTime()) < unusedAfter {
			continue
		}
		if err := os.RemoveAll(other); err != nil {
			return err
		}
	}
	return nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// Lock waits until this process alone holds the lock of that name.
func Lock(cache, name string) (unlock func(), err error) {
	path := filepath.Join(cache, "locks", name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("cannot open the lock file: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		file.Close()
		return nil, fmt.Errorf("cannot lock %s: %w", path, err)
	}
	return func() { file.Close() }, nil
}

// hashOf is a short hash of the texts and of every Go source and module file
// below the paths. Tests do not count: they change no program.
func hashOf(texts []string, paths ...string) (string, error) {
	sum := sha256.New()
	for _, text := range texts {
		fmt.Fprintf(sum, "%d %s\n", len(text), text)
	}
	for _, root := range paths {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || strings.HasSuffix(path, "_test.go") {
				return err
			}
			return addFile(sum, root, path)
		})
		if err != nil {
			return "", fmt.Errorf("cannot hash the sources: %w", err)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))[:12], nil
}

func addFile(sum io.Writer, root, path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	name, err := filepath.Rel(filepath.Dir(root), path)
	if err != nil {
		return err
	}
	fmt.Fprintf(sum, "%s %d\n%s\n", name, len(content), content)
	return nil
}
