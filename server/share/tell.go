package share

import (
	"context"
	"fmt"

	"voute.dev/voute/server/document"
	"voute.dev/voute/server/journal"
	"voute.dev/voute/server/outbox"
)

// Reads tells whether a document is shared with somebody now.
func (s *Service) Reads(ctx context.Context, id, reader string) (bool, error) {
	return s.Lists.Reads(ctx, id, reader, s.Now())
}

// Settled tells recipients of what the antivirus has decided on, once there is
// nothing else in their share to wait for.
func (s *Service) Settled(ctx context.Context, d document.Document) error {
	standing, err := s.Lists.Of(ctx, d.ID, s.Now())
	if err != nil {
		return err
	}
	for _, share := range standing {
		if err := s.tell(ctx, share); err != nil {
			return err
		}
	}
	return nil
}

// tell tells the recipients who were not told, if there is something to read.
func (s *Service) tell(ctx context.Context, share Share) error {
	documents, err := s.documents(ctx, share)
	if err != nil || !ready(documents) || !share.Stands(s.Now()) {
		return err
	}
	changed := false
	for i := range share.Recipients {
		if r := &share.Recipients[i]; r.Told.IsZero() {
			if err := s.tellOne(ctx, share, documents, r.Account); err != nil {
				return err
			}
			r.Told, changed = s.Now(), true
		}
	}
	if !changed {
		return nil
	}
	return s.Shares.Save(ctx, share)
}

func (s *Service) tellOne(ctx context.Context, share Share, documents []document.Document, reader string) error {
	count := 0
	for _, d := range documents {
		if d.Readable(s.Now()) {
			count++
		}
	}
	a, err := s.Accounts.ByID(ctx, reader)
	if err != nil || !a.Reachable() {
		return err
	}
	sender, err := s.Accounts.ByID(ctx, share.Owner)
	if err != nil {
		return err
	}
	letter, err := s.Letters.Shared(a, sender.Name, link(share), count, share.ends(documents))
	return s.post(ctx, letter, err)
}

// link leads to what was shared: the one document, or all of them.
func link(share Share) string {
	if len(share.Documents) == 1 {
		return "/documents/" + share.Documents[0]
	}
	return "/shares/" + share.ID
}

func (s *Service) post(ctx context.Context, letter outbox.Letter, err error) error {
	if err != nil {
		return err
	}
	return s.Outbox.Add(ctx, letter)
}

// Sweep ends what is over, reminds whom it is time to remind, and forgets what
// ended a while ago.
func (s *Service) Sweep(ctx context.Context) error {
	if err := s.finish(ctx); err != nil {
		return err
	}
	if err := s.remind(ctx); err != nil {
		return err
	}
	return s.Within(ctx, func(ctx context.Context) error { return s.Shares.Forget(ctx, s.Now().Add(-kept)) })
}

func (s *Service) finish(ctx context.Context) error {
	for {
		over, err := s.Lists.Over(ctx, s.Now(), atOnce)
		if err != nil || len(over) == 0 {
			return err
		}
		for _, share := range over {
			share.Ended, share.Message = s.Now(), ""
			err := s.Within(ctx, func(ctx context.Context) error {
				if err := s.Shares.Save(ctx, share); err != nil {
					return err
				}
				return s.note(ctx, journal.Actor{}, journal.ShareEnded, share.ID, nil)
			})
			if err != nil {
				return fmt.Errorf("cannot end share %s: %w", share.ID, err)
			}
		}
	}
}

// remind reminds each recipient of a share once.
func (s *Service) remind(ctx context.Context) error {
	unread, err := s.Lists.Unread(ctx, s.Now(), s.Now().Add(longestNotice))
	if err != nil {
		return err
	}
	defer s.WakeMail()
	for _, u := range unread {
		if s.Now().Before(remindAt(u.Told, u.End)) {
			continue
		}
		if err := s.Within(ctx, func(ctx context.Context) error { return s.remindOne(ctx, u) }); err != nil {
			return fmt.Errorf("cannot remind a recipient of share %s: %w", u.Share, err)
		}
	}
	return nil
}

func (s *Service) remindOne(ctx context.Context, u Unread) error {
	share, err := s.Shares.Find(ctx, u.Share)
	if err != nil {
		return err
	}
	for i := range share.Recipients {
		if share.Recipients[i].Account == u.Account {
			share.Recipients[i].Reminded = s.Now()
		}
	}
	if err := s.Shares.Save(ctx, share); err != nil {
		return err
	}
	if err := s.note(ctx, journal.Actor{}, journal.ShareReminded, share.ID, journal.Detail{"whom": u.Account}); err != nil {
		return err
	}
	a, err := s.Accounts.ByID(ctx, u.Account)
	if err != nil || !a.Reachable() {
		return err
	}
	sender, err := s.Accounts.ByID(ctx, share.Owner)
	if err != nil {
		return err
	}
	letter, err := s.Letters.Reminder(a, sender.Name, link(share), u.End)
	return s.post(ctx, letter, err)
}
