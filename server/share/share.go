// Package share gives documents to people to read: some documents, some
// recipients, a message, an end, perhaps a limit of downloads.
//
// A document may be read by whoever is a recipient of a share of it that stands:
// one that was not recalled, and whose end has not come. The end is a matter of
// time, not of a sweep; the sweep that follows ends the share for good, and a
// while later forgets it. A document's own end bounds that of its shares.
//
// What a download is, and when one goes on instead of beginning, is a pure
// function (tally.go). It is counted in the transaction that lets the bytes go.
package share

import (
	"context"
	"errors"
	"slices"
	"time"

	"voute.dev/voute/server/document"
)

// Share is documents that somebody gives to others to read.
type Share struct {
	ID         string
	Owner      string // id of the account that made it
	Message    string // forgotten when it ends
	Created    time.Time
	Expires    time.Time // zero: as long as its documents
	Limit      int       // downloads of each document by each recipient; 0: any number
	Notify     bool      // its owner is told of downloads
	Ended      time.Time // zero while it stands
	Documents  []string  // ids, in the order in which they were chosen
	Recipients []Recipient
}

// Recipient is one of those who may read.
type Recipient struct {
	Account  string
	Added    time.Time
	Told     time.Time // by mail; zero: not yet
	Reminded time.Time // by mail; zero: not
}

// Stands tells whether its recipients may read its documents now: not from the
// very second on in which it ends.
func (s Share) Stands(now time.Time) bool {
	return s.Ended.IsZero() && (s.Expires.IsZero() || now.Before(s.Expires))
}

// For tells whether somebody is a recipient.
func (s Share) For(account string) bool {
	return slices.ContainsFunc(s.Recipients, func(r Recipient) bool { return r.Account == account })
}

// plain tells whether it says nothing but who may read one document.
func (s Share) plain() bool {
	return s.Message == "" && s.Expires.IsZero() && s.Limit == 0 && !s.Notify && len(s.Documents) == 1
}

// ends is when the last of its documents can no longer be read through it.
func (s Share) ends(documents []document.Document) (end time.Time) {
	for _, d := range documents {
		if d.Kept() && d.Expires.After(end) {
			end = d.Expires
		}
	}
	if !s.Expires.IsZero() && s.Expires.Before(end) {
		end = s.Expires
	}
	return end
}

// ready tells whether there is something to read, and nothing to wait for.
func ready(documents []document.Document) bool {
	is := func(state document.State) func(document.Document) bool {
		return func(d document.Document) bool { return d.State == state }
	}
	return slices.ContainsFunc(documents, is(document.Available)) && !slices.ContainsFunc(documents, is(document.Scanning))
}

// longestNotice is how long before the end a recipient is reminded at most.
const longestNotice = 48 * time.Hour

// remindAt is when a recipient who was told of something is reminded of its end:
// two days before it, or when half of the time is over if that is later.
func remindAt(told, end time.Time) time.Time {
	return end.Add(-min(longestNotice, end.Sub(told)/2))
}

// Errors that callers tell apart.
var (
	ErrNotFound = errors.New("no such share")
	ErrOver     = errors.New("the share has ended")
	ErrNobody   = errors.New("a share needs somebody else than its sender")
	ErrNothing  = errors.New("a share needs a document that can be shared")
	ErrMessage  = errors.New("the message is too long")
	ErrLimit    = errors.New("the number of downloads is not allowed")
	ErrEnd      = errors.New("the share cannot end then")
)

// Repository keeps shares. Every implementation passes Contract (package
// sharetest).
type Repository interface {
	// Add and Save also keep the list of who may read what, by which a server
	// of an earlier version goes.
	Add(ctx context.Context, s Share) error
	Save(ctx context.Context, s Share) error
	Find(ctx context.Context, id string) (Share, error)
	// Adopt makes shares of what a server of an earlier version has shared.
	Adopt(ctx context.Context, id func() string) error
	// Forget removes what ended before.
	Forget(ctx context.Context, before time.Time) error
}

// Lists answers which shares there are.
type Lists interface {
	// By and With are the newest first; With only those that stand.
	By(ctx context.Context, owner string, limit int) ([]Share, error)
	With(ctx context.Context, account string, now time.Time, limit int) ([]Share, error)
	// Of has those that stand, the oldest first.
	Of(ctx context.Context, document string, now time.Time) ([]Share, error)
	// Reads is true too of a document that is over, for those who read it until
	// then: they learn that it is.
	Reads(ctx context.Context, document, account string, now time.Time) (bool, error)
	// Over are those not ended yet whose end has come, or of which there is
	// nothing left to read.
	Over(ctx context.Context, now time.Time, limit int) ([]Share, error)
	// Unread are recipients who were told, were not reminded, and have not
	// downloaded something that ends until then.
	Unread(ctx context.Context, now, until time.Time) ([]Unread, error)
}

// Unread is a recipient who has not downloaded all of a share.
type Unread struct {
	Share, Account string
	Told           time.Time
	End            time.Time // of the first of what was not downloaded
}

// Ledger counts downloads.
type Ledger interface {
	// Tally is empty when nothing was downloaded.
	Tally(ctx context.Context, share, account, document string) (Tally, error)
	Put(ctx context.Context, t Tally) error
	Tallies(ctx context.Context, share string) ([]Tally, error)
}
