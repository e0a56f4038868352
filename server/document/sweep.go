package document

import (
	"context"
	"errors"
	"fmt"
	"time"

	"voute.dev/voute/server/journal"
)

const (
	sweepAtOnce = 100
	recoverTime = 5 * time.Second // for one upload that had arrived; the start waits
)

// Sweep ends what has expired or was given up, and unlinks what nobody may read
// any more.
func (s *Service) Sweep(ctx context.Context) error {
	begun := s.Now()
	ended := errors.Join(s.expire(ctx), s.giveUp(ctx))
	if ended == nil {
		s.swept.Store(begun.Unix())
	}
	return errors.Join(ended, s.unlink(ctx))
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
				_, err = s.move(ctx, journal.Actor{}, now, Lapse, "")
				return err
			})
			if err != nil && !errors.Is(err, ErrChanged) {
				return fmt.Errorf("cannot expire document %s: %w", d.ID, err)
			}
		}
	}
}

// giveUp ends uploads for which nothing has come for long. One that had arrived
// is no such: its server stopped before it could say so.
func (s *Service) giveUp(ctx context.Context) error {
	due, err := s.Transfers.Abandoned(ctx, s.Now(), sweepAtOnce)
	if err != nil {
		return err
	}
	var failed []error
	for _, t := range due {
		if !s.lanes.busy(t.Document) {
			failed = append(failed, s.giveUpOne(ctx, t.Document))
		}
	}
	return errors.Join(failed...)
}

func (s *Service) giveUpOne(ctx context.Context, id string) error {
	held, release, err := s.lanes.enter(ctx, id)
	if errors.Is(err, ErrTaken) || errors.Is(err, ErrStopping) {
		return nil
	}
	if err != nil {
		return err
	}
	defer release()
	status, err := s.look(held, journal.Actor{}, id)
	if !errors.Is(err, ErrOver) || status.Arrived {
		return err
	}
	return s.abort(held, journal.Actor{}, status.Document, "abandoned")
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
		if now.State.May(Shred) {
			_, err = s.move(ctx, journal.Actor{}, now, Shred, "")
			return err
		}
		return s.Documents.Save(ctx, now, now.State)
	})
}

// Recover clears up after a stop: forms that broke off with it, and blobs that
// no document knows. Uploads that can be resumed stay. It runs before the first
// upload is let in.
func (s *Service) Recover(ctx context.Context) error {
	broken, err := s.Lists.Receiving(ctx)
	if err != nil {
		return err
	}
	for _, d := range broken {
		if err := s.recover(ctx, d); err != nil {
			return err
		}
	}
	return s.removeOrphans(ctx)
}

func (s *Service) recover(ctx context.Context, d Document) error {
	_, err := s.Transfers.Find(ctx, d.ID)
	if errors.Is(err, ErrNotFound) {
		return s.forget(ctx, journal.Actor{}, d)
	}
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, recoverTime)
	defer cancel()
	if _, err := s.look(limited, journal.Actor{}, d.ID); err != nil && !errors.Is(err, ErrOver) {
		s.Log.Warn("an upload that had arrived cannot be ended now; it is when its sender asks for it", "document", d.ID, "error", err)
	}
	return nil
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
