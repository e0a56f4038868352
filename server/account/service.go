package account

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"voute.dev/voute/server/journal"
	"voute.dev/voute/server/outbox"
	"voute.dev/voute/server/password"
	"voute.dev/voute/server/secret"
)

// Sessions ends what a person has open.
type Sessions interface {
	RemoveOf(ctx context.Context, account string) error
}

// Letters writes the invitation.
type Letters interface {
	Invitation(a Account, token string, until time.Time) (outbox.Letter, error)
}

// Service is what may be done with accounts.
type Service struct {
	Accounts  Repository
	Sessions  Sessions
	Journal   journal.Repository
	Outbox    outbox.Repository
	Letters   Letters
	Passwords *password.Hasher
	Within    func(context.Context, func(context.Context) error) error
	Wake      func() // the outbox has something
	Now       func() time.Time
	Log       *slog.Logger
}

// NewUser is what a pilot says of a user.
type NewUser struct {
	Name, Email, Language string
}

// AddUser creates a user and owes them an invitation.
func (s *Service) AddUser(ctx context.Context, by journal.Actor, u NewUser) (Account, error) {
	email, err := Normalize(u.Email)
	if err != nil {
		return Account{}, err
	}
	a := Account{ID: secret.ID(), Email: email, Name: u.Name, Language: u.Language, State: Pending, Created: s.Now()}
	err = s.change(ctx, func(ctx context.Context) error {
		if err := s.Accounts.Add(ctx, a); err != nil {
			return err
		}
		if err := s.note(ctx, by, journal.AccountCreated, a, journal.Detail{"role": "user"}); err != nil {
			return err
		}
		return s.invite(ctx, by, &a)
	})
	return a, err
}

// InviteAgain sends a fresh link, which makes the one before useless. Who is
// active keeps the password until the link is used; who was disabled starts anew.
func (s *Service) InviteAgain(ctx context.Context, by journal.Actor, id string) error {
	return s.change(ctx, func(ctx context.Context) error {
		a, err := s.Accounts.ByID(ctx, id)
		if err != nil {
			return err
		}
		if a.State == Withdrawn {
			return ErrIsPilot
		}
		if a.State == Disabled {
			a.Password = ""
		}
		return s.invite(ctx, by, &a)
	})
}

// Disable ends a user's sessions at once; documents stay until they expire.
func (s *Service) Disable(ctx context.Context, by journal.Actor, id string) error {
	return s.change(ctx, func(ctx context.Context) error {
		a, err := s.Accounts.ByID(ctx, id)
		if err != nil {
			return err
		}
		if a.PilotID != "" {
			return ErrIsPilot
		}
		return s.close(ctx, by, a, Disabled, journal.AccountDisabled)
	})
}

// SetLanguage changes the language of a person's pages and messages.
func (s *Service) SetLanguage(ctx context.Context, by journal.Actor, id, language string) error {
	return s.change(ctx, func(ctx context.Context) error {
		a, err := s.Accounts.ByID(ctx, id)
		if err != nil {
			return err
		}
		detail := journal.Detail{"field": "language", "before": a.Language, "after": language}
		a.Language = language
		if err := s.Accounts.Save(ctx, a); err != nil {
			return err
		}
		return s.note(ctx, by, journal.AccountChanged, a, detail)
	})
}

// Mailed notes that the relay has taken an invitation.
func (s *Service) Mailed(ctx context.Context, l outbox.Letter) error {
	if l.Kind != outbox.Invitation {
		return nil
	}
	a, err := s.Accounts.ByID(ctx, l.Account)
	if err != nil {
		return err
	}
	if a.State != Pending {
		return nil
	}
	a.State = Invited
	return s.Accounts.Save(ctx, a)
}

// Authenticate compares a password. Unknown, disabled and not yet active
// accounts take the same time and get the same answer as a wrong password.
func (s *Service) Authenticate(ctx context.Context, email, word string) (Account, error) {
	a, err := s.byEmail(ctx, email)
	if err != nil {
		return Account{}, err
	}
	phc := a.Password
	if a.State != Active {
		phc = ""
	}
	ok, err := s.Passwords.Verify(ctx, word, phc)
	if err != nil {
		return Account{}, fmt.Errorf("cannot check the password of account %s: %w", a.ID, err)
	}
	if !ok {
		return Account{ID: a.ID}, ErrRefused
	}
	return a, nil
}

// byEmail gives the empty account, which nobody can sign in to, for an address
// nobody has.
func (s *Service) byEmail(ctx context.Context, email string) (Account, error) {
	normal, err := Normalize(email)
	if errors.Is(err, ErrAddress) {
		return Account{}, nil
	}
	a, err := s.Accounts.ByEmail(ctx, normal)
	if errors.Is(err, ErrNotFound) {
		return Account{}, nil
	}
	return a, err
}

// change runs f in a transaction and then wakes the outbox.
func (s *Service) change(ctx context.Context, f func(context.Context) error) error {
	defer s.Wake()
	return s.Within(ctx, f)
}

// close takes away every way in.
func (s *Service) close(ctx context.Context, by journal.Actor, a Account, state State, kind journal.Kind) error {
	detail := journal.Detail{"before": string(a.State), "after": string(state)}
	a.State, a.Invitation, a.InvitationExpires = state, nil, time.Time{}
	if err := s.Accounts.Save(ctx, a); err != nil {
		return err
	}
	if err := s.Sessions.RemoveOf(ctx, a.ID); err != nil {
		return err
	}
	return s.note(ctx, by, kind, a, detail)
}

func (s *Service) note(ctx context.Context, by journal.Actor, kind journal.Kind, a Account, detail journal.Detail) error {
	return s.Journal.Append(ctx, journal.Entry{Time: s.Now(), Actor: by, Kind: kind, Object: a.ID, Detail: detail})
}
