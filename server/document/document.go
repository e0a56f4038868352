// Package document is a document's life, from the first byte received to the
// last one unlinked. Its states, and what each event does in each of them, are
// one table (state.go), drawn in docs/documents.md.
//
// Bytes are sealed from the first one on, under a data key of the bucket (the
// calendar day) in which the document expires. Only a clean verdict releases.
// Whatever is not, or no longer, to be read loses its wrapped key in the very
// transaction that says so; the blob, unreadable from then on, is unlinked
// afterwards, however often the server stops in between. Failed documents are
// not kept: their senders have the original. Infected ones are, sealed and for
// a set time, and nothing here opens them.
//
// Room is reserved while bytes arrive, so that the sum of all documents and all
// uploads under way never exceeds the quota.
package document

import (
	"context"
	"errors"
	"fmt"
	"time"

	"voute.dev/voute/server/journal"
	"voute.dev/voute/server/retention"
)

// Document is what is known of one document. Its name and hash are forgotten
// when it is shredded.
type Document struct {
	ID       string
	Owner    string // id of the account that sent it
	Name     string
	Size     int64 // plain bytes
	Reserved int64 // plain bytes it may grow to while it is received
	SHA256   string
	State    State
	Detail   string // why it is quarantined or failed
	Expires  time.Time
	Created  time.Time

	Bucket     string // of the key that wraps its own
	WrappedKey string
	Blob       string // empty when there is nothing to unlink

	Scan Scan

	// Hold is the legal hold that it is under; nil for none.
	Hold *Hold
}

// Scan is how far the antivirus has come.
type Scan struct {
	Attempts int
	Next     time.Time
	Deadline time.Time
}

// Readable tells whether its participants may read it now: not from the very
// second on in which it expires.
func (d Document) Readable(now time.Time) bool {
	return d.State == Available && now.Before(d.Ends())
}

// Over tells whether its time has come, swept or not.
func (d Document) Over(now time.Time) bool {
	return d.State == Expired || d.State == Deleted || d.State == Shredded || !now.Before(d.Expires)
}

// Usage is how full the vault is, in plain bytes.
type Usage struct {
	Used, Reserved, Documents int64
}

// Errors that callers tell apart.
var (
	ErrNotFound = errors.New("no such document")
	ErrChanged  = errors.New("the document has changed meanwhile")
	ErrQuota    = errors.New("the vault has no room for this document")
	ErrTooLarge = errors.New("the document is larger than allowed")
	ErrClosed   = errors.New("uploads are closed")
	ErrOver     = errors.New("the document has expired or was deleted")
	ErrNotReady = errors.New("the document is not available")
	ErrDays     = retention.ErrDays
	ErrHeld     = errors.New("the document is under legal hold")
	ErrNotHeld  = errors.New("the document is not under legal hold")
	ErrBroken   = errors.New("the upload broke off")
	ErrLimit    = errors.New("there were as many downloads as the share allows")
	ErrKey      = errors.New("the document's key is not to be had")
	ErrBlocked  = errors.New("files of this kind are not taken")
)

// UnknownError names the addresses that belong to nobody here.
type UnknownError struct{ Emails []string }

func (e *UnknownError) Error() string {
	return fmt.Sprintf("%d of the addresses belong to nobody here", len(e.Emails))
}

// Repository keeps documents. Every implementation passes Contract (package
// documenttest).
type Repository interface {
	Add(ctx context.Context, d Document) error
	Find(ctx context.Context, id string) (Document, error)
	// Save refuses with ErrChanged a document that is no longer in state from.
	Save(ctx context.Context, d Document, from State) error
	Remove(ctx context.Context, id string) error
	// Reserve sets what a document being received may grow to, or refuses
	// with ErrQuota what would bring the sum of all above the quota.
	Reserve(ctx context.Context, id string, bytes, quota int64) error
	Usage(ctx context.Context) (Usage, error)
}

// Lists answers which documents there are, the newest first for people, the
// most urgent first for the server.
type Lists interface {
	// SentBy and SharedWith leave out what is being received and what is gone.
	SentBy(ctx context.Context, account string) ([]Document, error)
	SharedWith(ctx context.Context, account string, now time.Time) ([]Document, error)
	// ToScan are in the order in which they came.
	ToScan(ctx context.Context, now time.Time, limit int) ([]Document, error)
	// Queue has the ids of all that wait for the antivirus, or are before it,
	// in the order in which they came.
	Queue(ctx context.Context) ([]string, error)
	InQuarantine(ctx context.Context) ([]Document, error)
	ToExpire(ctx context.Context, now time.Time, limit int) ([]Document, error)
	// ToUnlink has a blob that nobody is to read any more, or is over and not
	// shredded yet.
	ToUnlink(ctx context.Context, limit int) ([]Document, error)
	// Live are those that may still expire sooner, in the order of their ids and
	// after one of them: not those under legal hold.
	Live(ctx context.Context, after string, limit int) ([]Document, error)
	// ForPilots are those that can be, or are, under legal hold.
	ForPilots(ctx context.Context, search Search, limit int) ([]Document, error)
	// Receiving are those of uploads under way or broken off.
	Receiving(ctx context.Context) ([]Document, error)
}

// Sharing says who may read what, and is told what they have to know. Package
// share does it.
type Sharing interface {
	Reads(ctx context.Context, document, account string) (bool, error)
	// Offer, Settled and Take are part of the caller's transaction.
	Offer(ctx context.Context, by journal.Actor, d Document, readers []string) error
	Settled(ctx context.Context, d Document) error
	// Take counts a download and tells through which share it is had; it
	// refuses with ErrLimit one more than allowed.
	Take(ctx context.Context, by journal.Actor, d Document, p Part) (share string, err error)
}
