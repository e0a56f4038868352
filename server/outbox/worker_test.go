package outbox_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"voute.dev/voute/server/account"
	"voute.dev/voute/server/journal"
	"voute.dev/voute/server/mail"
	"voute.dev/voute/server/outbox"
	"voute.dev/voute/server/store"
)

// relay answers what the test says and counts.
type relay struct {
	answer error
	asked  int
}

func (r *relay) Send(context.Context, mail.Message) error { r.asked++; return r.answer }
func (r *relay) Check(context.Context) error              { return r.answer }

type office struct {
	t       *testing.T
	worker  *outbox.Worker
	letters store.Letters
	relay   *relay
	now     time.Time
	sent    []string
}

func newOffice(t *testing.T) *office {
	t.Helper()
	db, err := store.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := (store.Accounts{DB: db}).Add(t.Context(), account.Account{ID: "a", Email: "a"}); err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, letters: store.Letters{DB: db}, relay: new(relay), now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	o.worker = &outbox.Worker{
		Letters: o.letters, Mailer: o.relay, Journal: store.Journal{DB: db}, Within: db.Within,
		Sent: func(_ context.Context, l outbox.Letter) error { o.sent = append(o.sent, l.ID); return nil },
		Now:  func() time.Time { return o.now }, Log: slog.New(slog.DiscardHandler),
	}
	return o
}

func (o *office) add(id string) {
	o.t.Helper()
	err := o.letters.Add(o.t.Context(), outbox.Letter{ID: id, Kind: outbox.Code, Account: "a", To: "a@example.test", NotAfter: o.now.Add(40 * time.Minute)})
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) deliver() {
	o.t.Helper()
	if err := o.worker.Deliver(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
}

// left tells whether any letter is in the outbox.
func (o *office) left() bool {
	o.t.Helper()
	_, err := o.letters.Due(o.t.Context(), o.now.AddDate(1, 0, 0))
	if err != nil && !errors.Is(err, outbox.ErrEmpty) {
		o.t.Fatal(err)
	}
	return err == nil
}

func TestSentOnce(t *testing.T) {
	o := newOffice(t)
	o.add("1")
	o.add("2")
	o.deliver()
	o.deliver()
	if o.relay.asked != 2 || len(o.sent) != 2 || o.left() {
		t.Errorf("asked %d times, sent %v, left: %v", o.relay.asked, o.sent, o.left())
	}
}

// TestNotSentAtEveryTick: the relay takes the letter, and then the disk is full.
func TestNotSentAtEveryTick(t *testing.T) {
	o := newOffice(t)
	full := errors.New("the disk is full")
	o.worker.Sent = func(context.Context, outbox.Letter) error { return full }
	o.add("1")
	if err := o.worker.Deliver(t.Context()); !errors.Is(err, full) {
		t.Fatal(err)
	}
	o.deliver()
	if o.relay.asked != 1 || !o.left() {
		t.Errorf("sent %d times at once, left: %v", o.relay.asked, o.left())
	}
}

func TestTriedAgainLaterAndLater(t *testing.T) {
	o := newOffice(t)
	o.relay.answer = mail.ErrUnavailable
	o.add("1")
	began := o.now
	var tries []time.Duration
	for o.left() {
		before := o.relay.asked
		o.deliver()
		if o.relay.asked > before {
			tries = append(tries, o.now.Sub(began))
		}
		o.now = o.now.Add(time.Second)
	}
	for i := range tries[1:] {
		if wait := tries[i+1] - tries[i]; wait > 10*time.Minute || i > 0 && wait < tries[i]-tries[i-1] {
			t.Errorf("attempts at %v", tries)
		}
	}
	if len(tries) < 8 || tries[len(tries)-1] >= 40*time.Minute || len(o.sent) != 0 {
		t.Errorf("attempts at %v, sent %v: a code is of no use after 40 minutes", tries, o.sent)
	}
}

func TestRefusedForGood(t *testing.T) {
	o := newOffice(t)
	o.relay.answer = errors.New("550 no such user")
	o.add("1")
	o.deliver()
	lines, err := o.worker.Journal.After(t.Context(), 0, 10)
	if err != nil || len(lines) != 1 || lines[0].Kind != journal.MailRefused || lines[0].Object != "a" {
		t.Errorf("the journal has %+v (%v)", lines, err)
	}
	if o.left() || len(o.sent) != 0 {
		t.Error("a refused letter stays or counts as sent")
	}
}
