package room

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"voute.dev/voute/server/account"
	"voute.dev/voute/server/config"
	"voute.dev/voute/server/document"
	"voute.dev/voute/server/outbox"
)

// Repository keeps the level that stands. Every implementation passes Contract
// (package roomtest).
type Repository interface {
	// Told is 0 when nothing was.
	Told(ctx context.Context) (Level, error)
	Tell(ctx context.Context, l Level) error
}

// Letters writes what pilots are told.
type Letters interface {
	Room(a account.Account, taken, quota int64, percent int, until time.Time) (outbox.Letter, error)
}

// Service tells pilots.
type Service struct {
	Levels    Repository
	Documents document.Repository
	Accounts  account.Repository
	Outbox    outbox.Repository
	Letters   Letters
	Config    func() *config.Config
	Within    func(context.Context, func(context.Context) error) error
	Wake      func() // the outbox has something
	Now       func() time.Time
	Log       *slog.Logger
}

// useful is how long a letter may wait for the relay.
const useful = 7 * 24 * time.Hour

// Follow looks at how full the vault is, and tells what has to be told. It is
// called now and then.
func (s *Service) Follow(ctx context.Context) error {
	if before, now, _, err := s.level(ctx); err != nil || before == now {
		return err
	}
	defer s.Wake()
	return s.Within(ctx, s.follow)
}

func (s *Service) level(ctx context.Context) (before, now Level, taken int64, err error) {
	if before, err = s.Levels.Told(ctx); err != nil {
		return 0, 0, 0, err
	}
	usage, err := s.Documents.Usage(ctx)
	taken = usage.Used + usage.Reserved
	return before, After(before, taken, s.Config().Storage.QuotaBytes), taken, err
}

func (s *Service) follow(ctx context.Context) error {
	before, now, taken, err := s.level(ctx)
	if err != nil || before == now {
		return err
	}
	if err := s.Levels.Tell(ctx, now); err != nil || now < before {
		return err // there is room again, and nothing to be done
	}
	return s.tell(ctx, now, taken)
}

func (s *Service) tell(ctx context.Context, level Level, taken int64) error {
	pilots, err := account.Pilots(ctx, s.Accounts)
	if err != nil {
		return err
	}
	letters := 0
	for _, a := range pilots {
		letter, err := s.Letters.Room(a, taken, s.Config().Storage.QuotaBytes, int(level), s.Now().Add(useful))
		if err == nil {
			err = s.Outbox.Add(ctx, letter)
		}
		if err != nil {
			return fmt.Errorf("cannot tell account %s that the vault gets full: %w", a.ID, err)
		}
		letters++
	}
	s.Log.Info("pilots are told that the vault gets full", "percent", int(level), "letters", letters)
	return nil
}
