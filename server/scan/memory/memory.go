// Package memory finds the EICAR test file without an antivirus, for tests of
// what uses a scan.Scanner.
package memory

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"

	"voute.dev/voute/server/scan"
	"voute.dev/voute/server/scan/scantest"
)

// Scanner passes the same contract as clamd.
type Scanner struct {
	mu    sync.Mutex
	limit int64
	fault error
	held  chan struct{} // closed when scans may go on
	taken int           // scans begun
	said  *scan.Verdict // of every document; nil: what is found
}

var _ scan.Scanner = (*Scanner)(nil)

// New scans streams up to limit bytes; longer ones are NotScanned.
func New(limit int64) *Scanner { return &Scanner{limit: limit} }

// Fail makes every call answer an error until Fail(nil).
func (s *Scanner) Fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = err
}

// Say makes every scan end with a verdict, until Say(nil).
func (s *Scanner) Say(v *scan.Verdict) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said = v
}

// Hold makes scans wait, once they have begun, until release.
func (s *Scanner) Hold() (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := make(chan struct{})
	s.held = held
	return func() { close(held) }
}

// Taken is how many scans have begun.
func (s *Scanner) Taken() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taken
}

func (s *Scanner) begin(ctx context.Context) error {
	s.mu.Lock()
	s.taken++
	held := s.held
	s.mu.Unlock()
	if held == nil {
		return nil
	}
	select {
	case <-held:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", scan.ErrUnavailable, ctx.Err())
	}
}

// Scan looks for the test file anywhere in the stream.
func (s *Scanner) Scan(ctx context.Context, r io.Reader) (scan.Verdict, error) {
	if err := s.Check(ctx); err != nil {
		return scan.Verdict{}, err
	}
	if err := s.begin(ctx); err != nil {
		return scan.Verdict{}, err
	}
	content, err := io.ReadAll(io.LimitReader(r, s.limit+1))
	if err != nil {
		return scan.Verdict{}, fmt.Errorf("cannot read the document: %w", err)
	}
	s.mu.Lock()
	said := s.said
	s.mu.Unlock()
	switch {
	case said != nil:
		return *said, nil
	case int64(len(content)) > s.limit:
		return scan.Verdict{Outcome: scan.NotScanned, Detail: "size limit", Limit: scan.Size}, nil
	case bytes.Contains(content, scantest.EICAR()):
		return scan.Verdict{Outcome: scan.Infected, Detail: "Eicar-Test-Signature"}, nil
	}
	return scan.Verdict{Outcome: scan.Clean}, nil
}

// Check answers what Fail said.
func (s *Scanner) Check(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", scan.ErrUnavailable, err)
	}
	return s.fault
}
