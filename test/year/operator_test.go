package year

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/controllers/sharingtenant"
	"voute.dev/voute/internal/apply"
	"voute.dev/voute/internal/fleet"
	"voute.dev/voute/internal/index"
	"voute.dev/voute/internal/serverstatus"
	"voute.dev/voute/test/memoryapi"
)

const (
	// A look that was left out is given back after so long.
	idleLook = 45 * time.Second
	// A look that failed is repeated after firstRetry, then later, up to lastRetry.
	firstRetry, lastRetry = 500 * time.Millisecond, 20 * time.Second
	// A look that a change in the cache asks for when it has not seen it yet.
	behind = time.Second
	// mostLooks is how often a tenant is looked at in one instant at the most, and
	// mostWrites how often its status is written then.
	mostLooks, mostWrites = 12, 6
)

// pace tells the time of what is known to come. An operator looks at everything
// each half minute beside. Those looks are left out here, most of which would find
// nothing; the oracle gives one back where it knows of something to find.
var pace = sharingtenant.Pace{Eager: 20 * time.Second, Patient: 6 * time.Hour, Impatience: time.Minute, Settled: 1000 * day, Even: true}

var errDead, errLost = errors.New("the operator is dead"), errors.New("the connection is lost")

// operator is one process, with all that it keeps in memory.
type operator struct {
	ctx     context.Context
	die     context.CancelFunc
	tenants *sharingtenant.Reconciler
	moved   chan event.GenericEvent
	// lag is by how many changes the cache is behind in this look.
	lag int
	// looked: the first look is over, which fills the ledger with what the statuses
	// say. It is not behind: whom it knew wrongly would be looked at soon, as all are
	// who a new operator finds, and here those at rest are not.
	looked bool
}

// doom ends an operator at one of its next writes, to any kind or to one: before
// it, or after.
type doom struct {
	writes int
	kind   string
	after  bool
}

func (w *world) startOperator() error {
	o := &operator{moved: make(chan event.GenericEvent, 10)}
	o.ctx, o.die = context.WithCancel(w.ctx)
	labelled, err := labels.NewRequirement(v1alpha1.TenantLabel, selection.Exists, nil)
	if err != nil {
		return err
	}
	cache, err := w.api.Cache(memoryapi.CacheOptions{
		Heads: sharingtenant.Owned(), Label: labels.NewSelector().Add(*labelled), Lag: func(string) int { return o.lag }, Shuffle: w.rng.Shuffle,
	})
	if err != nil {
		return err
	}
	if err := index.Register(o.ctx, cache); err != nil {
		return err
	}
	live := w.api.Client(operatorName, func(_ context.Context, call memoryapi.Call, do func() error) error { return w.around(o, call, do) })
	cached := live.Cached(cache)
	o.tenants = &sharingtenant.Reconciler{
		Client: cached, Live: live, Objects: apply.New(cached, live, cached, w.now),
		Platform: func() *sharingtenant.Platform {
			return &sharingtenant.Platform{Config: w.config, Vault: w.vault, Server: w.servers}
		},
		Reports: serverstatus.NewStore(), Events: recorder{w, o}, Now: w.now, Pace: pace,
		PublicKey: "key", Namespace: operatorsSpace, PilotsMoved: o.moved, Fleet: fleet.New(w.freed),
	}
	w.operator = o
	clear(w.unanswered)
	for _, c := range w.clients {
		c.turn = turn{}
	}
	w.wakeAll()
	return nil
}

// wakeAll is for a new operator and a new platform file, which have everybody
// looked at. A look at a tenant at rest finds nothing: some are for all of them.
func (w *world) wakeAll() {
	for _, c := range w.clients {
		if w.oracle.asleep || !w.oracle.rests(c) || w.rng.IntN(sample) == 0 {
			w.wake(c)
		}
	}
}

// around is what becomes of an operator's calls.
func (w *world) around(o *operator, call memoryapi.Call, do func() error) error {
	if w.doom != nil && call.IsWrite() && (w.doom.kind == "" || w.doom.kind == call.Kind) {
		if w.doom.writes--; w.doom.writes < 0 {
			if w.doom.after {
				_ = do() // nobody hears of it
			}
			o.die()
			return errDead
		}
	}
	if !w.clock.Before(w.stormy) {
		return do()
	}
	draw := w.rng.Float64()
	if draw < 0.1 {
		return w.lose(call)
	}
	if err := do(); err != nil || draw > 0.15 {
		return err
	}
	return w.lose(call)
}

