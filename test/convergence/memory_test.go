package convergence

import (
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"voute.dev/voute/test/seeds"
)

const (
	usual, many = 1_000, 3_000
)

// TestRepeated: a seed that fails is of use only if it fails again.
func TestRepeated(t *testing.T) {
	model := loadModel(t)
	for i := range modes {
		var logs []string
		for range 2 {
			s := newSequence(uint64(i))
			w, err := newWorld(model, s.seed, s.mode)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.carryOut(s.edits, firstWishes()); err != nil {
				t.Fatal(err)
			}
			logs = append(logs, strings.ReplaceAll(w.lastWrites(endless), "; ", "\n"))
		}
		if logs[0] != logs[1] {
			t.Errorf("%v\nwrites once:\n%s\nand once:\n%s", newSequence(uint64(i)), logs[0], logs[1])
		}
	}
}

// TestSequences runs sequences against the API in memory, until one fails.
func TestSequences(t *testing.T) {
	model, begin := loadModel(t), time.Now()
	first, last := seeds.Span(t, usual, many)
	// Each sequence is a world that is soon forgotten.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	var next atomic.Uint64
	next.Store(first - 1)
	var crew sync.WaitGroup
	for range 2 {
		crew.Go(func() {
			for seed := next.Add(1); seed <= last && !t.Failed(); seed = next.Add(1) {
				s := newSequence(seed)
				if err := s.run(model); err != nil {
					t.Errorf("%s=%d: %v\n%v\n%s", seeds.Variable, seed, s, err, cutDown(s, err, func(shorter sequence) error { return shorter.run(model) }))
				}
			}
		})
	}
	crew.Wait()
	if !t.Failed() {
		fmt.Printf("SOAK convergence: %d sequences in memory, %s\n", last-first+1, time.Since(begin).Round(time.Second))
	}
}
