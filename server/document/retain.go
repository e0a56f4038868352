package document

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"voute.dev/voute/server/config"
	"voute.dev/voute/server/journal"
	"voute.dev/voute/server/keys"
	"voute.dev/voute/server/retention"
)

const followAtOnce = 100

// Downloads tells who has had a document.
type Downloads interface {
	// Complete tells whether a document has recipients and each of them has had it.
	Complete(ctx context.Context, document string) (bool, error)
}

func (s *Service) policy() retention.Policy { return retention.Of(s.Config()) }

// Extend lengthens a document's life by some days, within the policy. Its key is
// moved to the bucket of the new end before that is written down: whenever the
// server stops in between, the old key opens the document as before.
func (s *Service) Extend(ctx context.Context, by journal.Actor, id string, days int) (Document, error) {
	d, err := s.own(ctx, by.ID, id)
	switch {
	case err != nil:
		return d, err
	case d.Held():
		return d, ErrHeld
	case d.State != Available:
		return d, ErrNotReady
	}
	until, err := s.policy().Extended(d.Created, d.Expires, days)
	if err != nil {
		return d, err
	}
	if stays, err := s.current(ctx, d, until); err != nil || stays.Before(until) {
		return d, errors.Join(err, ErrDays) // the policy would bring the end forward again
	}
	next, err := s.rewrap(ctx, d, s.policy().Bucket(until))
	if err != nil {
		return d, err
	}
	next.Expires = until
	return next, s.replace(ctx, by, d, next, journal.DocumentExtended, nil)
}

// Longest is by how many days a document's sender may lengthen its life.
func (s *Service) Longest(d Document) int {
	if d.Held() || d.State != Available {
		return 0
	}
	return s.policy().Longest(d.Created, d.Expires)
}

// FollowPolicy brings the end of documents forward where the policy in force asks
// for it, and takes their keys to sooner buckets. It may stop at any point and
// begin again.
func (s *Service) FollowPolicy(ctx context.Context) error {
	var failed []error
	for after := ""; ; {
		live, err := s.Lists.Live(ctx, after, followAtOnce)
		if err != nil || len(live) == 0 {
			return errors.Join(append(failed, err)...)
		}
		for _, d := range live {
			after = d.ID
			if err := s.follow(ctx, d); err != nil && !errors.Is(err, ErrChanged) {
				failed = append(failed, fmt.Errorf("document %s: %w", d.ID, err))
			}
		}
		if len(failed) > followAtOnce { // it is not the documents: look again later
			return errors.Join(failed[:1]...)
		}
	}
}

// follow shortens a document's life in any case: its key follows as soon as the
// key service is there.
func (s *Service) follow(ctx context.Context, d Document) error {
	if d.Over(s.Now()) {
		return nil // the sweep's
	}
	expires, err := s.current(ctx, d, d.Expires)
	if err != nil {
		return err
	}
	next, moved := s.rewrap(ctx, d, s.policy().Sooner(d.Bucket, expires))
	if errors.Is(moved, keys.ErrGone) || errors.Is(moved, keys.ErrDamaged) {
		moved = nil // there is nothing left to be moved
	}
	next.Expires = expires
	switch {
	case expires.Before(d.Expires):
		err = s.replace(ctx, journal.Actor{}, d, next, journal.DocumentShortened, nil)
	case next.Bucket != d.Bucket:
		err = s.replace(ctx, journal.Actor{}, d, next, journal.DocumentKeyMoved, nil)
	}
	return errors.Join(err, moved)
}

// current is when a document that is to expire then expires by the policy.
func (s *Service) current(ctx context.Context, d Document, expires time.Time) (time.Time, error) {
	policy := s.policy()
	if policy.AfterLastDownload != config.DeleteAfterLastDownload || d.State != Available {
		return policy.Current(d.Created, expires, s.Now(), false), nil
	}
	complete, err := s.Downloads.Complete(ctx, d.ID)
	return policy.Current(d.Created, expires, s.Now(), complete), err
}

// rewrap gives a document whose key is wrapped for another bucket; nothing is
// written down yet.
func (s *Service) rewrap(ctx context.Context, d Document, bucket string) (Document, error) {
	if bucket == d.Bucket {
		return d, nil
	}
	wrapped, err := s.Keys.Move(ctx, d.Bucket, d.WrappedKey, bucket)
	if err != nil {
		return d, fmt.Errorf("cannot move the key of document %s from bucket %s to %s: %w", d.ID, d.Bucket, bucket, err)
	}
	d.Bucket, d.WrappedKey = bucket, wrapped
	return d, nil
}

// replace writes down another end, bucket and wrapping, with the journal line and
// whatever else belongs to it, unless the document has changed meanwhile.
func (s *Service) replace(ctx context.Context, by journal.Actor, before, next Document, kind journal.Kind, also func(context.Context) error) error {
	return s.atomically(ctx, func(ctx context.Context) error {
		now, err := s.Documents.Find(ctx, before.ID)
		if err != nil {
			return err
		}
		if now.State != before.State || now.WrappedKey != before.WrappedKey || !now.Expires.Equal(before.Expires) {
			return ErrChanged
		}
		now.Expires, now.Bucket, now.WrappedKey = next.Expires, next.Bucket, next.WrappedKey
		if err := s.Documents.Save(ctx, now, now.State); err != nil {
			return err
		}
		if also != nil {
			if err := also(ctx); err != nil {
				return err
			}
		}
		return s.note(ctx, by, kind, now.ID, ends(before, next))
	})
}

func ends(before, next Document) journal.Detail {
	return journal.Detail{
		"before": end(before), "after": end(next), "bucket-before": before.Bucket, "bucket-after": next.Bucket, "size": strconv.FormatInt(next.Size, 10),
	}
}

func end(d Document) string {
	if d.Expires.Equal(retention.Never) {
		return "held"
	}
	return d.Expires.UTC().Format(time.RFC3339)
}
