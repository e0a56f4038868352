package blob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// unfinished ends the file name of a blob that is not committed. A blob's own
// name has no dot.
const unfinished = ".part"

// Volume keeps blobs as files of one folder. One process at a time uses it.
//
// A blob is written to "<name>.part", synced, renamed to its name, and the
// folder is synced: after Commit it survives a loss of power, and before it
// nothing lies under the name. What a crash leaves behind is listed by Names
// and removed by Remove like any other.
type Volume struct {
	root *os.Root

	mu      sync.Mutex
	writing map[string]*volumeWriter
}

var _ Store = (*Volume)(nil)

// NewVolume uses a folder, which it makes if need be, for its owner only.
func NewVolume(dir string) (*Volume, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("cannot make the folder of the documents: %w", err)
	}
	if err := syncFolder(filepath.Dir(filepath.Clean(dir))); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("cannot open the folder of the documents: %w", err)
	}
	return &Volume{root: root, writing: map[string]*volumeWriter{}}, nil
}

// Close lets go of the folder; blobs that are open stay readable.
func (v *Volume) Close() error { return v.root.Close() }

// Create begins a blob. A part that an earlier process left is overwritten.
func (v *Volume) Create(ctx context.Context, name string) (Writer, error) {
	if err := errors.Join(ctx.Err(), CheckName(name)); err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, err := v.root.Lstat(name); err == nil || v.writing[name] != nil {
		return nil, fmt.Errorf("cannot create %s: %w", name, ErrExists)
	}
	file, err := v.root.OpenFile(name+unfinished, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot create a blob: %w", err)
	}
	writer := &volumeWriter{volume: v, name: name, file: file}
	v.writing[name] = writer
	return writer, nil
}

// Open reads a committed blob.
func (v *Volume) Open(ctx context.Context, name string) (Reader, error) {
	if err := errors.Join(ctx.Err(), CheckName(name)); err != nil {
		return nil, err
	}
	file, err := v.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cannot open %s: %w", name, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot open a blob: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &volumeReader{File: file, size: info.Size()}, nil
}

// Remove unlinks a blob, finished or not. One that is being written can no
// longer be committed.
func (v *Volume) Remove(ctx context.Context, name string) error {
	if err := errors.Join(ctx.Err(), CheckName(name)); err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.writing, name)
	if err := errors.Join(v.unlink(name), v.unlink(name+unfinished)); err != nil {
		return fmt.Errorf("cannot remove a blob: %w", err)
	}
	return v.sync()
}

// Names lists committed blobs and unfinished ones.
func (v *Volume) Names(ctx context.Context) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	entries, err := fs.ReadDir(v.root.FS(), ".")
	if err != nil {
		return nil, fmt.Errorf("cannot list the blobs: %w", err)
	}
	var names []string
	for _, entry := range entries {
		name := strings.TrimSuffix(entry.Name(), unfinished)
		if entry.Type().IsRegular() && CheckName(name) == nil {
			names = append(names, name)
		}
	}
	return names, nil
}

func (v *Volume) unlink(file string) error {
	if err := v.root.Remove(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// sync makes names durable.
func (v *Volume) sync() error {
	folder, err := v.root.Open(".")
	if err != nil {
		return fmt.Errorf("cannot sync the folder of the documents: %w", err)
	}
	return errors.Join(folder.Sync(), folder.Close())
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("cannot sync the folder %s: %w", path, err)
	}
	return errors.Join(folder.Sync(), folder.Close())
}

type volumeReader struct {
	*os.File
	size int64
}

func (r *volumeReader) Size() int64 { return r.size }

// volumeWriter has a file for as long as it is neither committed nor aborted.
type volumeWriter struct {
	volume *Volume
	name   string
	file   *os.File
}

func (w *volumeWriter) Write(p []byte) (int, error) {
	if w.file == nil {
		return 0, fmt.Errorf("blob %s is finished", w.name)
	}
	return w.file.Write(p)
}

// Commit renames while it holds the lock under which Create saw that the name
// was free: it never replaces a blob.
func (w *volumeWriter) Commit() error {
	if w.file == nil {
		return fmt.Errorf("blob %s is finished", w.name)
	}
	if err := w.file.Sync(); err != nil {
		return errors.Join(fmt.Errorf("cannot write blob %s to the disk: %w", w.name, err), w.Abort())
	}
	v := w.volume
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.writing[w.name] != w {
		return errors.Join(fmt.Errorf("blob %s was removed while it was written", w.name), w.close())
	}
	delete(v.writing, w.name)
	if err := errors.Join(w.close(), v.root.Rename(w.name+unfinished, w.name)); err != nil {
		return errors.Join(fmt.Errorf("cannot finish blob %s: %w", w.name, err), v.unlink(w.name+unfinished))
	}
	if err := v.sync(); err != nil {
		return errors.Join(err, v.unlink(w.name))
	}
	return nil
}

func (w *volumeWriter) Abort() error {
	if w.file == nil {
		return nil
	}
	v := w.volume
	v.mu.Lock()
	defer v.mu.Unlock()
	err := w.close()
	if v.writing[w.name] != w {
		return err
	}
	delete(v.writing, w.name)
	return errors.Join(err, v.unlink(w.name+unfinished))
}

func (w *volumeWriter) close() error {
	err := w.file.Close()
	w.file = nil
	return err
}
