// Package blobtest is the contract that every implementation of blob.Store passes.
package blobtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"voute.dev/voute/server/blob"
)

// Contract checks what callers rely on; each check gets a store that is empty.
func Contract(t *testing.T, open func(t *testing.T) blob.Store) {
	for name, check := range map[string]func(*testing.T, blob.Store){
		"what is committed can be read":              reads,
		"nothing is visible before the commit":       hides,
		"what is aborted is gone":                    aborts,
		"a name is taken once":                       takesOnce,
		"a name is never taken by two writers":       races,
		"what is removed is gone":                    removes,
		"what is removed while written stays gone":   removesUnfinished,
		"what is open stays readable when removed":   readsRemoved,
		"all is listed, unfinished or not":           lists,
		"names that lead elsewhere are refused":      refusesNames,
		"nothing happens once a call is cancelled":   cancels,
		"a finished writer takes nothing":            finishes,
		"a name that was given up can be used again": reuses,
		"what was synced goes on":                    resumes,
		"what was not synced may be forgotten":       forgets,
		"bytes that are missing are told":            lacks,
		"one writer at a time":                       excludes,
	} {
		t.Run(name, func(t *testing.T) { check(t, open(t)) })
	}
}

func reads(t *testing.T, s blob.Store) {
	for name, content := range map[string][]byte{
		"empty": {}, "a": []byte("a"), "01jd-2v7x": bytes.Repeat([]byte("sealed"), 50000), strings.Repeat("x", 200): []byte("long"),
	} {
		put(t, s, name, content)
		r, err := s.Open(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if err := iotest.TestReader(io.NewSectionReader(r, 0, r.Size()), content); err != nil {
			t.Error(err)
		}
		if r.Size() != int64(len(content)) {
			t.Errorf("the size of %s is %d, not %d", name, r.Size(), len(content))
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

func hides(t *testing.T, s blob.Store) {
	w := create(t, s, "a")
	write(t, w, "half")
	missing(t, s)
	write(t, w, "-whole")
	commit(t, w)
	holds(t, s, "a", "half-whole")
}

func aborts(t *testing.T, s blob.Store) {
	w := create(t, s, "a")
	write(t, w, "x")
	for range 2 {
		if err := w.Abort(); err != nil {
			t.Error(err)
		}
	}
	missing(t, s)
	named(t, s)
	if err := w.Commit(); err == nil {
		t.Error("what was aborted can be committed")
	}
	missing(t, s)
}

func takesOnce(t *testing.T, s blob.Store) {
	put(t, s, "a", []byte("first"))
	w := create(t, s, "b")
	for _, name := range []string{"a", "b"} {
		if _, err := s.Create(t.Context(), name); !errors.Is(err, blob.ErrExists) {
			t.Errorf("creating %s again: the error is %v, not %v", name, err, blob.ErrExists)
		}
	}
	commit(t, w)
	if err := w.Abort(); err != nil {
		t.Error(err)
	}
	holds(t, s, "a", "first")
	holds(t, s, "b", "")
}

func races(t *testing.T, s blob.Store) {
	var won atomic.Int32
	var writers sync.WaitGroup
	for range 16 {
		writers.Go(func() {
			w, err := s.Create(t.Context(), "a")
			if err != nil {
				return
			}
			if _, err := w.Write([]byte("x")); err == nil && w.Commit() == nil {
				won.Add(1)
			}
		})
	}
	writers.Wait()
	if won.Load() != 1 {
		t.Errorf("%d writers have committed one name", won.Load())
	}
	holds(t, s, "a", "x")
}

func removes(t *testing.T, s blob.Store) {
	put(t, s, "a", []byte("x"))
	put(t, s, "b", []byte("y"))
	for range 2 {
		if err := s.Remove(t.Context(), "a"); err != nil {
			t.Error(err)
		}
	}
	missing(t, s)
	holds(t, s, "b", "y")
	named(t, s, "b")
}

func removesUnfinished(t *testing.T, s blob.Store) {
	w := create(t, s, "a")
	write(t, w, "x")
	if err := s.Remove(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	named(t, s)
	second := create(t, s, "a")
	if err := w.Commit(); err == nil {
		t.Error("what was removed can be committed")
	}
	if err := w.Abort(); err != nil {
		t.Error(err)
	}
	write(t, second, "y")
	commit(t, second)
	holds(t, s, "a", "y")
}

func readsRemoved(t *testing.T, s blob.Store) {
	put(t, s, "a", []byte("x"))
	r, err := s.Open(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	if err := s.Remove(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	content := make([]byte, 1)
	if _, err := r.ReadAt(content, 0); err != nil && !errors.Is(err, io.EOF) || content[0] != 'x' {
		t.Errorf("an open blob gives %q and %v once it is removed", content, err)
	}
}

func lists(t *testing.T, s blob.Store) {
	named(t, s)
	put(t, s, "b", nil)
	put(t, s, "a", []byte("x"))
	w := create(t, s, "c")
	named(t, s, "a", "b", "c")
	commit(t, w)
	named(t, s, "a", "b", "c")
}

func refusesNames(t *testing.T, s blob.Store) {
	for _, name := range []string{
		"", ".", "..", "../a", "/a", "a/b", "a.b", "A", "a b", "a\x00", "é", "a\n", "a.part", strings.Repeat("x", 201),
	} {
		_, created := s.Create(t.Context(), name)
		if _, err := s.Resume(t.Context(), name, 0); err == nil {
			t.Errorf("the name %q goes on", name)
		}
		_, opened := s.Open(t.Context(), name)
		removed := s.Remove(t.Context(), name)
		if created == nil || opened == nil || removed == nil || errors.Is(opened, blob.ErrNotFound) {
			t.Errorf("the name %q is taken: %v, %v, %v", name, created, opened, removed)
		}
	}
}

func cancels(t *testing.T, s blob.Store) {
	put(t, s, "a", []byte("x"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, created := s.Create(ctx, "b")
	_, opened := s.Open(ctx, "a")
	_, listed := s.Names(ctx)
	for _, err := range []error{created, opened, listed, s.Remove(ctx, "a")} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v, not %v", err, context.Canceled)
		}
	}
	named(t, s, "a")
}

func finishes(t *testing.T, s blob.Store) {
	w := create(t, s, "a")
	commit(t, w)
	if _, err := w.Write([]byte("x")); err == nil {
		t.Error("a committed blob takes more")
	}
	if err := w.Commit(); err == nil {
		t.Error("a blob can be committed twice")
	}
	holds(t, s, "a", "")
}

func reuses(t *testing.T, s blob.Store) {
	w := create(t, s, "a")
	write(t, w, "a long first attempt")
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
	put(t, s, "a", []byte("x"))
	holds(t, s, "a", "x")
	if err := s.Remove(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	put(t, s, "a", []byte("y"))
	holds(t, s, "a", "y")
}

func resumes(t *testing.T, s blob.Store) {
	w := resume(t, s, 0)
	for i, part := range []string{"one", "two", "three"} {
		write(t, w, part)
		if err := w.Sync(); err != nil {
			t.Fatal(err)
		}
		missing(t, s)
		for range 2 {
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		}
		if _, err := w.Write([]byte("x")); err == nil || w.Sync() == nil || w.Commit() == nil {
			t.Error("a writer that has let go goes on")
		}
		if err := w.Abort(); err != nil {
			t.Error(err)
		}
		named(t, s, "a")
		w = resume(t, s, int64([]int{3, 6, 11}[i]))
	}
	commit(t, w)
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	holds(t, s, "a", "onetwothree")
}

func forgets(t *testing.T, s blob.Store) {
	w := resume(t, s, 0)
	write(t, w, "kept-and-lost")
	closed(t, w)
	w = resume(t, s, 4)
	write(t, w, "!")
	closed(t, w)
	w = resume(t, s, 5)
	write(t, w, "?")
	commit(t, w)
	holds(t, s, "a", "kept!?")
	if _, err := s.Resume(t.Context(), "a", 6); !errors.Is(err, blob.ErrExists) {
		t.Errorf("what is committed goes on: %v", err)
	}
	if err := s.Remove(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	w = resume(t, s, 0)
	write(t, w, "begun")
	closed(t, w)
	w = create(t, s, "a") // takes nothing over
	commit(t, w)
	holds(t, s, "a", "")
}

func lacks(t *testing.T, s blob.Store) {
	if _, err := s.Resume(t.Context(), "a", 1); !errors.Is(err, blob.ErrShort) {
		t.Errorf("there is nothing, and the error is %v", err)
	}
	named(t, s)
	w := resume(t, s, 0)
	write(t, w, "four")
	closed(t, w)
	if _, err := s.Resume(t.Context(), "a", 5); !errors.Is(err, blob.ErrShort) {
		t.Errorf("there are four bytes, and the error is %v", err)
	}
	w = resume(t, s, 4)
	if err := w.Abort(); err != nil {
		t.Error(err)
	}
	named(t, s)
}

func excludes(t *testing.T, s blob.Store) {
	w := resume(t, s, 0)
	write(t, w, "x")
	for range 2 {
		if _, err := s.Resume(t.Context(), "a", 0); !errors.Is(err, blob.ErrExists) {
			t.Errorf("two write one blob: %v", err)
		}
	}
	closed(t, w)
	if err := s.Remove(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	named(t, s)
}

func resume(t *testing.T, s blob.Store, after int64) blob.Writer {
	t.Helper()
	w, err := s.Resume(t.Context(), "a", after)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func closed(t *testing.T, w blob.Writer) {
	t.Helper()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, s blob.Store, name string, content []byte) {
	t.Helper()
	w := create(t, s, name)
	write(t, w, string(content))
	commit(t, w)
}

func create(t *testing.T, s blob.Store, name string) blob.Writer {
	t.Helper()
	w, err := s.Create(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func write(t *testing.T, w blob.Writer, content string) {
	t.Helper()
	if n, err := io.WriteString(w, content); err != nil || n != len(content) {
		t.Fatalf("%d of %d bytes are written (error %v)", n, len(content), err)
	}
}

func commit(t *testing.T, w blob.Writer) {
	t.Helper()
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
}

func holds(t *testing.T, s blob.Store, name, want string) {
	t.Helper()
	r, err := s.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	content, err := io.ReadAll(io.NewSectionReader(r, 0, r.Size()))
	if err != nil || string(content) != want {
		t.Errorf("%s holds %q, not %q (error %v)", name, content, want, err)
	}
}

// missing checks that nothing lies under "a".
func missing(t *testing.T, s blob.Store) {
	t.Helper()
	if _, err := s.Open(t.Context(), "a"); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("the error is %v, not %v", err, blob.ErrNotFound)
	}
}

func named(t *testing.T, s blob.Store, want ...string) {
	t.Helper()
	names, err := s.Names(t.Context())
	slices.Sort(names)
	if err != nil || !slices.Equal(names, want) {
		t.Errorf("the names are %q, not %q (error %v)", names, want, err)
	}
}
