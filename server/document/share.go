package document

import (
	"context"
	"errors"
	"strings"

	"voute.dev/voute/server/account"
	"voute.dev/voute/server/journal"
)

// Recipients finds the people behind addresses, each once, the sender left
// out; an UnknownError names those that belong to nobody here.
func (s *Service) Recipients(ctx context.Context, sender string, emails []string) ([]string, error) {
	var ids, unknown []string
	seen := map[string]bool{sender: true}
	for _, email := range emails {
		if strings.TrimSpace(email) == "" {
			continue
		}
		a, err := s.person(ctx, email)
		switch {
		case errors.Is(err, account.ErrNotFound):
			unknown = append(unknown, strings.TrimSpace(email))
		case err != nil:
			return nil, err
		case !seen[a.ID]:
			seen[a.ID] = true
			ids = append(ids, a.ID)
		}
	}
	if len(unknown) > 0 {
		return nil, &UnknownError{Emails: unknown}
	}
	return ids, nil
}

func (s *Service) person(ctx context.Context, email string) (account.Account, error) {
	normal, err := account.Normalize(email)
	if err != nil {
		return account.Account{}, account.ErrNotFound
	}
	a, err := s.Accounts.ByEmail(ctx, normal)
	if err == nil && !a.Reachable() {
		err = account.ErrNotFound
	}
	return a, err
}

// Share lets more people read a document. They are told at once if it is
// available, and when it becomes so otherwise.
func (s *Service) Share(ctx context.Context, by journal.Actor, id string, readers []string) error {
	defer s.WakeMail()
	return s.Within(ctx, func(ctx context.Context) error {
		d, err := s.own(ctx, by.ID, id)
		if err != nil {
			return err
		}
		if !d.State.opens() {
			return ErrNotReady
		}
		return s.shareWith(ctx, by, d, readers)
	})
}

func (s *Service) shareWith(ctx context.Context, by journal.Actor, d Document, readers []string) error {
	for _, reader := range readers {
		added, err := s.share(ctx, by, d, reader)
		if err != nil {
			return err
		}
		if added && d.State == Available {
			if err := s.tell(ctx, d, reader); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) share(ctx context.Context, by journal.Actor, d Document, reader string) (bool, error) {
	added, err := s.Shares.Put(ctx, Share{Document: d.ID, Account: reader, By: by.ID, Time: s.Now()})
	if err != nil || !added {
		return false, err
	}
	return true, s.note(ctx, by, journal.DocumentShared, d.ID, journal.Detail{"with": reader})
}

// announceAll tells every recipient that a document has become available.
func (s *Service) announceAll(ctx context.Context, d Document) error {
	shares, err := s.Shares.Of(ctx, d.ID)
	if err != nil {
		return err
	}
	for _, share := range shares {
		if err := s.tell(ctx, d, share.Account); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) tell(ctx context.Context, d Document, reader string) error {
	a, err := s.Accounts.ByID(ctx, reader)
	if err != nil || !a.Reachable() {
		return err
	}
	sender, err := s.Accounts.ByID(ctx, d.Owner)
	if err != nil {
		return err
	}
	letter, err := s.Letters.Shared(a, sender.Name, d.ID, d.Expires)
	if err != nil {
		return err
	}
	return s.Outbox.Add(ctx, letter)
}

func (s *Service) tellSender(ctx context.Context, d Document) error {
	a, err := s.Accounts.ByID(ctx, d.Owner)
	if err != nil || !a.Reachable() {
		return err
	}
	letter, err := s.Letters.Refused(a, d.ID, d.Expires)
	if err != nil {
		return err
	}
	return s.Outbox.Add(ctx, letter)
}
