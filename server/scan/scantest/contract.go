// Package scantest is the contract that every implementation of scan.Scanner passes.
package scantest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"sync"
	"testing"
	"testing/iotest"

	"voute.dev/voute/server/scan"
)

// Service is a scanner under test, with what a test does to it from outside.
type Service struct {
	scan.Scanner
	// Limit is how many bytes it scans at most; more than 4 MiB.
	Limit int64
	// Interrupt makes it unavailable until Resume.
	Interrupt, Resume func()
}

// Contract checks what callers rely on.
func Contract(t *testing.T, start func(t *testing.T) Service) {
	s := start(t)
	t.Run("a harmless document is clean", func(t *testing.T) {
		for _, size := range []int{0, 1, 64 << 10, 64<<10 + 1, 3 << 20} {
			expect(t, s, random(size), scan.Clean)
		}
	})
	t.Run("the test file is found wherever it lies", func(t *testing.T) {
		expect(t, s, EICAR(), scan.Infected)
		for _, before := range []int{64<<10 - 20, 3 << 20} {
			expect(t, s, append(random(before), EICAR()...), scan.Infected)
		}
	})
	t.Run("more than it scans is not scanned", func(t *testing.T) {
		expect(t, s, append(EICAR(), random(int(s.Limit))...), scan.NotScanned)
	})
	t.Run("a document that cannot be read gets no verdict", func(t *testing.T) { breaks(t, s) })
	t.Run("documents scanned at once get their own verdicts", func(t *testing.T) { separates(t, s) })
	t.Run("an interruption passes", func(t *testing.T) { recovers(t, s) })
	t.Run("a cancelled call is no verdict", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := s.Scan(ctx, bytes.NewReader(random(1)))
		if !errors.Is(err, scan.ErrUnavailable) || !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v, not %v", err, context.Canceled)
		}
	})
}

func breaks(t *testing.T, s Service) {
	broken := errors.New("the disk is broken")
	for _, before := range []int{0, 10, 1 << 20} {
		r := io.MultiReader(bytes.NewReader(random(before)), iotest.ErrReader(broken))
		verdict, err := s.Scan(t.Context(), r)
		if !errors.Is(err, broken) || errors.Is(err, scan.ErrUnavailable) || verdict != (scan.Verdict{}) {
			t.Errorf("after %d bytes the verdict is %v, the error %v, not %v", before, verdict, err, broken)
		}
	}
}

func separates(t *testing.T, s Service) {
	var scans sync.WaitGroup
	for i := range 8 {
		scans.Go(func() {
			document, want := random(1<<20), scan.Clean
			if i%2 == 1 {
				document, want = append(document, EICAR()...), scan.Infected
			}
			expect(t, s, document, want)
		})
	}
	scans.Wait()
}

func recovers(t *testing.T, s Service) {
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("Check finds fault: %v", err)
	}
	s.Interrupt()
	if err := s.Check(t.Context()); !errors.Is(err, scan.ErrUnavailable) {
		t.Errorf("the error is %v, not %v", err, scan.ErrUnavailable)
	}
	verdict, err := s.Scan(t.Context(), bytes.NewReader(random(1<<20)))
	if !errors.Is(err, scan.ErrUnavailable) || verdict != (scan.Verdict{}) {
		t.Errorf("the verdict is %v, the error %v, not %v", verdict, err, scan.ErrUnavailable)
	}
	s.Resume()
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("Check finds fault after the interruption: %v", err)
	}
	expect(t, s, random(10), scan.Clean)
}

func expect(t *testing.T, s Service, document []byte, want scan.Outcome) {
	t.Helper()
	verdict, err := s.Scan(t.Context(), bytes.NewReader(document))
	if err != nil || verdict.Outcome != want {
		t.Errorf("%d bytes get the verdict %v (error %v), not the outcome %d", len(document), verdict, err, want)
	}
	if (verdict.Detail == "") != (want == scan.Clean) {
		t.Errorf("the outcome %d comes with the detail %q", want, verdict.Detail)
	}
}

// random is what no signature is in and no scanner has seen before.
func random(size int) []byte {
	content := make([]byte, size)
	rand.Read(content)
	return content
}
