package share

import (
	"context"
	"errors"
	"slices"
	"time"

	"voute.dev/voute/server/document"
	"voute.dev/voute/server/journal"
)

// change lets an owner change a share that stands, and keeps what comes of it.
func (s *Service) change(ctx context.Context, by journal.Actor, id string, how func(context.Context, *Share) error) error {
	defer s.WakeMail()
	return s.Within(ctx, func(ctx context.Context) error {
		found, err := s.Find(ctx, by.ID, id)
		switch {
		case err != nil:
			return err
		case found.Owner != by.ID:
			return ErrNotFound
		case !found.Stands(s.Now()):
			return ErrOver
		}
		if err := how(ctx, &found); err != nil {
			return err
		}
		if err := s.Shares.Save(ctx, found); err != nil {
			return err
		}
		return s.tell(ctx, found)
	})
}

// AddRecipients lets more people read.
func (s *Service) AddRecipients(ctx context.Context, by journal.Actor, id string, readers []string) error {
	return s.change(ctx, by, id, func(ctx context.Context, share *Share) error {
		return s.addReaders(ctx, by, share, readers)
	})
}

func (s *Service) addReaders(ctx context.Context, by journal.Actor, share *Share, readers []string) error {
	var added []Recipient
	for _, reader := range readers {
		if !share.For(reader) && reader != share.Owner {
			added = append(added, Recipient{Account: reader, Added: s.Now()})
		}
	}
	share.Recipients = append(share.Recipients, added...)
	return s.noteReaders(ctx, by, *share, added)
}

// RemoveRecipient ends somebody's reading at once.
func (s *Service) RemoveRecipient(ctx context.Context, by journal.Actor, id, reader string) error {
	return s.change(ctx, by, id, func(ctx context.Context, share *Share) error {
		if !share.For(reader) {
			return ErrNotFound
		}
		share.Recipients = slices.DeleteFunc(share.Recipients, func(r Recipient) bool { return r.Account == reader })
		return s.note(ctx, by, journal.ShareWithdrawn, id, journal.Detail{"from": reader})
	})
}

// Resend tells all recipients again.
func (s *Service) Resend(ctx context.Context, by journal.Actor, id string) error {
	return s.change(ctx, by, id, func(ctx context.Context, share *Share) error {
		documents, err := s.documents(ctx, *share)
		if err != nil {
			return err
		}
		if !ready(documents) {
			return document.ErrNotReady
		}
		for i := range share.Recipients {
			share.Recipients[i].Told = time.Time{} // tell them
		}
		return s.note(ctx, by, journal.ShareResent, id, nil)
	})
}

// Extend moves the end of a share on; 0 days let it last as long as its documents.
func (s *Service) Extend(ctx context.Context, by journal.Actor, id string, days int) error {
	return s.change(ctx, by, id, func(ctx context.Context, share *Share) error {
		documents, err := s.documents(ctx, *share)
		if err != nil {
			return err
		}
		before := share.Expires
		end, err := s.end(days, *share, documents)
		if err != nil {
			return err
		}
		if before.IsZero() || !end.IsZero() && end.Before(before) {
			return ErrEnd // it would end sooner
		}
		share.Expires = end
		return s.note(ctx, by, journal.ShareExtended, id, journal.Detail{"before": instant(before), "after": instant(end)})
	})
}

// Recall ends a share at once.
func (s *Service) Recall(ctx context.Context, by journal.Actor, id string) error {
	return s.change(ctx, by, id, func(ctx context.Context, share *Share) error {
		share.Ended, share.Message = s.Now(), ""
		return s.note(ctx, by, journal.ShareRecalled, id, nil)
	})
}

// Delete destroys the documents of a share at once, for all of their readers,
// and so ends it.
func (s *Service) Delete(ctx context.Context, by journal.Actor, id string) error {
	found, err := s.Find(ctx, by.ID, id)
	if err != nil {
		return err
	}
	if found.Owner != by.ID {
		return ErrNotFound
	}
	for _, id := range found.Documents {
		err := s.Documents.Delete(ctx, by, id)
		if err != nil && !errors.Is(err, document.ErrOver) && !errors.Is(err, document.Locked) {
			return err
		}
	}
	if !found.Stands(s.Now()) {
		return nil
	}
	return s.Recall(ctx, by, id)
}

// ShareDocument lets more people read one document, on no other terms than its own.
func (s *Service) ShareDocument(ctx context.Context, by journal.Actor, id string, readers []string) error {
	defer s.WakeMail()
	return s.Within(ctx, func(ctx context.Context) error {
		documents, err := s.shareable(ctx, by.ID, []string{id})
		if err != nil {
			return err
		}
		return s.Offer(ctx, by, documents[0], readers)
	})
}

// Offer is what an upload does with its recipients: those who cannot read the
// document yet join the share that says nothing but who reads it.
func (s *Service) Offer(ctx context.Context, by journal.Actor, d document.Document, readers []string) error {
	standing, err := s.Lists.Of(ctx, d.ID, s.Now())
	if err != nil {
		return err
	}
	readers = slices.DeleteFunc(slices.Clone(readers), func(reader string) bool {
		return slices.ContainsFunc(standing, func(share Share) bool { return share.For(reader) })
	})
	if len(readers) == 0 {
		return nil
	}
	if i := slices.IndexFunc(standing, Share.plain); i >= 0 {
		share := standing[i]
		if err := s.addReaders(ctx, by, &share, readers); err != nil {
			return err
		}
		if err := s.Shares.Save(ctx, share); err != nil {
			return err
		}
		return s.tell(ctx, share)
	}
	made, err := s.draft(d.Owner, New{Recipients: readers}, []document.Document{d})
	if err != nil {
		return err
	}
	return s.add(ctx, by, made)
}
