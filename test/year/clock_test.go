package year

import (
	"cmp"
	"container/heap"
	"time"
)

// moment is something that is due.
type moment struct {
	at time.Time
	// order is drawn: what is due at one instant happens in any order.
	order uint64
	do    func() error
}

type queue []*moment

func (q queue) Len() int      { return len(q) }
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q queue) Less(i, j int) bool {
	return cmp.Or(q[i].at.Compare(q[j].at), cmp.Compare(q[i].order, q[j].order)) < 0
}

// Push and Pop are the heap's.
func (q *queue) Push(e any) {
	if e, ok := e.(*moment); ok {
		*q = append(*q, e)
	}
}

// Pop takes the last one.
func (q *queue) Pop() any {
	old := *q
	e := old[len(old)-1]
	*q = old[:len(old)-1]
	return e
}

func (w *world) at(when time.Time, do func() error) {
	if when.Before(w.clock) {
		when = w.clock
	}
	heap.Push(&w.queue, &moment{at: when, order: w.rng.Uint64(), do: do})
}

func (w *world) after(d time.Duration, do func() error) { w.at(w.clock.Add(d), do) }

// run lets happen what is due up to an instant. Before the clock moves on, the
// oracle looks at what has become of all that was due.
func (w *world) run(until time.Time) error {
	for {
		for len(w.queue) > 0 && !w.queue[0].at.After(w.clock) {
			e, _ := heap.Pop(&w.queue).(*moment) // nothing else is in it
			if err := e.do(); err != nil {
				return err
			}
			w.follow()
			if w.failure != nil {
				return w.failure
			}
		}
		if w.oracle.settled(); w.failure != nil {
			return w.failure
		}
		if len(w.queue) == 0 || w.queue[0].at.After(until) {
			w.clock = until
			return nil
		}
		w.clock = w.queue[0].at
	}
}

// between draws a duration.
func (w *world) between(least, most time.Duration) time.Duration {
	return least + time.Duration(w.rng.Int64N(int64((most-least)/time.Second)+1))*time.Second
}
