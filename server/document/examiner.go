package document

import (
	"context"
	"sync"
	"time"
)

// Examiner brings documents before the antivirus, a bounded number at once:
// the antivirus spools each one in memory.
type Examiner struct {
	Service  *Service
	Parallel int

	mu    sync.Mutex
	under map[string]bool
	group sync.WaitGroup
}

// Run works whenever it is woken and at each tick, until the context ends; then
// it waits for those under way to let go.
func (e *Examiner) Run(ctx context.Context, wake <-chan struct{}, tick <-chan time.Time) {
	done := make(chan struct{}, 1)
	for ctx.Err() == nil {
		e.start(ctx, done)
		select {
		case <-ctx.Done():
		case <-wake:
		case <-done:
		case <-tick:
		}
	}
	e.group.Wait()
}

// start begins as many as there is room for.
func (e *Examiner) start(ctx context.Context, done chan<- struct{}) {
	due, err := e.due(ctx)
	if err != nil {
		e.Service.Log.Error("cannot list the documents that wait for the antivirus; trying again", "error", err)
		return
	}
	for _, d := range due {
		if !e.enter(d.ID) {
			continue
		}
		e.group.Go(func() {
			e.examine(ctx, d)
			e.leave(d.ID)
			signal(done)
		})
	}
}

// due looks inside a write transaction: it waits for one that is adding a
// document right now instead of missing it.
func (e *Examiner) due(ctx context.Context) (due []Document, err error) {
	err = e.Service.Within(ctx, func(ctx context.Context) error {
		due, err = e.Service.Lists.ToScan(ctx, e.Service.Now(), 2*e.Parallel)
		return err
	})
	return due, err
}

func (e *Examiner) examine(ctx context.Context, d Document) {
	if err := e.Service.Examine(ctx, d); err != nil && ctx.Err() == nil {
		e.Service.Log.Error("cannot examine a document", "document", d.ID, "error", err)
	}
}

func (e *Examiner) enter(id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.under == nil {
		e.under = map[string]bool{}
	}
	if e.under[id] || len(e.under) >= e.Parallel {
		return false
	}
	e.under[id] = true
	return true
}

func (e *Examiner) leave(id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.under, id)
}

func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
