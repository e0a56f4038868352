// Package blob keeps sealed bytes by name. Names are made by the caller from
// [a-z0-9-] only. What a Blob stores is already sealed: it never sees a plain byte.
package blob

import (
	"context"
	"errors"
	"io"
)

// ErrNotFound is returned by Open for a name that holds nothing.
var ErrNotFound = errors.New("no such blob")

// Store keeps sealed bytes by name. Every implementation passes Contract
// (package blobtest).
type Store interface {
	// Create begins a blob. Nothing is visible under its name before Commit.
	// A name that exists already is an error.
	Create(ctx context.Context, name string) (Writer, error)
	// Open reads a committed blob, or returns ErrNotFound.
	Open(ctx context.Context, name string) (Reader, error)
	// Remove unlinks a blob, durably; a name that holds nothing is no error.
	Remove(ctx context.Context, name string) error
	// Names lists committed blobs and unfinished ones, for sweeping orphans.
	Names(ctx context.Context) ([]string, error)
}

// Writer receives the bytes of one blob.
type Writer interface {
	io.Writer
	// Commit makes the blob durable (file and directory synced) and visible.
	Commit() error
	// Abort forgets it; after Commit it does nothing.
	Abort() error
}

// Reader gives the bytes of one committed blob.
type Reader interface {
	io.ReaderAt
	io.Closer
	// Size is the number of sealed bytes.
	Size() int64
}
