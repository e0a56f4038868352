// Package fragile is a folder in memory whose power can be cut and whose disk
// can be full, for tests of what a blob.Volume and its callers keep.
//
// It forgets as a disk may: of what was written to a file since its last Sync,
// each block is there or not; the file is as long as it was then, as it is now,
// or anything between; each making, moving or removing of a name since the last
// Sync of the folder has happened or not, but none by half.
package fragile

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"voute.dev/voute/server/blob"
)

const block = 4096

// ErrOff answers everything once the power is cut.
var ErrOff = errors.New("the power is off")

// Folder is a folder and its disk.
type Folder struct {
	// Full, when set, is asked before each operation that takes room, and
	// answers true for a disk that has none left.
	Full func() bool

	mu      sync.Mutex
	off     bool
	left    int               // operations until the power is cut; 0 is never
	names   map[string]*inode // as programs see them
	durable map[string]*inode // as the disk has them
	pending []change          // of names, since the folder was synced
}

// change is one change of the names.
type change func(names map[string]*inode)

var _ blob.Folder = (*Folder)(nil)

// inode is a file's bytes, under whatever name.
type inode struct {
	now, synced []byte
}

// New is an empty folder.
func New() *Folder {
	return &Folder{names: map[string]*inode{}, durable: map[string]*inode{}}
}

// Cut ends the power: nothing is done any more.
func (f *Folder) Cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.off = true
}

// CutAfter ends the power in the middle of an operation to come: the n-th.
func (f *Folder) CutAfter(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left = n
}

// Off tells whether the power is cut.
func (f *Folder) Off() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.off
}

// Restart gives what the disk has, after Cut or at any time, as a new folder.
func (f *Folder) Restart(random *rand.Rand) *Folder {
	f.mu.Lock()
	defer f.mu.Unlock()
	names := maps.Clone(f.durable)
	for _, happens := range f.pending {
		if random.IntN(2) == 0 {
			happens(names)
		}
	}
	next := New()
	for _, name := range slices.Sorted(maps.Keys(names)) {
		content := names[name].survive(random)
		next.names[name] = &inode{now: slices.Clone(content), synced: content}
	}
	next.durable = maps.Clone(next.names)
	return next
}

// change makes a change for programs to see, and perhaps for the disk.
func (f *Folder) change(c change) {
	c(f.names)
	f.pending = append(f.pending, c)
}

// survive mixes the blocks of before and after.
func (n *inode) survive(random *rand.Rand) []byte {
	shortest, longest := min(len(n.synced), len(n.now)), max(len(n.synced), len(n.now))
	left := make([]byte, shortest+random.IntN(longest-shortest+1))
	copy(left, n.synced)
	for at := 0; at < len(left); at += block {
		if end := min(at+block, len(left)); random.IntN(2) == 0 && at < len(n.now) {
			copy(left[at:end], n.now[at:])
		}
	}
	return left
}

// Holds tells whether any byte of the disk or of what waits for it matches.
func (f *Folder) Holds(found func([]byte) bool) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, names := range []map[string]*inode{f.names, f.durable} {
		for _, node := range names {
			if found(node.now) || found(node.synced) {
				return true
			}
		}
	}
	return false
}

// ready tells why nothing can be done.
func (f *Folder) ready(takesRoom bool) error {
	if f.left > 0 {
		f.left--
		f.off = f.off || f.left == 0
	}
	if f.off {
		return ErrOff
	}
	if takesRoom && f.Full != nil && f.Full() {
		return &fs.PathError{Op: "write", Path: "fragile", Err: syscall.ENOSPC}
	}
	return nil
}

// OpenFile knows the flags that a volume uses.
func (f *Folder) OpenFile(name string, flag int, _ fs.FileMode) (blob.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	node := f.names[name]
	if err := f.ready(node == nil && flag&os.O_CREATE != 0); err != nil {
		return nil, err
	}
	if node == nil && flag&os.O_CREATE == 0 {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	if node == nil {
		node = &inode{}
		f.change(func(names map[string]*inode) { names[name] = node })
	}
	return &file{folder: f, name: name, node: node}, nil
}

// Lstat tells whether a name is there.
func (f *Folder) Lstat(name string) (fs.FileInfo, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.ready(false); err != nil {
		return nil, err
	}
	node, found := f.names[name]
	if !found {
		return nil, &fs.PathError{Op: "lstat", Path: name, Err: fs.ErrNotExist}
	}
	return info{name, int64(len(node.now))}, nil
}

// Rename moves a name.
func (f *Folder) Rename(from, to string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.ready(true); err != nil {
		return err
	}
	if f.names[from] == nil {
		return &fs.PathError{Op: "rename", Path: from, Err: fs.ErrNotExist}
	}
	f.change(func(names map[string]*inode) {
		if node := names[from]; node != nil {
			names[to] = node
			delete(names, from)
		}
	})
	return nil
}

// Remove takes a name away.
func (f *Folder) Remove(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.ready(false); err != nil {
		return err
	}
	if _, found := f.names[name]; !found {
		return &fs.PathError{Op: "remove", Path: name, Err: fs.ErrNotExist}
	}
	f.change(func(names map[string]*inode) { delete(names, name) })
	return nil
}

// Names lists the files.
func (f *Folder) Names() ([]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(maps.Keys(f.names)), f.ready(false)
}

// Sync writes the names down.
func (f *Folder) Sync() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.ready(true); err != nil {
		return err
	}
	f.durable, f.pending = maps.Clone(f.names), nil
	return nil
}

type file struct {
	folder *Folder
	name   string
	node   *inode
}

// Write appends. On a disk that is full it may write half.
func (w *file) Write(p []byte) (int, error) {
	w.folder.mu.Lock()
	defer w.folder.mu.Unlock()
	if err := w.folder.ready(true); err != nil {
		half := p[:len(p)/2]
		if errors.Is(err, syscall.ENOSPC) {
			w.node.now = append(w.node.now, half...)
			return len(half), err
		}
		return 0, err
	}
	w.node.now = append(w.node.now, p...)
	return len(p), nil
}

func (w *file) ReadAt(p []byte, offset int64) (int, error) {
	w.folder.mu.Lock()
	defer w.folder.mu.Unlock()
	if err := w.folder.ready(false); err != nil {
		return 0, err
	}
	if offset >= int64(len(w.node.now)) {
		return 0, io.EOF
	}
	n := copy(p, w.node.now[offset:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Sync writes the bytes down, not the name. When the disk is full, what came
// since the last one may be lost.
func (w *file) Sync() error {
	w.folder.mu.Lock()
	defer w.folder.mu.Unlock()
	if err := w.folder.ready(true); err != nil {
		return err
	}
	w.node.synced = slices.Clone(w.node.now)
	return nil
}

func (w *file) Truncate(size int64) error {
	w.folder.mu.Lock()
	defer w.folder.mu.Unlock()
	if err := w.folder.ready(false); err != nil {
		return err
	}
	w.node.now = slices.Clone(w.node.now[:size])
	return nil
}

func (w *file) Stat() (fs.FileInfo, error) {
	w.folder.mu.Lock()
	defer w.folder.mu.Unlock()
	return info{w.name, int64(len(w.node.now))}, w.folder.ready(false)
}

func (w *file) Close() error { return nil }

type info struct {
	name string
	size int64
}

func (i info) Name() string     { return i.name }
func (i info) Size() int64      { return i.size }
func (info) Mode() fs.FileMode  { return 0o600 }
func (info) ModTime() time.Time { return time.Time{} }
func (info) IsDir() bool        { return false }
func (info) Sys() any           { return nil }
