package document

import (
	"context"
	"errors"
	"fmt"
	"time"

	"voute.dev/voute/server/journal"
)

const sweepAtOnce = 100

// Sweep ends what has expired and unlinks what nobody may read any more.
func (s *Service) Sweep(ctx context.Context) error {
	begun := s.Now()
	expired := s.expire(ctx)
	if expired == nil {
		s.swept.Store(begun.Unix())
	}
	return errors.Join(expired, s.unlink(ctx))
}

// LastSweep is up to when everything that was due had lost its key; zero before
// the first time. A blob that cannot be unlinked keeps no bucket from closing.
func (s *Service) LastSweep() time.Time {
	if at := s.swept.Load(); at != 0 {
		return time.Unix(at, 0).UTC()
	}
	return time.Time{}
}

func (s *Service) expire(ctx context.Context) error {
	for {
		due, err := s.Lists.ToExpire(ctx, s.Now(), sweepAtOnce)
		if err != nil || len(due) == 0 {
			return err
		}
		for _, d := range due {
			err := s.Within(ctx, func(ctx context.Context) error {
				now, err := s.Documents.Find(ctx, d.ID)
				if err != nil || now.Expires.After(s.Now()) {
					return err // held, or extended, in the last moment
				}
				_, err = s.move(ctx, journal.Actor{}, now, Expired, "")
				return err
			})
			if err != nil && !errors.Is(err, ErrChanged) {
				return fmt.Errorf("cannot expire document %s: %w", d.ID, err)
			}
		}
	}
}

// unlink goes on past a blob that cannot be removed: the others' room is needed.
func (s *Service) unlink(ctx context.Context) error {
	for {
		due, err := s.Lists.ToUnlink(ctx, sweepAtOnce)
		if err != nil || len(due) == 0 {
			return err
		}
		var failed []error
		for _, d := range due {
			if err := s.unlinkOne(ctx, d); err != nil {
				failed = append(failed, fmt.Errorf("cannot unlink the blob of document %s: %w", d.ID, err))
			}
		}
		if len(failed) > 0 {
			return errors.Join(failed...)
		}
	}
}

// unlinkNow does at once what the next sweep would do. If it cannot, the sweep
// will: the document is unreadable already.
func (s *Service) unlinkNow(ctx context.Context, d Document) {
	if err := s.unlinkOne(context.WithoutCancel(ctx), d); err != nil {
		s.Log.Warn("cannot unlink a blob now; the next sweep tries again", "document", d.ID, "error", err)
	}
}

// unlinkOne removes the blob first: a stop in between repeats it.
func (s *Service) unlinkOne(ctx context.Context, d Document) error {
	if d.Blob != "" {
		if err := s.Blobs.Remove(ctx, d.Blob); err != nil {
			return err
		}
	}
	return s.Within(ctx, func(ctx context.Context) error {
		now, err := s.Documents.Find(ctx, d.ID)
		if err != nil {
			return err
		}
		now.Blob = ""
		if err := s.Destructions.Unlinked(ctx, now.ID, s.Now()); err != nil {
			return err
		}
		if now.State.May(Shredded) {
			_, err = s.move(ctx, journal.Actor{}, now, Shredded, "")
			return err
		}
		return s.Documents.Save(ctx, now, now.State)
	})
}

// Recover clears up after a stop: uploads that broke off with it, and blobs
// that no document knows. It runs before the first upload is let in.
func (s *Service) Recover(ctx context.Context) error {
	broken, err := s.Lists.Receiving(ctx)
	if err != nil {
		return err
	}
	for _, d := range broken {
		if err := s.forget(ctx, journal.Actor{}, d); err != nil {
			return err
		}
	}
	return s.removeOrphans(ctx)
}

func (s *Service) removeOrphans(ctx context.Context) error {
	names, err := s.Blobs.Names(ctx)
	if err != nil {
		return fmt.Errorf("cannot list the blobs: %w", err)
	}
	for _, name := range names {
		d, err := s.Documents.Find(ctx, name)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if err == nil && d.Blob == name {
			continue
		}
		if err := s.Blobs.Remove(ctx, name); err != nil {
			return fmt.Errorf("cannot remove orphaned blob %s: %w", name, err)
		}
	}
	return nil
}
