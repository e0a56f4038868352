// Package mail sends messages through the platform's relay.
package mail

import (
	"context"
	"errors"
)

// ErrUnavailable means that the relay did not take the message now; try again later.
var ErrUnavailable = errors.New("the mail relay does not answer")

// Message is one plain-text message to one person.
type Message struct {
	// ID is the local part of the Message-ID: the same when a message is sent again.
	ID       string
	To       string
	ToName   string
	Language string // fr or en: the Content-Language
	Subject  string
	Text     string
}

// Mailer sends messages. Every implementation passes Contract (package mailtest).
type Mailer interface {
	// Send returns when the relay has taken the message. An error that is
	// not ErrUnavailable is final for this message.
	Send(ctx context.Context, m Message) error
	// Check tells whether the relay answers and lets the server sign in.
	Check(ctx context.Context) error
}
