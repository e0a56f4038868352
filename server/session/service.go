package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"voute.dev/voute/server/account"
	"voute.dev/voute/server/journal"
	"voute.dev/voute/server/outbox"
	"voute.dev/voute/server/secret"
)

// Letters writes the message with the code.
type Letters interface {
	Code(a account.Account, code string, until time.Time) (outbox.Letter, error)
}

// Authenticator compares passwords.
type Authenticator interface {
	Authenticate(ctx context.Context, email, password string) (account.Account, error)
}

// Service is what may be done with sessions.
type Service struct {
	Sessions Repository
	Accounts account.Repository
	People   Authenticator
	Journal  journal.Repository
	Outbox   outbox.Repository
	Letters  Letters
	Guard    *Guard
	Within   func(context.Context, func(context.Context) error) error
	Wake     func()
	Now      func() time.Time
}

// SignIn compares a password; right, it opens a pending session, mails a code
// and returns the token for the cookie.
func (s *Service) SignIn(ctx context.Context, by journal.Actor, email, password, next string) (string, error) {
	if err := s.Guard.Password(email, by.Address); err != nil {
		return "", err
	}
	a, err := s.People.Authenticate(ctx, email, password)
	if errors.Is(err, account.ErrRefused) {
		return "", errors.Join(err, s.note(ctx, by, journal.SignInRefused, a.ID))
	}
	s.Guard.Passed(email, by.Address) // or the comparison itself failed
	if err != nil {
		return "", err
	}
	return s.begin(ctx, by, a, next)
}

func (s *Service) begin(ctx context.Context, by journal.Actor, a account.Account, next string) (string, error) {
	token, now := secret.Token(), s.Now()
	pending := Session{
		Digest: secret.Digest(token), Account: a.ID, Stage: Pending, Next: next,
		Created: now, Seen: now, Expires: now.Add(pendingFor),
	}
	defer s.Wake()
	return token, s.Within(ctx, func(ctx context.Context) error {
		return s.sendCode(ctx, by, pending, a, token)
	})
}

// SendCode mails another code, which makes the one before useless.
func (s *Service) SendCode(ctx context.Context, by journal.Actor, token string) error {
	defer s.Wake()
	return s.Within(ctx, func(ctx context.Context) error {
		pending, a, err := s.find(ctx, token)
		if err != nil {
			return err
		}
		if pending.Code.Sent >= CodesSent {
			return ErrTooMany
		}
		return s.sendCode(ctx, by, pending, a, token)
	})
}

func (s *Service) sendCode(ctx context.Context, by journal.Actor, pending Session, a account.Account, token string) error {
	if err := s.Guard.CodeSent(a.ID); err != nil {
		return err
	}
	code, err := secret.Code()
	if err != nil {
		return err
	}
	until := s.Now().Add(CodeValidity)
	pending.Code = Code{Digest: secret.CodeDigest(token, code), Expires: until, Sent: pending.Code.Sent + 1}
	if err := s.Sessions.Put(ctx, pending); err != nil {
		return err
	}
	letter, err := s.Letters.Code(a, code, until)
	if err != nil {
		return fmt.Errorf("cannot write the message with the code for account %s: %w", a.ID, err)
	}
	if err := s.Outbox.Add(ctx, letter); err != nil {
		return err
	}
	return s.note(ctx, by, journal.CodeSent, a.ID)
}

// Confirm compares a code; right, it replaces the pending session by an open
// one and returns its token and the page that was asked for.
func (s *Service) Confirm(ctx context.Context, by journal.Actor, token, code string) (opened, next string, err error) {
	var refusal error
	err = s.Within(ctx, func(ctx context.Context) error {
		pending, a, err := s.find(ctx, token)
		if err != nil {
			return err
		}
		next = pending.Next
		refusal = s.try(pending, token, code)
		if refusal != nil {
			return s.refuse(ctx, by, pending)
		}
		opened, err = s.open(ctx, by, pending, a)
		return err
	})
	return opened, next, errors.Join(err, refusal)
}

