// Package journaltest is the contract of journal.Repository.
package journaltest

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"voute.dev/voute/server/journal"
)

// Contract holds every implementation to the same behaviour. Each call of
// empty gives a journal without lines.
func Contract(t *testing.T, empty func(*testing.T) journal.Repository) {
	t.Run("read as written, in order", func(t *testing.T) { readAsWritten(t, empty(t)) })
	t.Run("cleaned", func(t *testing.T) { cleaned(t, empty(t)) })
	t.Run("a chain", func(t *testing.T) { chain(t, empty(t)) })
	t.Run("shortened from its oldest end", func(t *testing.T) { shortened(t, empty(t)) })
}

func add(t *testing.T, r journal.Repository, entry journal.Entry) {
	t.Helper()
	if err := r.Append(t.Context(), entry); err != nil {
		t.Fatal(err)
	}
}

// walk verifies all that is there.
func walk(t *testing.T, r journal.Repository) journal.Found {
	t.Helper()
	anchor, err := r.Anchor(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found, err := journal.Verify(anchor, journal.Lines(t.Context(), r, anchor.Number))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func cleaned(t *testing.T, r journal.Repository) {
	add(t, r, journal.Entry{
		Time: time.Unix(1, 123_456_789), Kind: journal.SignedIn,
		Actor:  journal.Actor{Address: "\xff", UserAgent: strings.Repeat("é", 1000), Referer: "/" + strings.Repeat("x", 1000)},
		Detail: journal.Detail{"a\x00\xff": "b\u2028\xff"},
	})
	lines, err := r.After(t.Context(), 0, 2)
	if err != nil || len(lines) != 1 {
		t.Fatalf("%d lines (%v)", len(lines), err)
	}
	want := journal.Entry{
		Number: 1, Time: time.UnixMilli(1123).UTC(), Kind: journal.SignedIn, Hash: lines[0].Hash,
		Actor:  journal.Actor{Address: "\uFFFD", UserAgent: strings.Repeat("é", 100), Referer: "/" + strings.Repeat("x", 299)},
		Detail: journal.Detail{"a\x00\uFFFD": "b\u2028\uFFFD"},
	}
	if diff := cmp.Diff(want, lines[0]); diff != "" {
		t.Error(diff)
	}
	walk(t, r)
}

func chain(t *testing.T, r journal.Repository) {
	before := journal.Anchor{}
	if found := walk(t, r); found.End != before || found.Lines != 0 {
		t.Errorf("a journal without lines ends at %+v", found)
	}
	for i := range int64(5) {
		add(t, r, journal.Entry{Time: time.Unix(100-i, 0), Kind: journal.SignedIn})
		found := walk(t, r)
		if found.Lines != i+1 || found.End.Number != i+1 || found.End.Hash == before.Hash || found.Bare != 0 {
			t.Errorf("after line %d it ends at %+v", i+1, found)
		}
		before = found.End
	}
}

func shortened(t *testing.T, r journal.Repository) {
	for _, second := range []int64{1, 2, 9, 3, 10} { // the clock was moved back once
		add(t, r, journal.Entry{Time: time.Unix(second, 0), Kind: journal.SignedIn})
	}
	whole := walk(t, r)
	for _, step := range []struct{ before, limit, removed, first int64 }{
		{1, 9, 0, 1}, {9, 1, 1, 2}, {9, 9, 1, 3}, {9, 9, 0, 3}, {10, 9, 2, 5}, {99, 9, 1, 6}, {99, 9, 0, 6},
	} {
		removed, err := r.Cut(t.Context(), time.Unix(step.before, 0), int(step.limit))
		if err != nil || removed != step.removed {
			t.Errorf("%+v: %d lines are removed (%v)", step, removed, err)
		}
		anchor, err := r.Anchor(t.Context())
		if found := walk(t, r); err != nil || anchor.Number != step.first-1 || found.End != whole.End {
			t.Errorf("%+v: the anchor is at %d, the end %+v (%v)", step, anchor.Number, found, err)
		}
	}
	add(t, r, journal.Entry{Time: time.Unix(11, 0), Kind: journal.SignedIn})
	if found := walk(t, r); found.End.Number != 6 || found.Lines != 1 {
		t.Errorf("after all lines were removed, the next one is %+v", found)
	}
}

func readAsWritten(t *testing.T, r journal.Repository) {
	written := []journal.Entry{
		{Time: time.Unix(100, 0).UTC(), Kind: journal.DocumentExpired, Object: "d"},
		{
			Time: time.Unix(99, 0).UTC(), Kind: journal.AccountChanged, Object: "a",
			Actor:  journal.Actor{ID: "p", Address: "2001:db8::1", UserAgent: "Mozilla/5.0 (é)", Referer: "/documents/new"},
			Detail: journal.Detail{"before": "fr", "after": "en"},
		},
		{Time: time.Unix(101, 0).UTC(), Kind: journal.SignedOut, Object: "a"},
	}
	for _, entry := range written {
		if err := r.Append(t.Context(), entry); err != nil {
			t.Fatal(err)
		}
	}
	var read []journal.Entry
	for {
		last := int64(0)
		if len(read) > 0 {
			last = read[len(read)-1].Number
		}
		more, err := r.After(t.Context(), last, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(more) == 0 {
			break
		}
		for i, entry := range more {
			if entry.Number <= last || i >= 2 {
				t.Fatalf("line %d of a page has number %d after %d", i, entry.Number, last)
			}
			last = entry.Number
		}
		read = append(read, more...)
	}
	if diff := cmp.Diff(written, read, cmpopts.IgnoreFields(journal.Entry{}, "Number", "Hash"), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}
