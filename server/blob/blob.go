// Package blob keeps sealed bytes by name. Names are made by the caller from
// [a-z0-9-] only. What a Blob stores is already sealed: it never sees a plain byte.
package blob

import (
	"context"
	"errors"
	"io"
)

// Errors that callers tell apart.
var (
	// ErrNotFound is returned by Open for a name that holds nothing.
	ErrNotFound = errors.New("no such blob")
	// ErrShort is returned by Resume when fewer bytes are there than were synced.
	ErrShort = errors.New("the unfinished blob lacks bytes")
)

// Store keeps sealed bytes by name. Every implementation passes Contract
// (package blobtest).
type Store interface {
	// Create begins a blob. Nothing is visible under its name before Commit.
	// A name that exists already is an error.
	Create(ctx context.Context, name string) (Writer, error)
	// Resume goes on with an unfinished blob after its first bytes, which must
	// have been synced, and forgets what lies behind them. After 0 bytes there
	// need be nothing yet.
	Resume(ctx context.Context, name string, after int64) (Writer, error)
	// Open reads a committed blob, or returns ErrNotFound.
	Open(ctx context.Context, name string) (Reader, error)
	// Remove unlinks a blob, durably; a name that holds nothing is no error.
	Remove(ctx context.Context, name string) error
	// Names lists committed blobs and unfinished ones, for sweeping orphans.
	Names(ctx context.Context) ([]string, error)
}

// Writer receives the bytes of one blob, in order: an engine that takes parts
// of an object one after the other can be behind it.
type Writer interface {
	io.Writer
	// Sync makes durable what was written: Resume finds it, also after a loss
	// of power. A writer that failed to is of no more use.
	Sync() error
	// Commit makes the blob durable (file and directory synced) and visible.
	// When it fails, the blob is unfinished, as it was at the last Sync, or
	// whole: Open tells.
	Commit() error
	// Close lets go of the blob; what is not committed waits for Resume. After
	// Commit and Abort it does nothing.
	Close() error
	// Abort forgets it; after Commit and Close it does nothing.
	Abort() error
}

// Reader gives the bytes of one committed blob.
type Reader interface {
	io.ReaderAt
	io.Closer
	// Size is the number of sealed bytes.
	Size() int64
}
