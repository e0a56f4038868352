package app

import (
	"context"
	"runtime"
	"runtime/debug"
)

// rest is when memory was last given back to the system.
type rest struct {
	seen, given int64 // how many requests had come
}

// due tells whether nobody has asked for anything since the last look, but had
// before it.
func (r *rest) due(came, underWay int64) bool {
	due := underWay == 0 && came == r.seen && came != r.given
	r.seen = came
	if due {
		r.given = came
	}
	return due
}

// giveBack gives back what the last requests have left, of which a password takes
// 19 MiB and a transfer some: where nothing is asked any more the collector would
// keep it, and a node has many servers that rest. What waits in a pool is let go
// by the second collection.
func (a *App) giveBack(context.Context) {
	if a.rest.due(a.traffic.came.Load(), a.traffic.underWay.Load()) {
		runtime.GC()
		debug.FreeOSMemory()
	}
}
