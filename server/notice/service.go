package notice

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"voute.dev/voute/server/account"
	"voute.dev/voute/server/config"
	"voute.dev/voute/server/outbox"
)

// Letters writes what pilots are told.
type Letters interface {
	// Notice tells of a change to come; before is what it replaces, or nil.
	Notice(a account.Account, n config.Notice, before *config.Notice) (outbox.Letter, error)
	// Withdrawn tells that a change does not take place.
	Withdrawn(a account.Account, n config.Notice) (outbox.Letter, error)
}

// Service tells pilots of changes to come.
type Service struct {
	Notices  Repository
	Accounts account.Repository
	Outbox   outbox.Repository
	Letters  Letters
	Config   func() *config.Config
	Within   func(context.Context, func(context.Context) error) error
	Wake     func() // the outbox has something
	Now      func() time.Time
	Log      *slog.Logger
}

// Follow tells pilots what the configuration in force asks for and they have
// not been told. It is called now and then, and when the configuration changes.
func (s *Service) Follow(ctx context.Context) error {
	standing, err := s.standing(ctx)
	if err != nil || standing == nil && s.Config().Notice == nil {
		return err
	}
	defer s.Wake()
	return s.Within(ctx, s.follow)
}

func (s *Service) standing(ctx context.Context) (*config.Notice, error) {
	n, err := s.Notices.Standing(ctx)
	if errors.Is(err, ErrNone) {
		return nil, nil
	}
	return &n, err
}

func (s *Service) follow(ctx context.Context) error {
	standing, err := s.standing(ctx)
	if err != nil {
		return err
	}
	wanted := s.Config().Notice
	step := decide(standing, wanted, s.Now())
	var before *config.Notice // what is taken back, and
	var informed []string     // who knows of it
	if step.takeBack {
		before = standing
		informed, err = s.takeBack(ctx, *standing)
	}
	if step.close {
		err = s.Notices.Close(ctx, ID(*standing))
	}
	if err == nil && step.stand {
		err = s.Notices.Stand(ctx, *wanted, s.Now())
	}
	switch {
	case err != nil:
		return err
	case step.announce:
		return s.announce(ctx, *wanted, before, informed)
	case step.takeBack:
		return s.withdraw(ctx, *standing, informed)
	}
	return nil
}

// takeBack forgets a notice and stops what has not left of it, so that no pilot
// reads the old one after the new; it returns who was told.
func (s *Service) takeBack(ctx context.Context, n config.Notice) ([]string, error) {
	informed, err := s.Notices.Readers(ctx, ID(n))
	if err != nil {
		return nil, err
	}
	if err := s.Outbox.Recall(ctx, outbox.Notice); err != nil {
		return nil, err
	}
	return informed, s.Notices.Remove(ctx, ID(n))
}

// announce tells those pilots who do not know yet; those informed of the notice
// before are told that this one replaces it.
func (s *Service) announce(ctx context.Context, n config.Notice, before *config.Notice, informed []string) error {
	know, err := s.Notices.Readers(ctx, ID(n))
	if err != nil {
		return err
	}
	return s.tell(ctx, "pilots are told of a change to come", n, func(a account.Account) (outbox.Letter, bool, error) {
		if slices.Contains(know, a.ID) {
			return outbox.Letter{}, false, nil
		}
		if err := s.Notices.AddReader(ctx, ID(n), a.ID, s.Now()); err != nil {
			return outbox.Letter{}, false, err
		}
		replaced := before
		if !slices.Contains(informed, a.ID) {
			replaced = nil
		}
		letter, err := s.Letters.Notice(a, n, replaced)
		return letter, true, err
	})
}

// withdraw tells those who were informed.
func (s *Service) withdraw(ctx context.Context, n config.Notice, informed []string) error {
	return s.tell(ctx, "pilots are told that a change does not take place", n, func(a account.Account) (outbox.Letter, bool, error) {
		if !slices.Contains(informed, a.ID) {
			return outbox.Letter{}, false, nil
		}
		letter, err := s.Letters.Withdrawn(a, n)
		return letter, true, err
	})
}

// tell puts a letter for each pilot who needs one into the outbox: those who
// have not chosen a password yet as well, since they answer for the service.
func (s *Service) tell(ctx context.Context, what string, n config.Notice, write func(account.Account) (outbox.Letter, bool, error)) error {
	pilots, err := account.Pilots(ctx, s.Accounts)
	if err != nil {
		return err
	}
	letters := 0
	for _, a := range pilots {
		letter, needed, err := write(a)
		if err == nil && needed {
			err = s.Outbox.Add(ctx, letter)
			letters++
		}
		if err != nil {
			return fmt.Errorf("cannot tell account %s of a change: %w", a.ID, err)
		}
	}
	if letters > 0 {
		s.Log.Info(what, "kind", n.Kind, "version", n.Version, "starts", n.StartsAt, "letters", letters)
	}
	return nil
}
