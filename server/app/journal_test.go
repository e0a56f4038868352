package app

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"voute.dev/voute/server/config"
	"voute.dev/voute/server/journal"
	"voute.dev/voute/server/store"
)

// lines are all of the journal's.
func (w *world) lines() (all []journal.Entry) {
	w.t.Helper()
	for line, err := range journal.Lines(context.Background(), store.Journal{DB: w.app.db}, 0) {
		w.must(err)
		all = append(all, line)
	}
	return all
}

// line is the last one of a kind.
func (w *world) line(kind journal.Kind) (last journal.Entry) {
	w.t.Helper()
	for _, line := range w.lines() {
		if line.Kind == kind {
			last = line
		}
	}
	return last
}

// verified is what voute-server journal verify says.
func (w *world) verified() (string, error) {
	w.t.Helper()
	var out bytes.Buffer
	err := VerifyJournal(w.t.Context(), w.file, &out)
	return out.String(), err
}

func TestJournalTellsWhoWhenWhereFromAndWhat(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	pilot.header.Set("User-Agent", "Navigateur/1.0")
	pilot.header.Set("Referer", publicAddress+"/documents/new?lang=fr")
	path := pilot.deliver(noise(10))
	got := w.line(journal.DocumentReceived)
	want := journal.Actor{ID: w.account(pilotEmail).ID, Address: "127.0.0.1", UserAgent: "Navigateur/1.0", Referer: "/documents/new"}
	if got.Actor != want || !got.Time.Equal(w.clock.Now().Truncate(time.Millisecond)) || got.Object != strings.TrimPrefix(path, "/documents/") ||
		got.Detail["before"] != "receiving" || got.Detail["after"] != "scanning" {
		t.Errorf("the line is %+v", got)
	}
	for referer, kept := range map[string]string{
		"https://elsewhere.test/secret?x=1":  "https://elsewhere.test",
		publicAddress + "/invitation/SECRET": "/invitation",
		"//":                                 "", "%zz": "",
	} {
		pilot.header.Set("Referer", referer)
		pilot.get(path+"/content").expect(t, http.StatusOK, "")
		if got := w.line(journal.DocumentDownloaded).Actor.Referer; got != kept {
			t.Errorf("of %s %q is kept, want %q", referer, got, kept)
		}
	}
}

// TestJournalIsVerified while the server runs, and a changed line is named.
func TestJournalIsVerified(t *testing.T) {
	w := newWorld(t)
	w.pilot().deliver(noise(10))
	text, err := w.verified()
	if count := len(w.lines()); err != nil || !strings.Contains(text, "The journal holds: ") || !strings.Contains(text, w.lines()[count-1].Hash.String()) {
		t.Fatalf("%s (%v)", text, err)
	}
	w.stop()
	change(t, w.directory, "DROP TRIGGER journal_is_not_changed", "UPDATE journal SET actor = 'somebody else' WHERE number = 3")
	w.start()
	var broken *journal.BrokenError
	if _, err := w.verified(); !errors.As(err, &broken) || broken.Number != 3 {
		t.Errorf("a changed line is found as %v", err)
	}
}

// TestJournalHasItsOwnRetention: the oldest lines go, and the chain goes on.
func TestJournalHasItsOwnRetention(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	pilot.deliver(noise(10))
	old := len(w.lines())
	w.clock.forward(100 * 24 * time.Hour)
	w.must(w.app.trimJournal(t.Context()))
	if len(w.lines()) != old {
		t.Error("lines are removed though all are to be kept")
	}
	w.reconfigure(func(c *config.Config) { c.Retention.JournalDays = c.Retention.MaxDays })
	young := len(w.lines()) - old
	for range 2 {
		w.must(w.app.trimJournal(t.Context()))
	}
	if lines := w.lines(); len(lines) != young+1 || lines[len(lines)-1].Kind != journal.JournalTrimmed {
		t.Errorf("%d lines are left, want %d and one that tells", len(lines), young)
	}
	if text, err := w.verified(); err != nil {
		t.Errorf("%s (%v)", text, err)
	}
}

// change works on the database of a server that is stopped, as somebody would
// who has the volume.
func change(t *testing.T, directory string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(directory, store.File))
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
