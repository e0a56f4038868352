// Package progress prints what is being done, each line with the time since
// the start, so that a long first run never looks stuck.
package progress

import (
	"fmt"
	"io"
	"time"
)

// Log prints steps to a person.
type Log struct {
	out   io.Writer
	start time.Time
}

// New starts the clock.
func New(out io.Writer) *Log { return &Log{out: out, start: time.Now()} }

// Step prints one line: what starts now.
func (l *Log) Step(format string, args ...any) {
	fmt.Fprintf(l.out, "[%6.1fs] %s\n", l.Elapsed().Seconds(), fmt.Sprintf(format, args...))
}

// Elapsed is the time since the start.
func (l *Log) Elapsed() time.Duration { return time.Since(l.start) }