func (s *Service) try(pending Session, token, code string) error {
	c := pending.Code
	if c.Tries >= CodeTries || !s.Now().Before(c.Expires) {
		return ErrSpent
	}
	if err := s.Guard.Code(pending.Account); err != nil {
		return err
	}
	if !secret.SameCode(token, code, c.Digest) {
		return ErrCode
	}
	s.Guard.CodePassed(pending.Account)
	return nil
}

func (s *Service) refuse(ctx context.Context, by journal.Actor, pending Session) error {
	pending.Code.Tries++
	if err := s.Sessions.Put(ctx, pending); err != nil {
		return err
	}
	return s.note(ctx, by, journal.CodeRefused, pending.Account)
}

func (s *Service) open(ctx context.Context, by journal.Actor, pending Session, a account.Account) (string, error) {
	token, now := secret.Token(), s.Now()
	if err := s.Sessions.Remove(ctx, pending.Digest); err != nil {
		return "", err
	}
	err := s.Sessions.Put(ctx, Session{
		Digest: secret.Digest(token), Account: a.ID, Stage: Open, Created: now, Seen: now, Expires: now.Add(openFor),
	})
	if err != nil {
		return "", err
	}
	a.LastSignIn = now
	if err := s.Accounts.Save(ctx, a); err != nil {
		return "", err
	}
	by.ID = a.ID
	return token, s.note(ctx, by, journal.SignedIn, a.ID)
}

// Resolve finds the session of a cookie and its owner, or ErrNotFound. It
// writes down, now and then, that the session is in use.
func (s *Service) Resolve(ctx context.Context, token string) (Session, account.Account, error) {
	found, a, err := s.lookUp(ctx, token)
	if err != nil {
		return Session{}, account.Account{}, err
	}
	if found.Stage == Open && s.Now().Sub(found.Seen) >= noteEvery {
		err = s.Within(ctx, func(ctx context.Context) error { return s.see(ctx, token) })
	}
	return found, a, err
}

// see looks again inside the transaction: a session that has just been ended
// must not come back.
func (s *Service) see(ctx context.Context, token string) error {
	found, _, err := s.lookUp(ctx, token)
	if err != nil {
		return err
	}
	found.Seen = s.Now()
	return s.Sessions.Put(ctx, found)
}

// End removes a session: its owner has quit.
func (s *Service) End(ctx context.Context, by journal.Actor, token string) error {
	return s.Within(ctx, func(ctx context.Context) error {
		found, _, err := s.lookUp(ctx, token)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.Sessions.Remove(ctx, found.Digest); err != nil {
			return err
		}
		return s.note(ctx, by, journal.SignedOut, found.Account)
	})
}

// Sweep removes what has ended.
func (s *Service) Sweep(ctx context.Context) error {
	return s.Sessions.RemoveExpired(ctx, s.Now())
}

// find is the pending session of a token.
func (s *Service) find(ctx context.Context, token string) (Session, account.Account, error) {
	found, a, err := s.lookUp(ctx, token)
	if err == nil && found.Stage != Pending {
		err = ErrNotFound
	}
	return found, a, err
}

func (s *Service) lookUp(ctx context.Context, token string) (Session, account.Account, error) {
	found, err := s.Sessions.Find(ctx, secret.Digest(token))
	if err != nil {
		return Session{}, account.Account{}, err
	}
	a, err := s.Accounts.ByID(ctx, found.Account)
	if err != nil {
		return Session{}, account.Account{}, err
	}
	if !found.Live(s.Now()) || a.State != account.Active {
		return Session{}, account.Account{}, ErrNotFound
	}
	return found, a, nil
}

func (s *Service) note(ctx context.Context, by journal.Actor, kind journal.Kind, id string) error {
	return s.Journal.Append(ctx, journal.Entry{Time: s.Now(), Actor: by, Kind: kind, Object: id})
}
