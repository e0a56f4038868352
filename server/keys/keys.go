// Package keys gives one data key per document, wrapped by the key of the
// bucket (the calendar day) in which the document expires. When a bucket's key
// is deleted, everything wrapped by it is unreadable for good, backups included.
//
// A document whose expiry changes has its data key moved to the key of another
// bucket. One under legal hold has it moved to the hold key, which no day
// closes, so that the document's bucket still closes on time.
package keys

import (
	"context"
	"errors"
)

// Size is the length of a data key in bytes: AES-256.
const Size = 32

// Errors that callers tell apart. Anything else is a fault worth a retry.
var (
	// ErrGone means that the bucket's key no longer exists: the document is shredded.
	ErrGone = errors.New("the key of this bucket is gone")
	// ErrUnavailable means that the key service cannot answer now (sealed, unreachable).
	ErrUnavailable = errors.New("the key service does not answer")
	// ErrRefused means that the key service refuses this identity.
	ErrRefused = errors.New("the key service refuses this server")
	// ErrDamaged means that a wrapped key does not open under the bucket's key:
	// changed, another bucket's, or wrapped before the key was deleted and
	// reborn. A retry does not help.
	ErrDamaged = errors.New("the wrapped key does not open under this bucket's key")
	// ErrPastBucket means that the bucket is over: its key must not be reborn.
	ErrPastBucket = errors.New("the bucket is past")
)

// DataKey is a fresh document key.
type DataKey struct {
	// Plain is Size bytes; the caller clears it after use.
	Plain []byte
	// Wrapped is what may be stored.
	Wrapped string
}

// Keys gives and opens data keys. Every implementation passes Contract
// (package keystest).
type Keys interface {
	// Create makes a data key wrapped by the bucket's key ("2026-12-03"),
	// bringing that key to life if need be. A past bucket is ErrPastBucket.
	Create(ctx context.Context, bucket string) (DataKey, error)
	// Open unwraps a data key. Hold is a bucket here.
	Open(ctx context.Context, bucket, wrapped string) ([]byte, error)
	// Move wraps a data key by the key of another bucket, bringing that key to
	// life if need be, and leaves it wrapped by the old one too: until the
	// caller has written the new wrapping down, the old one opens. Either
	// bucket may be Hold. A past bucket to move to is ErrPastBucket.
	Move(ctx context.Context, from, wrapped, to string) (string, error)
	// Check tells whether the service answers this server.
	Check(ctx context.Context) error
}
