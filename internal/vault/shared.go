package vault

import (
	"context"
	"sync"
	"time"
)

// Shared is a Keeper whose check is asked for by many tenants: its outcome
// stands for a while, so that Vault is asked as often for one as for a thousand.
type Shared struct {
	Keeper
	stands time.Duration
	now    func() time.Time
	tell   func(up bool)

	lock    sync.Mutex
	checked time.Time
	outcome error
}

// NewShared wraps a Keeper; tell hears the outcome of each check that is made.
func NewShared(keeper Keeper, stands time.Duration, now func() time.Time, tell func(up bool)) *Shared {
	return &Shared{Keeper: keeper, stands: stands, now: now, tell: tell}
}

// Check gives the outcome that stands, or asks.
func (s *Shared) Check(ctx context.Context) error {
	s.lock.Lock()
	defer s.lock.Unlock()
	if now := s.now(); s.checked.IsZero() || now.Sub(s.checked) >= s.stands {
		s.outcome, s.checked = s.Keeper.Check(ctx), now
		s.tell(s.outcome == nil)
	}
	return s.outcome
}
