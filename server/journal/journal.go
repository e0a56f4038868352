// Package journal records who did what and when. A line is written in the
// transaction of what it tells, is never changed, and holds no name of a
// document and no address of a person: ids only.
//
// The lines are a chain (chain.go): each carries the SHA-256 of the line before
// it and of its own content, so that a line changed, taken out or put in is
// found by whoever has noted a later hash elsewhere. A line that an earlier
// version of the server has written carries none; the next one that does
// vouches for it too.
//
// The journal has a retention of its own. Its oldest lines, and only those, are
// removed by Trim, which leaves an anchor: the number and hash of the last line
// removed, from which the chain goes on.
package journal

import (
	"context"
	"time"
)

// Actor is who acts and from where. The server itself is the empty Actor.
type Actor struct {
	ID        string // of the account; empty before sign-in
	Address   string // IP address
	UserAgent string
	Referer   string // the page that led here
}

// Entry is one line.
type Entry struct {
	Number int64 // given by the journal, ascending
	Time   time.Time
	Actor  Actor
	Kind   Kind
	Object string // id of the document or account acted upon
	Detail Detail
	Hash   Hash // given by the journal; zero in a line of an earlier version
}

// Detail has what else is worth knowing; for a change, the values before and
// after, without personal information.
type Detail map[string]string

// Repository keeps the lines. Every implementation passes Contract (package
// journaltest).
type Repository interface {
	// Append gives a line the next number and its hash.
	Append(ctx context.Context, e Entry) error
	// After lists up to limit lines with greater numbers, in order.
	After(ctx context.Context, number int64, limit int) ([]Entry, error)
	// Anchor is what the oldest line that is kept follows.
	Anchor(ctx context.Context) (Anchor, error)
	// Cut removes up to limit of the oldest lines, up to the first one that is
	// not older than before, and tells how many.
	Cut(ctx context.Context, before time.Time, limit int) (int64, error)
}

// Kind is the kind of an action.
type Kind string

// Kinds of action on accounts and sessions.
const (
	AccountCreated   Kind = "account.created"
	AccountChanged   Kind = "account.changed"
	AccountInvited   Kind = "account.invited"
	AccountActivated Kind = "account.activated"
	AccountDisabled  Kind = "account.disabled"
	AccountWithdrawn Kind = "account.withdrawn"
	SignInRefused    Kind = "session.refused"
	CodeSent         Kind = "session.code-sent"
	CodeRefused      Kind = "session.code-refused"
	SignedIn         Kind = "session.signed-in"
	SignedOut        Kind = "session.signed-out"
	MailRefused      Kind = "mail.refused"
	JournalTrimmed   Kind = "journal.trimmed"
)

// Kinds of action on documents.
const (
	DocumentReceiving   Kind = "document.receiving"
	DocumentReceived    Kind = "document.received"
	DocumentAborted     Kind = "document.aborted"
	DocumentAvailable   Kind = "document.available"
	DocumentQuarantined Kind = "document.quarantined"
	DocumentFailed      Kind = "document.failed"
	DocumentShared      Kind = "document.shared"
	DocumentDownloaded  Kind = "document.downloaded"
	DocumentDeleted     Kind = "document.deleted"
	DocumentExpired     Kind = "document.expired"
	DocumentShredded    Kind = "document.shredded"
	DocumentExtended    Kind = "document.extended"
	DocumentShortened   Kind = "document.shortened"
	DocumentKeyMoved    Kind = "document.key-moved"
	DocumentHeld        Kind = "document.held"
	DocumentReleased    Kind = "document.released"
)

// Kinds of action on shares.
const (
	ShareCreated   Kind = "share.created"
	ShareWithdrawn Kind = "share.withdrawn" // from one recipient
	ShareResent    Kind = "share.resent"
	ShareExtended  Kind = "share.extended"
	ShareRecalled  Kind = "share.recalled"
	ShareEnded     Kind = "share.ended"
	ShareReminded  Kind = "share.reminded"
)
