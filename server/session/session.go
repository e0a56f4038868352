// Package session is signing in and staying so: a password, then a code of
// seven digits by mail, then the one cookie.
//
// The password opens a pending session, good for nothing but the code. The
// code is valid for 40 minutes and five tries; a new one makes the old one
// useless. The right code replaces the pending session by an open one with
// another token. A session ends after 30 minutes without a request, after 12
// hours at most, and at once when its owner quits, is disabled or withdrawn.
package session

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// The limits of a sign-in.
const (
	CodeValidity = 40 * time.Minute
	CodeTries    = 5
	CodesSent    = 5 // in one pending session

	pendingFor = 60 * time.Minute
	idleFor    = 30 * time.Minute
	openFor    = 12 * time.Hour
	noteEvery  = time.Minute // how often a request is written down as a sign of life
)

// Stage says how far a sign-in has come.
type Stage string

// The stages.
const (
	Pending Stage = "pending" // the password was right
	Open    Stage = "open"    // so was the code
)

// Session is one sign-in on one browser.
type Session struct {
	Digest  []byte // of the token in the cookie
	Account string
	Stage   Stage
	Next    string // the page asked for before signing in
	Created time.Time
	Seen    time.Time
	Expires time.Time
	Code    Code
}

// Code is what is known of the code that works now.
type Code struct {
	Digest  []byte
	Expires time.Time
	Tries   int
	Sent    int // how many were sent, this one included
}

// Live tells whether the session still counts.
func (s Session) Live(now time.Time) bool {
	return now.Before(s.Expires) && (s.Stage == Pending || now.Before(s.Seen.Add(idleFor)))
}

// Errors that callers tell apart.
var (
	ErrNotFound = errors.New("no such session")
	ErrCode     = errors.New("the code is wrong")
	ErrSpent    = errors.New("the code has expired, or was tried too often")
	ErrTooMany  = errors.New("too many codes were sent")
)

// LimitError asks to wait.
type LimitError struct{ Wait time.Duration }

func (e *LimitError) Error() string {
	return fmt.Sprintf("too many attempts: wait %s", e.Wait.Round(time.Second))
}

// Repository keeps sessions. Every implementation passes Contract (package
// sessiontest).
type Repository interface {
	// Put adds a session or replaces the one with its digest.
	Put(ctx context.Context, s Session) error
	Find(ctx context.Context, digest []byte) (Session, error)
	Remove(ctx context.Context, digest []byte) error
	RemoveOf(ctx context.Context, account string) error
	// RemoveExpired removes what ended before now.
	RemoveExpired(ctx context.Context, now time.Time) error
}
