package document

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// atOnce is how many of those that wait are looked at to choose the next.
const atOnce = 500

// Examiner brings documents before the antivirus, as many at once as its spool
// holds.
type Examiner struct {
	Service *Service

	mu    sync.Mutex
	under map[string]Load
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
	for _, d := range e.enter(due) {
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
		due, err = e.Service.Lists.ToScan(ctx, e.Service.Now(), atOnce)
		return err
	})
	return due, err
}

// enter chooses who goes next, and holds their room.
func (e *Examiner) enter(due []Document) (next []Document) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.under == nil {
		e.under = map[string]Load{}
	}
	spool := e.Service.spool()
	known := map[string]Document{}
	var waiting []Load
	for place, d := range due {
		load := spool.load(d, place)
		if _, there := e.under[d.ID]; there {
			e.under[d.ID] = load // its place among those that wait now
			continue
		}
		known[d.ID] = d
		waiting = append(waiting, load)
	}
	for _, l := range spool.Next(waiting, slices.Collect(maps.Values(e.under))) {
		e.under[l.ID] = l
		next = append(next, known[l.ID])
	}
	return next
}

func (e *Examiner) examine(ctx context.Context, d Document) {
	if err := e.Service.Examine(ctx, d); err != nil && ctx.Err() == nil {
		e.Service.Log.Error("cannot examine a document", "document", d.ID, "error", err)
	}
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
