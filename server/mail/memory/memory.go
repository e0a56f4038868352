// Package memory records messages instead of sending them, for tests of what
// uses a mail.Mailer.
package memory

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"voute.dev/voute/server/mail"
)

// Mailer passes the same contract as a relay.
type Mailer struct {
	mu       sync.Mutex
	messages []mail.Message
	fault    error
}

var _ mail.Mailer = (*Mailer)(nil)

// New has sent nothing.
func New() *Mailer { return &Mailer{} }

// Fail makes every call answer an error until Fail(nil).
func (m *Mailer) Fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fault = err
}

// Messages are those sent so far, oldest first.
func (m *Mailer) Messages() []mail.Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.messages)
}

// Send records a message.
func (m *Mailer) Send(ctx context.Context, message mail.Message) error {
	if err := message.Validate(); err != nil {
		return err
	}
	if err := m.Check(ctx); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.messages = append(m.messages, message)
	return nil
}

// Check answers what Fail said.
func (m *Mailer) Check(ctx context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", mail.ErrUnavailable, err)
	}
	return m.fault
}
