package blob

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Folder is what a Volume asks of a file system. Nothing outlives a loss of
// power but what was synced: a file's bytes by the file, its name by the folder.
type Folder interface {
	// OpenFile takes the flags of os.OpenFile.
	OpenFile(name string, flag int, mode fs.FileMode) (File, error)
	// Lstat is fs.ErrNotExist for a name that is not there.
	Lstat(name string) (fs.FileInfo, error)
	Rename(from, to string) error
	Remove(name string) error
	// Names lists the files that are neither folders nor links.
	Names() ([]string, error)
	// Sync makes durable what names there are.
	Sync() error
}

// File is one of a folder's.
type File interface {
	io.Writer
	io.ReaderAt
	io.Closer
	Stat() (fs.FileInfo, error)
	Truncate(size int64) error
	Sync() error
}

// directory is a folder of the machine, which no link leads out of.
type directory struct{ root *os.Root }

var _ Folder = directory{}

func (d directory) OpenFile(name string, flag int, mode fs.FileMode) (File, error) {
	file, err := d.root.OpenFile(name, flag, mode)
	if err != nil {
		return nil, err
	}
	return &eager{File: file}, nil
}

func (d directory) Lstat(name string) (fs.FileInfo, error) { return d.root.Lstat(name) }
func (d directory) Rename(from, to string) error           { return d.root.Rename(from, to) }
func (d directory) Remove(name string) error               { return d.root.Remove(name) }

func (d directory) Names() (names []string, err error) {
	entries, err := fs.ReadDir(d.root.FS(), ".")
	for _, entry := range entries {
		if entry.Type().IsRegular() {
			names = append(names, entry.Name())
		}
	}
	return names, err
}

func (d directory) Sync() error {
	folder, err := d.root.Open(".")
	if err != nil {
		return fmt.Errorf("cannot sync the folder of the documents: %w", err)
	}
	return errors.Join(folder.Sync(), folder.Close())
}

func (d directory) Close() error { return d.root.Close() }
