// Package queue holds controllers' work until a worker takes it, by priority.
//
// It is controller-runtime's priority queue with one thing mended. When that
// queue is shut down, a worker that waits for work leaves; work that gets ready
// in that moment is still handed to it, under the queue's lock, and nobody
// takes it. From then on each worker that ends its work waits for the lock, for
// good: the manager gives up on them after half a minute and says that not all
// of its parts have ended. It takes a busy moment, and is seen on busy machines
// (kubernetes-sigs/controller-runtime#3538, mended in v0.25; the decision
// versions-and-build-cache says why this is not v0.25 yet). Here no worker waits
// for a queue that is shut down.
package queue

import (
	"sync"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// New returns the queue of a controller, as controller.Options.NewQueue asks.
func New(controller string, limiter workqueue.TypedRateLimiter[reconcile.Request]) workqueue.TypedRateLimitingInterface[reconcile.Request] {
	return ending(priorityqueue.New(controller, func(o *priorityqueue.Opts[reconcile.Request]) { o.RateLimiter = limiter }))
}

func ending[T comparable](within priorityqueue.PriorityQueue[T]) *queue[T] {
	return &queue[T]{PriorityQueue: within, ended: make(chan struct{})}
}

type queue[T comparable] struct {
	priorityqueue.PriorityQueue[T]

	ended chan struct{}
	once  sync.Once
}

// GetWithPriority waits for work, or for the end.
func (q *queue[T]) GetWithPriority() (item T, priority int, shutdown bool) {
	type work struct {
		item     T
		priority int
		shutdown bool
	}
	got := make(chan work, 1)
	go func() {
		var w work
		w.item, w.priority, w.shutdown = q.PriorityQueue.GetWithPriority()
		got <- w
	}()
	select {
	case w := <-got:
		return w.item, w.priority, w.shutdown
	case <-q.ended:
		return item, 0, true
	}
}

// Get waits for work, or for the end.
func (q *queue[T]) Get() (item T, shutdown bool) {
	item, _, shutdown = q.GetWithPriority()
	return item, shutdown
}

// Done says that the work is done, and that the same may be handed out again.
func (q *queue[T]) Done(item T) {
	done := make(chan struct{})
	go func() {
		q.PriorityQueue.Done(item)
		close(done)
	}()
	select {
	case <-done:
	case <-q.ended:
	}
}

// ShutDown lets all workers go; work that nobody has taken is dropped.
func (q *queue[T]) ShutDown() {
	q.once.Do(func() {
		close(q.ended)
		q.PriorityQueue.ShutDown()
	})
}

// ShutDownWithDrain is ShutDown, as in the queue within.
func (q *queue[T]) ShutDownWithDrain() { q.ShutDown() }
