// Package journal records who did what and when. A line is written in the
// transaction of what it tells, is never changed, and holds no name of a
// document and no address of a person: ids only.
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
}

// Entry is one line.
type Entry struct {
	Number int64 // given by the journal, ascending
	Time   time.Time
	Actor  Actor
	Kind   Kind
	Object string // id of the document or account acted upon
	Detail Detail
}

// Detail has what else is worth knowing; for a change, the values before and
// after, without personal information.
type Detail map[string]string

// Repository keeps the lines. Every implementation passes Contract (package
// journaltest).
type Repository interface {
	Append(ctx context.Context, e Entry) error
	// After lists up to limit lines with greater numbers, in order.
	After(ctx context.Context, number int64, limit int) ([]Entry, error)
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
