package document

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"maps"
	"sync"
)

// sumsKept bounds how many uploads' hashes wait for their next bytes.
const sumsKept = 256

// sums has the SHA-256 of what has come of uploads, between their requests. They
// are in memory alone: a hash that was saved could hold 63 plain bytes. One that
// is not here is computed from the sealed bytes at the end.
type sums struct {
	mu    sync.Mutex
	known map[string]sum
}

type sum struct {
	of   int64 // so many bytes
	hash hash.Hash
}

// take gives the hash of the first bytes of a document, or nil when it is not known.
func (s *sums) take(id string, of int64) hash.Hash {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.known[id]
	delete(s.known, id)
	switch {
	case of == 0:
		return sha256.New()
	case known.of == of:
		return known.hash
	}
	return nil
}

func (s *sums) keep(id string, of int64, h hash.Hash) {
	if h == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = map[string]sum{}
	}
	for other := range maps.Keys(s.known) {
		if len(s.known) < sumsKept {
			break
		}
		delete(s.known, other)
	}
	s.known[id] = sum{of, h}
}

func (s *sums) forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.known, id)
}

// digest reads a document that has arrived for its SHA-256.
func (s *Service) digest(ctx context.Context, d Document) (string, error) {
	content, err := s.unseal(ctx, d)
	if err != nil {
		return "", err
	}
	defer func() { _ = content.Close() }()
	h, buffer := sha256.New(), make([]byte, 256<<10)
	defer clear(buffer)
	if _, err := io.CopyBuffer(h, onlyReader{content}, buffer); err != nil {
		return "", fmt.Errorf("cannot compute the hash of document %s: %w", d.ID, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// hashing adds up what is read, where it lies.
type hashing struct {
	from io.Reader
	into []hash.Hash
}

func (r hashing) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	for _, h := range r.into {
		if h != nil {
			h.Write(p[:n])
		}
	}
	return n, err
}

// onlyReader hides other methods, so that CopyBuffer uses the buffer given.
type onlyReader struct{ io.Reader }
