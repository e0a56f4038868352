package document

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"voute.dev/voute/server/journal"
)

// takeover is how long who comes later waits for who came before to save what
// it has and let go.
const takeover = 20 * time.Second

// Lease is the right to go on with one upload, which one request has at a time.
// A newer request takes it: the older may hang on a connection that is dead.
type Lease struct {
	service  *Service
	document string
	ctx      context.Context
	release  func()
}

// Seize gets the lease of a person's own upload. Who has it is interrupted.
func (s *Service) Seize(ctx context.Context, owner, id string) (*Lease, error) {
	d, err := s.Documents.Find(ctx, id)
	if err == nil && d.Owner != owner {
		err = ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	held, release, err := s.lanes.enter(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("upload %s: %w", id, err)
	}
	return &Lease{service: s, document: id, ctx: held, release: release}, nil
}

// Context ends when the lease is taken by another request, or the server stops;
// whoever waits for bytes then has to let go.
func (l *Lease) Context() context.Context { return l.ctx }

// Release lets the next one have the upload.
func (l *Lease) Release() { l.release() }

// Status tells how far the upload has come.
func (l *Lease) Status(by journal.Actor) (Status, error) {
	status, err := l.service.look(l.ctx, by, l.document)
	return status, l.why(err)
}

// why puts the cause of an interruption in the place of whatever it made fail.
func (l *Lease) why(err error) error {
	cause := context.Cause(l.ctx)
	if err != nil && (errors.Is(cause, ErrTaken) || errors.Is(cause, ErrStopping)) {
		return cause
	}
	return err
}

// Terminate gives the upload up, and its room back.
func (l *Lease) Terminate(by journal.Actor) error {
	d, err := l.service.Documents.Find(l.ctx, l.document)
	if err != nil {
		return err
	}
	if d.State != Receiving {
		return ErrOver
	}
	return l.service.abort(l.ctx, by, d, "")
}

// StopUploads interrupts every upload under way, which saves what has come, and
// lets none go on.
func (s *Service) StopUploads() { s.lanes.stop() }

// lanes lets one request at a time go on with an upload.
type lanes struct {
	mu      sync.Mutex
	all     map[string]*lane
	stopped bool
}

type lane struct {
	turn      chan struct{} // holds one
	users     int
	newest    int // number of the last who came
	interrupt context.CancelCauseFunc
}

// enter waits for the turn; of several who wait only the newest gets it.
func (l *lanes) enter(ctx context.Context, id string) (context.Context, func(), error) {
	own, number, err := l.join(id)
	if err != nil {
		return nil, nil, err
	}
	patience := time.NewTimer(takeover)
	defer patience.Stop()
	select {
	case own.turn <- struct{}{}:
		return l.begin(ctx, id, own, number)
	case <-patience.C:
		err = ErrTaken
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	l.leave(id, own)
	return nil, nil, err
}

func (l *lanes) join(id string) (*lane, int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		return nil, 0, ErrStopping
	}
	if l.all == nil {
		l.all = map[string]*lane{}
	}
	own := l.all[id]
	if own == nil {
		own = &lane{turn: make(chan struct{}, 1)}
		l.all[id] = own
	}
	own.users++
	own.newest++
	if own.interrupt != nil {
		own.interrupt(ErrTaken)
	}
	return own, own.newest, nil
}

func (l *lanes) begin(ctx context.Context, id string, own *lane, number int) (context.Context, func(), error) {
	held, interrupt := context.WithCancelCause(ctx)
	end := func() {
		interrupt(nil)
		l.mu.Lock()
		own.interrupt = nil
		l.mu.Unlock()
		<-own.turn
		l.leave(id, own)
	}
	l.mu.Lock()
	own.interrupt = interrupt
	late, stopped := own.newest != number, l.stopped
	l.mu.Unlock()
	if stopped {
		end()
		return nil, nil, ErrStopping
	}
	if late {
		end()
		return nil, nil, ErrTaken
	}
	return held, end, nil
}

func (l *lanes) leave(id string, own *lane) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if own.users--; own.users == 0 {
		delete(l.all, id)
	}
}

// busy tells whether a request has an upload, or waits for it.
func (l *lanes) busy(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all[id] != nil
}

func (l *lanes) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
	for _, own := range l.all {
		if own.interrupt != nil {
			own.interrupt(ErrStopping)
		}
	}
}
