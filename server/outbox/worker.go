package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"voute.dev/voute/server/journal"
	"voute.dev/voute/server/mail"
)

// ErrEmpty means that no letter is due.
var ErrEmpty = errors.New("no letter is due")

const (
	firstDelay   = 5 * time.Second
	longestDelay = 10 * time.Minute
)

// Worker hands letters to the relay, one at a time.
type Worker struct {
	Letters Repository
	Mailer  mail.Mailer
	Journal journal.Repository
	Within  func(context.Context, func(context.Context) error) error
	// Sent is called in the transaction that removes a letter the relay took.
	Sent func(context.Context, Letter) error
	Now  func() time.Time
	Log  *slog.Logger
}

// Run delivers whenever it is woken and at each tick, until the context ends.
func (w *Worker) Run(ctx context.Context, wake <-chan struct{}, tick <-chan time.Time) {
	for {
		if err := w.Deliver(ctx); err != nil && ctx.Err() == nil {
			w.Log.Error("cannot work through the outbox; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-tick:
		}
	}
}

// Deliver tries every letter that is due.
func (w *Worker) Deliver(ctx context.Context) error {
	for ctx.Err() == nil {
		letter, err := w.next(ctx)
		if errors.Is(err, ErrEmpty) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := w.deliver(ctx, letter); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// next looks inside a write transaction: it waits for one that is adding a
// letter right now instead of missing it.
func (w *Worker) next(ctx context.Context) (letter Letter, err error) {
	err = w.Within(ctx, func(ctx context.Context) error {
		letter, err = w.Letters.Due(ctx, w.Now())
		return err
	})
	return letter, err
}

func (w *Worker) deliver(ctx context.Context, l Letter) error {
	if !w.Now().Before(l.NotAfter) {
		w.Log.Warn("a letter was never sent: the relay did not take it in time", "letter", l.ID, "kind", l.Kind, "account", l.Account)
		return w.Letters.Remove(ctx, l.ID)
	}
	// Noted before it is made: an attempt whose end cannot be written down (a
	// full disk) must not be made again at every tick.
	if err := w.Letters.Delay(ctx, l.ID, l.Attempts+1, w.Now().Add(delay(l.Attempts))); err != nil {
		return err
	}
	err := w.Mailer.Send(ctx, mail.Message{
		ID: l.ID, To: l.To, ToName: l.ToName, Language: l.Language, Subject: l.Subject, Text: l.Text,
	})
	switch {
	case err == nil:
		return w.settle(ctx, l, w.Sent)
	case errors.Is(err, mail.ErrUnavailable):
		w.Log.Warn("the mail relay did not take a letter; trying again", "letter", l.ID, "kind", l.Kind, "attempts", l.Attempts+1)
		return w.Letters.Delay(ctx, l.ID, l.Attempts+1, w.Now().Add(delay(l.Attempts)))
	default:
		w.Log.Warn("the mail relay refused a letter for good", "letter", l.ID, "kind", l.Kind, "account", l.Account)
		return w.settle(ctx, l, w.refused)
	}
}

// settle finishes what a sending began even while the server stops: a letter
// that has left must not be sent again.
func (w *Worker) settle(ctx context.Context, l Letter, then func(context.Context, Letter) error) error {
	return w.Within(context.WithoutCancel(ctx), func(ctx context.Context) error {
		if err := w.Letters.Remove(ctx, l.ID); err != nil {
			return fmt.Errorf("cannot take letter %s out of the outbox: %w", l.ID, err)
		}
		return then(ctx, l)
	})
}

func (w *Worker) refused(ctx context.Context, l Letter) error {
	return w.Journal.Append(ctx, journal.Entry{
		Time: w.Now(), Kind: journal.MailRefused, Object: l.Account, Detail: journal.Detail{"letter": string(l.Kind)},
	})
}

func delay(attempts int) time.Duration {
	return min(firstDelay<<min(attempts, 10), longestDelay)
}
