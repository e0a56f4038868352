package document

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"voute.dev/voute/server/journal"
	"voute.dev/voute/server/keys"
	"voute.dev/voute/server/retention"
)

// longestReason of a hold, in characters.
const longestReason = 500

// ErrReason means that a hold was asked for without a reason, or with one that
// people cannot read.
var ErrReason = errors.New("a legal hold needs a reason of one paragraph")

// Hold says that a document does not expire, and cannot be deleted, until a pilot
// releases it. Its key is wrapped by the hold key meanwhile, so that its bucket
// closes on time, and its expiry lies further away than any: a version of the
// server that knew of no holds would not sweep it.
type Hold struct {
	Document string
	By       string // id of the pilot's account
	Reason   string
	Time     time.Time
	// Until is when the document would have expired; its participants may read it
	// no longer than that.
	Until time.Time
}

// Holds keeps them, also after their end, for as long as the journal.
type Holds interface {
	Place(ctx context.Context, h Hold) error
	Lift(ctx context.Context, document, by string, at time.Time) error
	// InForce is the one that a document is under; nil for none.
	InForce(ctx context.Context, document string) (*Hold, error)
}

// Search narrows down the documents that a pilot is shown. A pilot knows of each
// no more than its id, sender, size and dates.
type Search struct {
	ID    string // how it begins
	Owner string
	Held  bool // those under legal hold only
}

// Held tells whether the document is under legal hold.
func (d Document) Held() bool { return d.Bucket == keys.Hold }

// Ends is until when the document's participants may read it.
func (d Document) Ends() time.Time {
	if d.Hold != nil {
		return d.Hold.Until
	}
	return d.Expires
}

// Place puts a document under legal hold. Who asks is a pilot.
func (s *Service) Place(ctx context.Context, by journal.Actor, id, reason string) error {
	reason = strings.TrimSpace(reason)
	if !readable(reason) {
		return ErrReason
	}
	d, err := s.Documents.Find(ctx, id)
	switch {
	case err != nil:
		return err
	case d.Held():
		return ErrHeld
	case d.Over(s.Now()):
		return ErrOver
	case d.State != Available:
		return ErrNotReady
	}
	next, err := s.rewrap(ctx, d, keys.Hold)
	if err != nil {
		return err
	}
	next.Expires = retention.Never
	h := Hold{Document: d.ID, By: by.ID, Reason: reason, Time: s.Now(), Until: d.Expires}
	return s.replace(ctx, by, d, next, journal.DocumentHeld, func(ctx context.Context) error { return s.Holds.Place(ctx, h) })
}

// Release ends a document's legal hold and gives it an expiry again: the old one,
// or, if that has passed, one some days from now.
func (s *Service) Release(ctx context.Context, by journal.Actor, id string) (Document, error) {
	d, err := s.Documents.Find(ctx, id)
	if err != nil {
		return d, err
	}
	if !d.Held() {
		return d, ErrNotHeld
	}
	policy := s.policy()
	until := policy.Released(d.Ends(), s.Now())
	next, err := s.rewrap(ctx, d, policy.Bucket(until))
	if err != nil {
		return d, err
	}
	next.Expires, next.Hold = until, nil
	return next, s.replace(ctx, by, d, next, journal.DocumentReleased, func(ctx context.Context) error {
		return s.Holds.Lift(ctx, d.ID, by.ID, s.Now())
	})
}

func readable(reason string) bool {
	return reason != "" && utf8.ValidString(reason) && utf8.RuneCountInString(reason) <= longestReason &&
		strings.ContainsFunc(reason, unicode.IsLetter) && !strings.ContainsFunc(reason, hidden)
}

// hidden are characters that do not show, or turn the direction of writing around.
func hidden(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }
