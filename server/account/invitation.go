package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"voute.dev/voute/server/journal"
	"voute.dev/voute/server/password"
	"voute.dev/voute/server/secret"
)

// WeakError says why a chosen password is refused.
type WeakError struct{ Weakness password.Weakness }

func (e *WeakError) Error() string { return "the password is too weak: " + string(e.Weakness) }

// invite owes a person a link and saves the account with it.
func (s *Service) invite(ctx context.Context, by journal.Actor, a *Account) error {
	token := secret.Token()
	a.Invitation, a.InvitationExpires = secret.Digest(token), s.Now().AddDate(0, 0, InvitationDays)
	if a.State != Active {
		a.State = Pending
	}
	if err := s.Accounts.Save(ctx, *a); err != nil {
		return err
	}
	letter, err := s.Letters.Invitation(*a, token, a.InvitationExpires)
	if err != nil {
		return fmt.Errorf("cannot write the invitation of account %s: %w", a.ID, err)
	}
	if err := s.Outbox.Add(ctx, letter); err != nil {
		return err
	}
	return s.note(ctx, by, journal.AccountInvited, *a, nil)
}

// Invitee is the person an invitation is for, or ErrInvitation.
func (s *Service) Invitee(ctx context.Context, token string) (Account, error) {
	a, err := s.Accounts.ByInvitation(ctx, secret.Digest(token))
	if errors.Is(err, ErrNotFound) {
		return Account{}, ErrInvitation
	}
	if err != nil {
		return Account{}, err
	}
	if !s.Now().Before(a.InvitationExpires) || !a.Reachable() {
		return Account{}, ErrInvitation
	}
	return a, nil
}

// Accept sets the password of an invited person, who has accepted the terms of
// use. The words are about the service, and must not make up a password.
func (s *Service) Accept(ctx context.Context, by journal.Actor, token, word string, words ...string) error {
	a, err := s.Invitee(ctx, token)
	if err != nil {
		return err
	}
	if weakness := password.Judge(word, append(words, about(a)...)...); weakness != password.Strong {
		return &WeakError{Weakness: weakness}
	}
	// Hashing takes its time: not while the database waits.
	phc, err := s.Passwords.Hash(ctx, word)
	if err != nil {
		return err
	}
	return s.Within(ctx, func(ctx context.Context) error { return s.activate(ctx, by, token, phc) })
}

// activate looks the invitation up again: of two that race, one wins.
func (s *Service) activate(ctx context.Context, by journal.Actor, token, phc string) error {
	a, err := s.Invitee(ctx, token)
	if err != nil {
		return err
	}
	detail := journal.Detail{"before": string(a.State), "after": string(Active)}
	a.Password, a.State, a.TermsAccepted = phc, Active, s.Now()
	a.Invitation, a.InvitationExpires = nil, time.Time{}
	if err := s.Accounts.Save(ctx, a); err != nil {
		return err
	}
	if err := s.Sessions.RemoveOf(ctx, a.ID); err != nil {
		return err
	}
	by.ID = a.ID
	return s.note(ctx, by, journal.AccountActivated, a, detail)
}
