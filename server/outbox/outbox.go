// Package outbox holds messages from the moment they are owed until the relay
// has taken them. A message is added in the transaction of what it tells, so
// that neither exists without the other; it is removed, with the code or link
// in it, as soon as it is sent, refused for good, or no longer of use.
package outbox

import (
	"context"
	"time"
)

// Kind says why a message is sent.
type Kind string

// The kinds. A code goes before all others: someone waits for it.
const (
	Code       Kind = "code"
	Invitation Kind = "invitation"
	Shared     Kind = "shared"
	Refused    Kind = "refused"
	Reminder   Kind = "reminder"   // something shared ends soon
	Downloaded Kind = "downloaded" // something shared was
	Notice     Kind = "notice"     // a change of the service is to come
	Withdrawn  Kind = "withdrawn"  // it does not take place
	Room       Kind = "room"       // the vault gets full
)

// Letter is one message to one person.
type Letter struct {
	ID       string
	Kind     Kind
	Account  string // id of the person
	To       string
	ToName   string
	Language string
	Subject  string
	Text     string
	NotAfter time.Time // useless from then on
	Attempts int
	Next     time.Time // of the next attempt
}

// Repository keeps the letters. Every implementation passes Contract (package
// outboxtest).
type Repository interface {
	Add(ctx context.Context, l Letter) error
	// Due is the next letter to try, codes first; ErrEmpty when there is none.
	Due(ctx context.Context, now time.Time) (Letter, error)
	// Delay notes another attempt at a letter.
	Delay(ctx context.Context, id string, attempts int, next time.Time) error
	Remove(ctx context.Context, id string) error
	// Recall takes back the letters of a kind that have not left yet.
	Recall(ctx context.Context, kind Kind) error
}
