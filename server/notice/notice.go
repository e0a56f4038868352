// Package notice tells people of a change to come: a banner on every page from
// the time of announcement until the change is over, and one mail to each
// pilot.
//
// What pilots were told last stands, in the database, until it has begun or is
// taken back: so neither a restart nor a reload tells them again. A notice that
// replaces the one that stands says so; one that disappears before it starts is
// taken back by mail.
package notice

import (
	"context"
	"errors"
	"fmt"
	"time"

	"voute.dev/voute/server/config"
)

// Phase is how far a change has come.
type Phase string

// The phases in which people are told.
const (
	Silent   Phase = ""
	Coming   Phase = "coming"
	UnderWay Phase = "under-way"
)

// PhaseOf is what pages show; a notice of nil is silent.
func PhaseOf(n *config.Notice, now time.Time) Phase {
	switch {
	case n == nil || now.Before(n.AnnounceFrom) || !now.Before(n.EndsAt):
		return Silent
	case now.Before(n.StartsAt):
		return Coming
	}
	return UnderWay
}

// ID is the same for what is one notice to people: kind, version and start.
func ID(n config.Notice) string {
	return fmt.Sprintf("%s %s %d", n.Kind, n.Version, n.StartsAt.Unix())
}

// ErrNone means that no notice stands.
var ErrNone = errors.New("no notice stands")

// Repository keeps what pilots were told. One notice stands at most.
type Repository interface {
	// Standing is what pilots were told last and still counts, or ErrNone.
	Standing(ctx context.Context) (config.Notice, error)
	// Stand makes a notice the one that stands. One that stood before is told
	// to nobody twice.
	Stand(ctx context.Context, n config.Notice, now time.Time) error
	// Close ends the standing of a notice that has begun.
	Close(ctx context.Context, id string) error
	// Remove forgets a notice that was taken back, and who was told.
	Remove(ctx context.Context, id string) error
	// Readers are the accounts that were told.
	Readers(ctx context.Context, id string) ([]string, error)
	AddReader(ctx context.Context, id, account string, now time.Time) error
}

// step is what is to be done about what stands and what is wanted.
type step struct {
	takeBack bool // the standing notice does not hold any more
	close    bool // the standing notice has begun: nobody needs to be told
	announce bool // the wanted notice is told to pilots who do not know it
	stand    bool // it does not stand yet, or not until then
}

// decide compares the notice that stands with the one of the configuration;
// either may be nil.
func decide(standing, wanted *config.Notice, now time.Time) (s step) {
	if wanted != nil && !now.Before(wanted.EndsAt) {
		wanted = nil
	}
	if standing != nil && (wanted == nil || ID(*wanted) != ID(*standing)) {
		s.takeBack = now.Before(standing.StartsAt)
		s.close = !s.takeBack
	}
	known := standing != nil && !s.close
	// Who counts on a time that holds no more is told the new one at once.
	s.announce = wanted != nil && (known || !now.Before(wanted.AnnounceFrom))
	s.stand = s.announce && (standing == nil || ID(*wanted) != ID(*standing) || !wanted.EndsAt.Equal(standing.EndsAt))
	return s
}
