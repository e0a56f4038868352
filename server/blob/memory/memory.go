// Package memory keeps blobs in memory, for tests of what uses a blob.Store.
package memory

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"voute.dev/voute/server/blob"
)

// Store passes the same contract as a volume.
type Store struct {
	mu      sync.Mutex
	blobs   map[string][]byte
	writing map[string]*writer
	parts   map[string][]byte // unfinished, and nobody writes them
}

var _ blob.Store = (*Store)(nil)

// New is an empty store.
func New() *Store {
	return &Store{blobs: map[string][]byte{}, writing: map[string]*writer{}, parts: map[string][]byte{}}
}

// Create begins a blob.
func (s *Store) Create(ctx context.Context, name string) (blob.Writer, error) {
	return s.Resume(ctx, name, 0)
}

// Resume goes on with a blob that a writer has let go of.
func (s *Store) Resume(ctx context.Context, name string, after int64) (blob.Writer, error) {
	if err := errors.Join(ctx.Err(), blob.CheckName(name)); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, found := s.blobs[name]; found || s.writing[name] != nil {
		return nil, fmt.Errorf("cannot write %s: %w", name, blob.ErrExists)
	}
	part := s.parts[name]
	if int64(len(part)) < after {
		return nil, fmt.Errorf("%w: %s has %d of %d", blob.ErrShort, name, len(part), after)
	}
	w := &writer{store: s, name: name, content: part[:after:after]}
	delete(s.parts, name)
	s.writing[name] = w
	return w, nil
}

// Open reads a committed blob.
func (s *Store) Open(ctx context.Context, name string) (blob.Reader, error) {
	if err := errors.Join(ctx.Err(), blob.CheckName(name)); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	content, found := s.blobs[name]
	if !found {
		return nil, fmt.Errorf("cannot open %s: %w", name, blob.ErrNotFound)
	}
	return reader{bytes.NewReader(content)}, nil
}

// Remove forgets a blob.
func (s *Store) Remove(ctx context.Context, name string) error {
	if err := errors.Join(ctx.Err(), blob.CheckName(name)); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.blobs, name)
	delete(s.writing, name)
	delete(s.parts, name)
	return nil
}

// Names lists committed blobs and unfinished ones.
func (s *Store) Names(ctx context.Context) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	finished := slices.AppendSeq(slices.Collect(maps.Keys(s.blobs)), maps.Keys(s.writing))
	return slices.AppendSeq(finished, maps.Keys(s.parts)), ctx.Err()
}

type reader struct{ *bytes.Reader }

func (reader) Close() error { return nil }

type writer struct {
	store    *Store
	name     string
	content  []byte
	finished bool
}

func (w *writer) Write(p []byte) (int, error) {
	if w.finished {
		return 0, fmt.Errorf("blob %s is finished", w.name)
	}
	w.content = append(w.content, p...)
	return len(p), nil
}

// Sync has nothing to do: there is no disk.
func (w *writer) Sync() error {
	if w.finished {
		return fmt.Errorf("blob %s is finished", w.name)
	}
	return nil
}

// Close keeps what was written for Resume.
func (w *writer) Close() error {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	if !w.finished && w.store.writing[w.name] == w {
		delete(w.store.writing, w.name)
		w.store.parts[w.name] = w.content
	}
	w.finished = true
	return nil
}

func (w *writer) Commit() error {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	if w.finished {
		return fmt.Errorf("blob %s is finished", w.name)
	}
	w.finished = true
	if w.store.writing[w.name] != w {
		return fmt.Errorf("blob %s was removed while it was written", w.name)
	}
	delete(w.store.writing, w.name)
	w.store.blobs[w.name] = w.content
	return nil
}

func (w *writer) Abort() error {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	if !w.finished && w.store.writing[w.name] == w {
		delete(w.store.writing, w.name)
	}
	w.finished = true
	return nil
}
