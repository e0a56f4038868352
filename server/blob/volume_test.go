package blob_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"voute.dev/voute/server/blob"
	"voute.dev/voute/server/blob/blobtest"
)

func volume(t *testing.T, dir string) *blob.Volume {
	t.Helper()
	v, err := blob.NewVolume(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}

func TestContract(t *testing.T) {
	blobtest.Contract(t, func(t *testing.T) blob.Store { return volume(t, t.TempDir()) })
}

func TestVolumeIsItsOwnersAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data", "documents")
	v := volume(t, dir)
	w, err := v.Create(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]fs.FileMode{dir: 0o700, filepath.Join(dir, "a"): 0o600} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want {
			t.Errorf("the mode of %s is %o, not %o", path, info.Mode().Perm(), want)
		}
	}
}

func TestVolumeFollowsNoLinkOutside(t *testing.T) {
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	v := volume(t, dir)
	if _, err := v.Open(t.Context(), "a"); err == nil {
		t.Error("a link leads out of the volume")
	}
	if names, err := v.Names(t.Context()); err != nil || len(names) > 0 {
		t.Errorf("a link is listed: %q (error %v)", names, err)
	}
	if err := v.Remove(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(outside); err != nil {
		t.Errorf("what a link leads to is removed: %v", err)
	}
}

// What else lies in the folder is neither listed nor touched.
func TestVolumeLeavesOtherFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"voute.db", "README", "x.tmp"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "lost-and-found"), 0o700); err != nil {
		t.Fatal(err)
	}
	if names, err := volume(t, dir).Names(t.Context()); err != nil || len(names) > 0 {
		t.Errorf("the names are %q (error %v)", names, err)
	}
}

// writerVariable makes this test binary the process that is killed.
const writerVariable = "VOUTE_TEST_VOLUME"

// A process killed while it writes leaves what it has committed, and nothing
// else under a name.
func TestVolumeSurvivesAKill(t *testing.T) {
	if dir := os.Getenv(writerVariable); dir != "" {
		writeAndWait(t, dir)
		return
	}
	dir := t.TempDir()
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), writerVariable+"="+dir)
	said, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := child.StdinPipe(); err != nil { // it waits for its end
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := said.Read(make([]byte, 1)); err != nil {
		t.Fatalf("the writer did not begin: %v", err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); err == nil {
		t.Error("the writer ended by itself")
	}
	v := volume(t, dir)
	expect(t, v, "committed", "part")
	for range 2 { // as a sweep of orphans does
		if err := v.Remove(t.Context(), "part"); err != nil {
			t.Error(err)
		}
	}
	expect(t, v, "committed")
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v (error %v)", entries, err)
	}
}

func expect(t *testing.T, v *blob.Volume, want ...string) {
	t.Helper()
	names, err := v.Names(t.Context())
	slices.Sort(names)
	if err != nil || !slices.Equal(names, want) {
		t.Errorf("the names are %q, not %q (error %v)", names, want, err)
	}
	if _, err := v.Open(t.Context(), "part"); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("opening what was not committed: the error is %v, not %v", err, blob.ErrNotFound)
	}
}

func writeAndWait(t *testing.T, dir string) {
	v := volume(t, dir)
	for _, name := range []string{"committed", "part"} {
		w, err := v.Create(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(bytes.Repeat([]byte("x"), 100000)); err != nil {
			t.Fatal(err)
		}
		if name == "committed" {
			if err := w.Commit(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := os.Stdout.WriteString("!"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		t.Fatal(err)
	}
}

func TestVolumeNeedsAFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := blob.NewVolume(file); err == nil {
		t.Error("a file passes as a folder")
	}
}
