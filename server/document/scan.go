package document

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"voute.dev/voute/server/blob"
	"voute.dev/voute/server/blocklist"
	"voute.dev/voute/server/journal"
	"voute.dev/voute/server/scan"
	"voute.dev/voute/server/seal"
)

// Why a document failed; words that the pages translate.
const (
	WhyDeadline   = "scanner-unavailable"
	WhySlow       = "scanner-slow"
	WhyTooLarge   = "too-large"
	WhyEncrypted  = "encrypted"
	WhyLimits     = "limits"
	WhyBlocked    = "blocked"
	WhyNotScanned = "not-scanned" // of an earlier version
	WhyDamaged    = "damaged"
	WhyKeyGone    = "key-gone"
)

const (
	firstDelay   = 5 * time.Second
	longestDelay = 5 * time.Minute
)

// whyLimit is why a document was not looked at as a whole. A retry does not help.
var whyLimit = map[scan.Limit]string{scan.Size: WhyTooLarge, scan.Encrypted: WhyEncrypted, scan.Other: WhyLimits}

// Examine brings one document before the antivirus. An error is never a
// verdict: the document waits, and is tried again until its deadline.
func (s *Service) Examine(ctx context.Context, d Document) error {
	if !s.spool().holds(d.Size) {
		return s.settle(ctx, d, Fail, WhyTooLarge)
	}
	verdict, err := s.verdict(ctx, d)
	switch {
	case ctx.Err() != nil:
		return ctx.Err() // stopping: it is tried again after the next start
	case errors.Is(err, seal.ErrDamaged), errors.Is(err, blob.ErrNotFound):
		return errors.Join(err, s.settle(ctx, d, Fail, WhyDamaged))
	case errors.Is(err, ErrBlocked):
		return s.settle(ctx, d, Fail, WhyBlocked)
	case err != nil:
		return s.postpone(ctx, d, err)
	}
	switch verdict.Outcome {
	case scan.Clean:
		return s.settle(ctx, d, Clear, "")
	case scan.Infected:
		return s.settle(ctx, d, Condemn, verdict.Detail)
	default:
		return s.settle(ctx, d, Fail, whyLimit[verdict.Limit])
	}
}

func (s *Service) verdict(ctx context.Context, d Document) (scan.Verdict, error) {
	opened, err := s.open(ctx, d)
	if err != nil {
		return scan.Verdict{}, err
	}
	defer func() { _ = opened.Close() }()
	if err := s.unwanted(opened); err != nil {
		return scan.Verdict{}, err
	}
	in := &witness{from: io.NewSectionReader(opened, 0, d.Size)}
	verdict, err := s.Scanner.Scan(ctx, in)
	if in.err != nil {
		return scan.Verdict{}, fmt.Errorf("cannot read document %s for the antivirus: %w", d.ID, in.err)
	}
	if err == nil && verdict.Outcome == scan.Clean && in.count != d.Size {
		return scan.Verdict{}, fmt.Errorf("the antivirus took %d of %d bytes of document %s", in.count, d.Size, d.ID)
	}
	return verdict, err
}

// unwanted finds, whichever way a document came, that it begins like a blocked type.
func (s *Service) unwanted(opened io.ReaderAt) error {
	first := make([]byte, blocklist.FirstBytes)
	defer clear(first)
	n, err := opened.ReadAt(first, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if err := s.blocklist().Content(first[:n]); err != nil {
		return fmt.Errorf("%w: %w", ErrBlocked, err)
	}
	return nil
}

// settle writes a verdict down, and tells who waits for it.
func (s *Service) settle(ctx context.Context, d Document, verdict Event, why string) error {
	var moved Document
	err := s.atomically(ctx, func(ctx context.Context) error {
		now, err := s.Documents.Find(ctx, d.ID)
		if err != nil || now.State != Scanning {
			return err // expired or deleted meanwhile
		}
		if verdict == Condemn {
			now.Expires = earlier(now.Expires, s.Now().AddDate(0, 0, s.Config().Scanner.Quarantine()))
		}
		moved, err = s.move(ctx, journal.Actor{}, now, verdict, why)
		if err != nil {
			return err
		}
		if err := s.Sharing.Settled(ctx, moved); err != nil || verdict == Clear {
			return err
		}
		return s.tellSender(ctx, moved)
	})
	s.WakeMail()
	if err == nil && moved.State == Failed {
		s.unlinkNow(ctx, moved)
	}
	return err
}

func (s *Service) postpone(ctx context.Context, d Document, cause error) error {
	if !s.Now().Before(d.Scan.Deadline) {
		s.Log.Error("a document failed: no verdict before the deadline; look after the antivirus and the key service", "document", d.ID, "error", cause)
		return s.settle(ctx, d, Fail, whyLate(cause))
	}
	s.Log.Warn("no verdict on a document; trying again", "document", d.ID, "attempts", d.Scan.Attempts+1, "error", cause)
	return s.atomically(ctx, func(ctx context.Context) error {
		now, err := s.Documents.Find(ctx, d.ID)
		if err != nil || now.State != Scanning {
			return err
		}
		now.Scan.Next = earlier(s.Now().Add(min(firstDelay<<min(now.Scan.Attempts, 10), longestDelay)), now.Scan.Deadline)
		now.Scan.Attempts++
		return s.Documents.Save(ctx, now, Scanning)
	})
}

// whyLate: a key that is gone may yet come back, but not for ever.
func whyLate(cause error) string {
	switch {
	case lost(cause):
		return WhyKeyGone
	case errors.Is(cause, scan.ErrSlow):
		return WhySlow
	}
	return WhyDeadline
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// witness tells reading errors from the antivirus' own, and whether it took all.
type witness struct {
	from  io.Reader
	count int64
	err   error
}

func (w *witness) Read(p []byte) (int, error) {
	n, err := w.from.Read(p)
	w.count += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}
