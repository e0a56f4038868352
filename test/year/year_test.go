package year

import (
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"voute.dev/voute/test/seeds"
)

const (
	usual, many = 12, 250
)

var errUnfinished = errors.New("at the end of the year not everything is as it should be")

// live is one year, from a seed, or the beginning of one.
func live(b *base, seed uint64, until time.Time) (*world, error) {
	w, err := newYear(b, seed)
	if err != nil {
		return nil, err
	}
	err = w.run(until)
	w.count.writes = w.api.Writes()
	if err == nil && !until.Before(last) {
		err = w.finished()
	}
	return w, err
}

// finished: all run what they should, and say so.
func (w *world) finished() error {
	var problems []error
	for _, p := range w.oracle.all("") {
		if !p.rests() || !p.tenant.file.isReady() {
			problems = append(problems, fmt.Errorf("%w: %s runs %+v and wants %+v; says %s", errUnfinished, p, p.live, p.want, p.told))
		}
	}
	return errors.Join(problems...)
}

// TestRepeated: a seed that fails is of use only if it fails again.
func TestRepeated(t *testing.T) {
	b := aBase(t)
	var ends []string
	for range 2 {
		w, err := live(b, 1, first.Add(60*day))
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, fmt.Sprintf("%+v", w.count))
	}
	if ends[0] != ends[1] {
		t.Errorf("a seed gives once\n%s\nand once\n%s", ends[0], ends[1])
	}
}

// bases are made once for all tests.
var bases = struct {
	lock sync.Mutex
	made *base
}{}

func aBase(t *testing.T) *base {
	t.Helper()
	bases.lock.Lock()
	defer bases.lock.Unlock()
	if bases.made == nil {
		made, err := newBase(loadModel(t))
		if err != nil {
			t.Fatal(err)
		}
		bases.made = made
	}
	return bases.made
}

// TestYear lives years, until one fails.
func TestYear(t *testing.T) {
	b := aBase(t)
	begin := time.Now()
	from, to := seeds.Span(t, usual, many)
	// Each year is a world that is soon forgotten.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	var next atomic.Uint64
	next.Store(from - 1)
	var crew sync.WaitGroup
	var lock sync.Mutex
	all := newCounts()
	for range 2 {
		crew.Go(func() {
			for seed := next.Add(1); seed <= to && !t.Failed(); seed = next.Add(1) {
				w, err := live(b, seed, last)
				if err != nil {
					t.Errorf("%s=%d: %v", seeds.Variable, seed, err)
				}
				if w != nil {
					lock.Lock()
					all.add(w.count)
					lock.Unlock()
				}
			}
		})
	}
	crew.Wait()
	t.Logf("%+v", all)
	if t.Failed() {
		return
	}
	if to-from+1 >= usual {
		all.mustHaveSeen(t)
	}
	fmt.Printf("SOAK year: %d years of %d tenants, %d changes, %d returns, %d halts, %d emergencies, %d crashes, %s\n",
		to-from+1, tenants, all.changes, all.returns, all.halted, all.emergencies, all.crashes, time.Since(begin).Round(time.Second))
}
