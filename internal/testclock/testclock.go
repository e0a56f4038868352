// Package testclock moves the operator's time in tests: a week of calendar, notice
// and deadlines is gone through in minutes. Where nothing is set, it is the
// machine's clock.
package testclock

import (
	"sync/atomic"
	"time"
)

// Clock is safe for concurrent use.
type Clock struct {
	machine func() time.Time
	// ahead is by how much it differs from the machine's.
	ahead atomic.Int64
}

// New makes a clock that shows what the machine's does.
func New(machine func() time.Time) *Clock { return &Clock{machine: machine} }

// Now is the machine's time as long as nothing else was set.
func (c *Clock) Now() time.Time {
	ahead := time.Duration(c.ahead.Load())
	if ahead == 0 {
		return c.machine()
	}
	return c.machine().Add(ahead)
}

// Set has it be a time now; from then on time passes as on the machine. The zero
// time gives the machine's clock back.
func (c *Clock) Set(now time.Time) {
	if now.IsZero() {
		c.ahead.Store(0)
		return
	}
	c.ahead.Store(int64(now.Sub(c.machine())))
}

// IsMoved says whether it differs from the machine's.
func (c *Clock) IsMoved() bool { return c.ahead.Load() != 0 }
