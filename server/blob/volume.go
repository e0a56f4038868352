package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
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
// nothing lies under the name. What a crash leaves behind is listed by Names,
// goes on with Resume, and is removed by Remove like any other.
type Volume struct {
	folder Folder

	mu      sync.Mutex
	writing map[string]*volumeWriter
	unsure  bool // a name that is there may not be on the disk yet
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
	return Over(directory{root}), nil
}

// Over is a volume over any folder.
func Over(folder Folder) *Volume {
	return &Volume{folder: folder, writing: map[string]*volumeWriter{}, unsure: true}
}

// Close lets go of the folder; blobs that are open stay readable.
func (v *Volume) Close() error {
	if folder, ok := v.folder.(io.Closer); ok {
		return folder.Close()
	}
	return nil
}

// Create begins a blob. A part that an earlier process left is overwritten.
func (v *Volume) Create(ctx context.Context, name string) (Writer, error) {
	return v.Resume(ctx, name, 0)
}

// Resume goes on with a part, of which the bytes that are wanted must be there.
func (v *Volume) Resume(ctx context.Context, name string, after int64) (Writer, error) {
	if err := errors.Join(ctx.Err(), CheckName(name)); err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, err := v.folder.Lstat(name); err == nil || v.writing[name] != nil {
		return nil, fmt.Errorf("cannot write %s: %w", name, ErrExists)
	}
	flags := os.O_WRONLY | os.O_APPEND
	if after == 0 {
		flags |= os.O_CREATE
	}
	file, err := v.folder.OpenFile(name+unfinished, flags, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s has none of %d", ErrShort, name, after)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot write a blob: %w", err)
	}
	if err := cut(file, after); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot go on with blob %s: %w", name, err), file.Close())
	}
	writer := &volumeWriter{volume: v, name: name, file: file, unnamed: after == 0}
	v.writing[name] = writer
	return writer, nil
}

// cut forgets what lies behind the first bytes.
func cut(file File, after int64) error {
	info, err := file.Stat()
	switch {
	case err != nil:
		return err
	case info.Size() < after:
		return fmt.Errorf("%w: %d of %d are there", ErrShort, info.Size(), after)
	case info.Size() > after:
		return file.Truncate(after)
	}
	return nil
}

// Open reads a committed blob. Who sees one may go by it: where the folder
// could not be synced, by a Commit or by a process that was killed in one, it is
// synced first.
func (v *Volume) Open(ctx context.Context, name string) (Reader, error) {
	v.mu.Lock()
	err := errors.Join(ctx.Err(), CheckName(name), v.sure())
	v.mu.Unlock()
	if err != nil {
		return nil, err
	}
	file, err := v.folder.OpenFile(name, os.O_RDONLY, 0)
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
	return v.folder.Sync()
}

// Names lists committed blobs and unfinished ones.
func (v *Volume) Names(ctx context.Context) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	files, err := v.folder.Names()
	if err != nil {
		return nil, fmt.Errorf("cannot list the blobs: %w", err)
	}
	var names []string
	for _, file := range files {
		if name := strings.TrimSuffix(file, unfinished); CheckName(name) == nil {
			names = append(names, name)
		}
	}
	return names, nil
}

// sure makes durable what names there are, unless it is known.
func (v *Volume) sure() error {
	if !v.unsure {
		return nil
	}
	err := v.folder.Sync()
	v.unsure = err != nil
	return err
}

func (v *Volume) unlink(file string) error {
	if err := v.folder.Remove(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("cannot sync the folder %s: %w", path, err)
	}
	return errors.Join(folder.Sync(), folder.Close())
}

type volumeReader struct {
	File
	size int64
}

func (r *volumeReader) Size() int64 { return r.size }
