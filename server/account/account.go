// Package account has the people who may sign in: pilots, whom the
// configuration names, and users, whom pilots create. Both are invited by mail
// and choose a password behind a link that works once, for seven days.
//
//	pending ──mailed──▶ invited ──password set──▶ active
//	   ▲                                            │ a pilot disables a user
//	   └────────────── invited again ── disabled ◀──┘
//
// A pilot that leaves the configuration is withdrawn until it returns.
package account

import (
	"context"
	"errors"
	"net/mail"
	"strings"
	"time"
)

// InvitationDays is how long an invitation is valid.
const InvitationDays = 7

// State says how far a person has come.
type State string

// The states.
const (
	Pending   State = "pending"   // the invitation is in the outbox
	Invited   State = "invited"   // the relay has taken it
	Active    State = "active"    // has a password
	Disabled  State = "disabled"  // by a pilot
	Withdrawn State = "withdrawn" // a pilot no longer in the configuration
)

// Account is one person.
type Account struct {
	ID       string
	PilotID  string // of the configuration; empty for a user
	Email    string // in lower case
	Name     string
	Language string // fr or en
	State    State
	Password string // PHC string; empty until chosen

	// Invitation is the digest of the token that works now, if any.
	Invitation        []byte
	InvitationExpires time.Time

	Created       time.Time
	TermsAccepted time.Time
	LastSignIn    time.Time
}

// Pilot tells whether this person manages the others now.
func (a Account) Pilot() bool { return a.PilotID != "" && a.State != Withdrawn }

// Reachable tells whether documents may be shared with this person.
func (a Account) Reachable() bool { return a.State != Disabled && a.State != Withdrawn }

// Errors that callers tell apart.
var (
	ErrNotFound     = errors.New("no such account")
	ErrAddressTaken = errors.New("the address belongs to another account")
	ErrRefused      = errors.New("address or password is wrong")
	ErrInvitation   = errors.New("the invitation has been used or has expired")
	ErrIsPilot      = errors.New("pilots are managed in the configuration")
	ErrAddress      = errors.New("not an e-mail address")
)

// Repository keeps accounts. Every implementation passes Contract (package
// accounttest).
type Repository interface {
	// Add refuses an address that exists with ErrAddressTaken; so does Save.
	Add(ctx context.Context, a Account) error
	Save(ctx context.Context, a Account) error
	ByID(ctx context.Context, id string) (Account, error)
	ByEmail(ctx context.Context, email string) (Account, error)
	ByInvitation(ctx context.Context, digest []byte) (Account, error)
	// List is in the order of names.
	List(ctx context.Context) ([]Account, error)
}

// Normalize gives the one form in which an address is stored and compared.
func Normalize(email string) (string, error) {
	text := strings.ToLower(strings.TrimSpace(email))
	parsed, err := mail.ParseAddress(text)
	if err != nil || parsed.Address != text || len(text) > 254 {
		return "", ErrAddress
	}
	return text, nil
}

// Pilots are those whom letters reach: also who has not chosen a password yet, since
// pilots answer for the service.
func Pilots(ctx context.Context, accounts Repository) (pilots []Account, err error) {
	people, err := accounts.List(ctx)
	for _, a := range people {
		if a.Pilot() && a.Reachable() {
			pilots = append(pilots, a)
		}
	}
	return pilots, err
}
