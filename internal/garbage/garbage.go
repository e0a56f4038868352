// Package garbage says how much of it may pile up before it is collected.
//
// A program that keeps much for long, as the operator does with what it knows
// of tenants, pays for each collection with a look at all of that. To collect
// late takes memory, to collect early takes processor time. Here garbage may
// fill the heap up to a floor; a heap that is in use beyond that grows by a
// least percentage between two collections. A limit (GOMEMLIMIT) stands above
// both.
package garbage

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

const (
	// least is the growth in percent between two collections, however much is in use.
	least = 20
	// most keeps a heap with next to nothing in it from a rule without meaning.
	most = 400
)

var once sync.Once

// LetPile lets garbage fill the heap up to a floor, in bytes, from the next
// collection on. The first call counts. No memory is spent on samples for a
// profile, either: whoever takes one asks for samples after that.
func LetPile(floor uint64) {
	once.Do(func() {
		runtime.MemProfileRate = 0
		watch(floor)
	})
}

// watch sets the percentage anew after every collection: a value that nothing
// refers to is cleaned up by each.
func watch(floor uint64) {
	var next func(last int)
	next = func(last int) {
		percent := Percent(inUse(), floor)
		if percent != last {
			debug.SetGCPercent(percent)
		}
		runtime.AddCleanup(new([16]byte), next, percent)
	}
	next(0)
}

// Percent is the growth that lets a heap of which so many bytes are in use reach
// the floor.
func Percent(inUse, floor uint64) int {
	if inUse == 0 || floor <= inUse {
		return least
	}
	return int(min(max((floor-inUse)*100/inUse, least), most))
}

func inUse() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
