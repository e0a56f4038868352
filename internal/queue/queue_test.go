package queue

import (
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// A queue that is shut down in the middle of work lets all workers go, each
// time: without that, one of some dozens of ends hangs.
func TestEndsInTheMiddleOfWork(t *testing.T) {
	const workers = 20
	for range 50 {
		q := ending(priorityqueue.New[int](t.Name()))
		var crew sync.WaitGroup
		for worker := range workers {
			crew.Go(func() { work(q, worker) })
		}
		time.Sleep(2 * time.Millisecond)
		q.ShutDown()
		gone := make(chan struct{})
		go func() {
			crew.Wait()
			close(gone)
		}()
		select {
		case <-gone:
		case <-time.After(20 * time.Second):
			t.Fatal("the queue is shut down, and a worker still waits")
		}
	}
}

func work(q priorityqueue.PriorityQueue[int], item int) {
	for ; ; item += 1000 {
		q.Add(item)
		got, _, shutdown := q.GetWithPriority()
		if shutdown {
			return
		}
		q.Done(got)
	}
}

// Work comes by priority, is not handed out twice at once, and comes again when
// it was added meanwhile.
func TestHandsOut(t *testing.T) {
	limiter := workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](time.Second, time.Second)
	q, ok := New(t.Name(), limiter).(priorityqueue.PriorityQueue[reconcile.Request])
	if !ok {
		t.Fatal("it is no priority queue: what is listed at the start would come before what somebody has just asked for")
	}
	low, high := request("low"), request("high")
	priority := 10
	q.AddWithOpts(priorityqueue.AddOpts{}, low)
	q.AddWithOpts(priorityqueue.AddOpts{Priority: &priority}, high)
	first, got, _ := q.GetWithPriority()
	if first != high || got != priority {
		t.Errorf("first came %v with priority %d", first, got)
	}
	q.Add(high)
	if second, _ := q.Get(); second != low {
		t.Errorf("second came %v, and the first is still under way", second)
	}
	q.Done(high)
	if third, _ := q.Get(); third != high {
		t.Errorf("third came %v", third)
	}
	q.ShutDown()
	q.ShutDownWithDrain()
	if _, shutdown := q.Get(); !shutdown || !q.ShuttingDown() {
		t.Error("it was shut down, and does not say so")
	}
}

func request(name string) reconcile.Request {
	var r reconcile.Request
	r.Name = name
	return r
}