// lose leaves a call without an answer, whether it was done or not.
func (w *world) lose(call memoryapi.Call) error {
	if call.IsWrite() && call.Subresource == "status" {
		w.unanswered[call.Namespace] = true
	}
	return errLost
}

// recorder counts what is told, as long as the operator lives.
type recorder struct {
	w *world
	o *operator
}

// Eventf is what the operator calls.
func (r recorder) Eventf(_, _ runtime.Object, _, reason, _, _ string, _ ...any) {
	if r.o.ctx.Err() == nil {
		r.w.count.told[reason]++
		r.w.count.events++
	}
}

// turn is when a tenant is looked at next.
type turn struct {
	woken   bool
	due     time.Time
	retries int
	// instant, looks and writes count within one instant.
	instant       time.Time
	looks, writes int
}

// soon: it is looked at anyway within a minute.
func (t *turn) soon(now time.Time) bool {
	return t.woken || (!t.due.IsZero() && t.due.Sub(now) <= time.Minute)
}

// wake is what a watch does.
func (w *world) wake(c *tenant) {
	if w.operator == nil || c.turn.woken {
		return
	}
	c.turn.woken = true
	o := w.operator
	w.after(0, func() error {
		if w.operator != o || !c.turn.woken {
			return nil
		}
		return w.look(c)
	})
}

// remind is a look after some time, in place of any that was due.
func (w *world) remind(c *tenant, d time.Duration) {
	o, due := w.operator, w.clock.Add(d)
	c.turn.due = due
	w.at(due, func() error {
		if w.operator != o || !c.turn.due.Equal(due) {
			return nil
		}
		return w.look(c)
	})
}

// freed is how the ledger wakes. It is called in the middle of a look.
func (w *world) freed(key types.NamespacedName) { w.wake(w.byName[key.Namespace]) }

// look is one reconcile.
func (w *world) look(c *tenant) error {
	o := w.operator
	if o == nil {
		return nil
	}
	if err := w.counted(c); err != nil {
		return err
	}
	c.turn.woken, c.turn.due = false, time.Time{}
	if o.lag = 0; w.rng.IntN(20) == 0 && o.looked {
		o.lag = 1 + w.rng.IntN(4)
	}
	o.looked = true
	result, err := o.tenants.Reconcile(o.ctx, ctrl.Request{NamespacedName: types.NamespacedName{Namespace: c.namespace, Name: tenantName}})
	for len(o.moved) > 0 {
		<-o.moved
	}
	switch lagged := o.lag > 0; {
	case o.ctx.Err() != nil:
		w.crashed()
	case err != nil:
		c.turn.retries++
		w.remind(c, min(firstRetry<<min(c.turn.retries-1, 10), lastRetry))
	default:
		c.turn.retries = 0
		delete(w.unanswered, c.namespace)
		w.next(c, result.RequeueAfter, lagged)
	}
	return nil
}

// next says when to look again.
func (w *world) next(c *tenant, next time.Duration, lagged bool) {
	if next >= pace.Settled {
		next = 0
	}
	if lagged && (next == 0 || next > behind) {
		next = behind
	}
	if next > 0 {
		w.remind(c, next)
	}
}

// counted finds a tenant that is looked at again and again.
func (w *world) counted(c *tenant) error {
	w.count.looks++
	t := &c.turn
	if !t.instant.Equal(w.clock) {
		t.instant, t.looks, t.writes = w.clock, 0, 0
	}
	if t.looks++; t.looks > mostLooks {
		return fmt.Errorf("%s is looked at %d times in one instant, and written %d times", c.namespace, t.looks, t.writes)
	}
	return nil
}

// crash ends the operator at one of its next writes, most often as it starts a
// change; or after some days without one.
func (w *world) crash() error {
	doomed, o := &doom{writes: w.rng.IntN(12), after: w.rng.IntN(2) == 0}, w.operator
	if w.rng.IntN(3) > 0 {
		doomed.writes, doomed.kind = w.rng.IntN(2), "Deployment"
	}
	w.doom = doomed
	w.after(5*day, func() error {
		if w.operator == o && o != nil {
			w.crashed()
		}
		return nil
	})
	return nil
}

// crashed has another operator start after a while.
func (w *world) crashed() {
	w.operator.die()
	w.operator, w.doom = nil, nil
	w.count.crashes++
	w.after(w.between(5*time.Second, 90*time.Second), w.startOperator)
}
