package app

import (
	"context"
	"sync"
	"time"

	"voute.dev/voute/server/config"
)

const (
	scansAtOnce = 2 // the antivirus is shared by all clients

	scanTick    = 2 * time.Second
	mailTick    = 5 * time.Second
	sweepTick   = 5 * time.Second
	pilotsTick  = time.Minute
	noticesTick = time.Minute
	roomTick    = 15 * time.Second
	sessionTick = 10 * time.Minute
	probeTick   = 15 * time.Second
	foldTick    = time.Minute
	restTick    = 10 * time.Second
)

// work runs everything that nobody asks for, until the context ends and all of
// it has stopped.
func (a *App) work(ctx context.Context) {
	a.config.OnChange(func(*config.Config) {
		waker(a.wakes.pilots)()
		waker(a.wakes.notices)()
	})
	var group sync.WaitGroup
	for _, worker := range []func(context.Context){
		func(ctx context.Context) { a.config.Run(ctx, every(ctx, config.Interval)) },
		func(ctx context.Context) { a.outbox.Run(ctx, a.wakes.mail, every(ctx, mailTick)) },
		func(ctx context.Context) { a.examiner.Run(ctx, a.wakes.scan, every(ctx, scanTick)) },
		func(ctx context.Context) {
			repeat(ctx, a.wakes.pilots, every(ctx, pilotsTick), a.keepPilots)
		},
		func(ctx context.Context) {
			repeat(ctx, a.wakes.notices, every(ctx, noticesTick), a.attempt("tell pilots of a change to come", a.notices.Follow))
		},
		func(ctx context.Context) {
			repeat(ctx, nil, every(ctx, roomTick), a.attempt("tell pilots how full the vault is", a.room.Follow))
		},
		func(ctx context.Context) {
			repeat(ctx, nil, every(ctx, sweepTick), a.attempt("sweep the documents", a.documents.Sweep))
		},
		func(ctx context.Context) {
			repeat(ctx, nil, every(ctx, sessionTick), a.attempt("sweep the sessions", a.sessions.Sweep))
		},
		func(ctx context.Context) {
			repeat(ctx, nil, every(ctx, foldTick), a.attempt("fold the database's log", a.db.Fold))
		},
		func(ctx context.Context) { repeat(ctx, nil, every(ctx, probeTick), a.look) },
		func(ctx context.Context) { repeat(ctx, nil, every(ctx, restTick), a.giveBack) },
	} {
		group.Go(func() { worker(ctx) })
	}
	group.Wait()
}

// repeat does something at once, whenever woken and at each tick.
func repeat(ctx context.Context, wake <-chan struct{}, tick <-chan time.Time, do func(context.Context)) {
	for ctx.Err() == nil {
		do(ctx)
		select {
		case <-ctx.Done():
		case <-wake:
		case <-tick:
		}
	}
}

// attempt logs what fails: the next tick tries again.
func (a *App) attempt(what string, do func(context.Context) error) func(context.Context) {
	return func(ctx context.Context) {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("cannot "+what+"; trying again", "error", err)
		}
	}
}

func (a *App) keepPilots(ctx context.Context) {
	a.attempt("keep the pilots' accounts", func(ctx context.Context) error {
		return a.accounts.KeepPilots(ctx, a.config.Current().Pilots)
	})(ctx)
}

// look looks at the services behind, with the certificates trusted now.
func (a *App) look(ctx context.Context) {
	a.attempt("take up the trusted certificates", func(context.Context) error {
		return a.behind.follow(a.config.Current())
	})(ctx)
	a.probes.Refresh(ctx)
}
