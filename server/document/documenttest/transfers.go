package documenttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"voute.dev/voute/server/document"
	"voute.dev/voute/server/seal"
)

func transfer(id string) document.Transfer {
	return document.Transfer{
		Document: id, Metadata: "filename YQ==", Recipients: []string{"b", "c"},
		Progress: seal.Begin(10 << 20), Progressed: noon, Expires: noon.Add(time.Hour),
	}
}

func record(start int64, length int, with byte) seal.Record {
	return seal.Record{Start: start, Sealed: bytes.Repeat([]byte{with}, length)}
}

// tester is a test, or one round of a property.
type tester interface {
	Helper()
	Context() context.Context
	Fatalf(string, ...any)
}

func found(t tester, s Subject, want document.Transfer) {
	t.Helper()
	got, err := s.Transfers.Find(t.Context(), want.Document)
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
		t.Fatalf("%v (-want +got):\n%s", err, diff)
	}
}

func transfers(t *testing.T, s Subject) {
	add(t, s, made("1", document.Receiving), made("2", document.Receiving))
	one, two := transfer("1"), transfer("2")
	two.Progress.Offset, two.Progress.Tail = 5, []seal.Record{record(0, 33, 'x')}
	two.Recipients = nil
	must(t, s.Transfers.Add(t.Context(), one))
	must(t, s.Transfers.Add(t.Context(), two))
	found(t, s, one)
	found(t, s, two)
	one.Progress.Offset, one.Progressed, one.Expires = 7, noon.Add(time.Minute), noon.Add(2*time.Hour)
	must(t, s.Transfers.Advance(t.Context(), one, 0))
	found(t, s, one)
	found(t, s, two)
	again := one
	again.Progress.Offset = 8
	for _, from := range []int64{0, 6, 8} {
		if err := s.Transfers.Advance(t.Context(), again, from); !errors.Is(err, document.ErrChanged) {
			t.Errorf("from %d, where it is not: %v", from, err)
		}
	}
	found(t, s, one)
	must(t, s.Transfers.Remove(t.Context(), "1"))
	must(t, s.Transfers.Remove(t.Context(), "1")) // again is no error
	must(t, s.Documents.Remove(t.Context(), "2")) // with all that is known of it
	for _, id := range []string{"1", "2", "3"} {
		if _, err := s.Transfers.Find(t.Context(), id); !errors.Is(err, document.ErrNotFound) {
			t.Errorf("%s: %v", id, err)
		}
		if err := s.Transfers.Advance(t.Context(), transfer(id), 0); !errors.Is(err, document.ErrChanged) {
			t.Errorf("%s goes on: %v", id, err)
		}
	}
}

// tails replaces tails as a writer does, which keeps some of the records.
func tails(t *testing.T, s Subject) {
	round := 0
	rapid.Check(t, func(r *rapid.T) {
		round++
		id := fmt.Sprint(round)
		add(t, s, made(id, document.Receiving))
		known := transfer(id)
		must(t, s.Transfers.Add(t.Context(), known))
		for step := range rapid.IntRange(1, 8).Draw(r, "steps") {
			next, tail := known, known.Progress.Tail
			tail = tail[rapid.IntRange(0, len(tail)).Draw(r, "first"):]
			tail = append([]seal.Record(nil), tail[:rapid.IntRange(0, len(tail)).Draw(r, "kept")]...)
			start := known.Progress.Offset + 1
			if len(tail) > 0 {
				start = tail[len(tail)-1].Start + 1
			}
			tail = append(tail, record(start, 29+rapid.IntRange(0, 3).Draw(r, "length"), byte(step)))
			next.Progress.Tail, next.Progress.Offset = tail, known.Progress.Offset+1
			if holds(known.Progress.Tail, start, len(tail[len(tail)-1].Sealed)) {
				continue // a record of the same bytes is the same record
			}
			must(t, s.Transfers.Advance(t.Context(), next, known.Progress.Offset))
			known = next
			found(r, s, known)
		}
	})
}

func holds(tail []seal.Record, start int64, length int) bool {
	for _, record := range tail {
		if record.Start == start && len(record.Sealed) == length {
			return true
		}
	}
	return false
}

func transfersLists(t *testing.T, s Subject) {
	for i, id := range []string{"1", "2", "3"} {
		d := made(id, document.Receiving)
		d.Created = noon.Add(time.Duration(i) * time.Minute)
		d.Owner = []string{"a", "b", "a"}[i]
		add(t, s, d)
		one := transfer(id)
		one.Expires = noon.Add(-time.Duration(i) * time.Hour)
		must(t, s.Transfers.Add(t.Context(), one))
	}
	for want, list := range map[string]func() ([]document.Transfer, error){
		"[3 1]":   func() ([]document.Transfer, error) { return s.Transfers.Of(t.Context(), "a") },
		"[2]":     func() ([]document.Transfer, error) { return s.Transfers.Of(t.Context(), "b") },
		"[]":      func() ([]document.Transfer, error) { return s.Transfers.Of(t.Context(), "c") },
		"[3 2]":   func() ([]document.Transfer, error) { return s.Transfers.Abandoned(t.Context(), noon, 2) },
		"[3 2 1]": func() ([]document.Transfer, error) { return s.Transfers.Abandoned(t.Context(), noon, 9) },
		"[3]": func() ([]document.Transfer, error) {
			return s.Transfers.Abandoned(t.Context(), noon.Add(-90*time.Minute), 9)
		},
	} {
		all, err := list()
		ids := []string{}
		for _, one := range all {
			ids = append(ids, one.Document)
		}
		if err != nil || fmt.Sprint(ids) != want {
			t.Errorf("listed are %v, want %s (error %v)", ids, want, err)
		}
	}
}
