// Package journaltest is the contract of journal.Repository.
package journaltest

import (
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
}

func readAsWritten(t *testing.T, r journal.Repository) {
	written := []journal.Entry{
		{Time: time.Unix(100, 0).UTC(), Kind: journal.DocumentExpired, Object: "d"},
		{
			Time: time.Unix(99, 0).UTC(), Kind: journal.AccountChanged, Object: "a",
			Actor:  journal.Actor{ID: "p", Address: "2001:db8::1", UserAgent: "Mozilla/5.0 (é)"},
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
	if diff := cmp.Diff(written, read, cmpopts.IgnoreFields(journal.Entry{}, "Number"), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}
