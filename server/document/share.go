package document

import (
	"context"
	"errors"
	"strings"

	"voute.dev/voute/server/account"
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
