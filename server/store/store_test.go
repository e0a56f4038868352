package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"voute.dev/voute/server/account"
	"voute.dev/voute/server/account/accounttest"
	"voute.dev/voute/server/document"
	"voute.dev/voute/server/document/documenttest"
	"voute.dev/voute/server/journal"
	"voute.dev/voute/server/journal/journaltest"
	"voute.dev/voute/server/outbox"
	"voute.dev/voute/server/outbox/outboxtest"
	"voute.dev/voute/server/room"
	"voute.dev/voute/server/room/roomtest"
	"voute.dev/voute/server/session"
	"voute.dev/voute/server/session/sessiontest"
	"voute.dev/voute/server/share"
	"voute.dev/voute/server/share/sharetest"
)

func open(t *testing.T, people ...string) *DB {
	t.Helper()
	return openIn(t, t.TempDir(), people...)
}

func openIn(t *testing.T, directory string, people ...string) *DB {
	t.Helper()
	db, err := Open(t.Context(), directory)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, id := range people {
		if err := (Accounts{db}).Add(t.Context(), account.Account{ID: id, Email: id, State: account.Active}); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

func TestContracts(t *testing.T) {
	t.Run("accounts", func(t *testing.T) {
		accounttest.Contract(t, func(t *testing.T) account.Repository { return Accounts{open(t)} })
	})
	t.Run("sessions", func(t *testing.T) {
		sessiontest.Contract(t, func(t *testing.T) session.Repository { return Sessions{open(t, "a", "b")} })
	})
	t.Run("documents", func(t *testing.T) {
		documenttest.Contract(t, func(t *testing.T) documenttest.Subject {
			db := open(t, "a", "b", "c")
			return documenttest.Subject{
				Documents: Documents{db}, Lists: Documents{db}, Transfers: Transfers{db},
				Holds: Holds{db}, Destructions: Destructions{db}, Dues: Documents{db},
				Share: func(id, account string) error {
					return Sharings{db}.Add(t.Context(), share.Share{ID: id, Owner: "a", Documents: []string{id}, Recipients: []share.Recipient{{Account: account}}})
				},
			}
		})
	})
	t.Run("shares", func(t *testing.T) {
		sharetest.Contract(t, func(t *testing.T) sharetest.Subject {
			db := open(t, "a", "b", "c")
			return sharetest.Subject{Shares: Sharings{db}, Lists: Sharings{db}, Ledger: Sharings{db}, Documents: Documents{db}}
		})
	})
	t.Run("room", func(t *testing.T) {
		roomtest.Contract(t, func(t *testing.T) room.Repository { return Room{open(t)} })
	})
	t.Run("letters", func(t *testing.T) {
		outboxtest.Contract(t, func(t *testing.T) outbox.Repository { return Letters{open(t, "a")} })
	})
	t.Run("journal", func(t *testing.T) {
		journaltest.Contract(t, func(t *testing.T) journal.Repository { return Journal{open(t)} })
	})
}

// TestFullDisk: a database that cannot grow says so as a file would, and keeps
// what it had.
func TestFullDisk(t *testing.T) {
	db := open(t, "a")
	if _, err := db.write.ExecContext(t.Context(), "PRAGMA max_page_count = 1"); err != nil { // it stays as large as it is
		t.Fatal(err)
	}
	d := document.Document{ID: "1", Owner: "a", Name: strings.Repeat("x", 1<<20), State: document.Receiving}
	err := db.Within(t.Context(), func(ctx context.Context) error { return Documents{db}.Add(ctx, d) })
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("the error is %v", err)
	}
	if _, err := (Documents{db}).Find(t.Context(), "1"); !errors.Is(err, document.ErrNotFound) {
		t.Errorf("half of it is there: %v", err)
	}
}

var errOnPurpose = errors.New("on purpose")

func TestWithinIsAllOrNothing(t *testing.T) {
	db := open(t)
	err := db.Within(t.Context(), func(ctx context.Context) error {
		if err := (Accounts{db}).Add(ctx, account.Account{ID: "a", Email: "a"}); err != nil {
			return err
		}
		return db.Within(ctx, func(ctx context.Context) error { // part of the same
			if _, err := (Accounts{db}).ByID(ctx, "a"); err != nil {
				t.Errorf("a transaction does not see what it wrote: %v", err)
			}
			return errOnPurpose
		})
	})
	if !errors.Is(err, errOnPurpose) {
		t.Fatal(err)
	}
	if _, err := (Accounts{db}).ByID(t.Context(), "a"); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("after a failure: %v", err)
	}
}

// TestWritersWaitForOneAnother counts up in many transactions side by side.
func TestWritersWaitForOneAnother(t *testing.T) {
	db := open(t, "a")
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			err := db.Within(t.Context(), func(ctx context.Context) error {
				a, err := Accounts{db}.ByID(ctx, "a")
				if err != nil {
					return err
				}
				a.Name += "x"
				return Accounts{db}.Save(ctx, a)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if a, err := (Accounts{db}).ByID(t.Context(), "a"); err != nil || len(a.Name) != 50 {
		t.Errorf("%d of 50 changes are there (%v)", len(a.Name), err)
	}
}

func TestTheJournalIsAppendOnly(t *testing.T) {
	db := open(t)
	if err := (Journal{db}).Append(t.Context(), journal.Entry{Kind: journal.SignedIn}); err != nil {
		t.Fatal(err)
	}
	if err := (Journal{db}).Append(t.Context(), journal.Entry{Time: time.Unix(1, 0), Kind: journal.SignedOut}); err != nil {
		t.Fatal(err)
	}
	if removed, err := (Journal{db}).Cut(t.Context(), time.Unix(1, 0), 9); err != nil || removed != 1 {
		t.Fatalf("%d lines are removed (%v)", removed, err)
	}
	for _, statement := range []string{
		"UPDATE journal SET kind = 'x'", "UPDATE journal SET hash = NULL", "DELETE FROM journal", "DELETE FROM journal_anchor",
		"UPDATE journal_anchor SET number = 0", "UPDATE journal_anchor SET number = 1", "UPDATE journal_anchor SET number = 3",
		"UPDATE journal_anchor SET number = 2", // with a hash that is not that line's
		"INSERT OR REPLACE INTO journal_anchor VALUES (1, 2, x'00')", "INSERT INTO journal_anchor VALUES (2, 2, x'00')",
	} {
		if _, err := db.exec(t.Context(), statement); err == nil {
			t.Errorf("%s is allowed", statement)
		}
	}
}

// TestLinesOfAnEarlierVersion carry no hash, before and after the first that
// does; whoever changes one is found by the next line that has one.
func TestLinesOfAnEarlierVersion(t *testing.T) {
	directory := t.TempDir()
	mustServe(t, directory, earlier(t))
	mustServe(t, directory, earlier(t))
	mustServe(t, directory, shipped)
	mustServe(t, directory, earlier(t))
	db := openIn(t, directory)
	verify := func() (journal.Found, error) {
		return journal.Verify(journal.Anchor{}, journal.Lines(t.Context(), Journal{db}, 0))
	}
	if found, err := verify(); err != nil || found.Lines != 4 || found.Bare != 3 || found.Loose != 1 {
		t.Errorf("%+v (%v)", found, err)
	}
	if err := (Journal{db}).Append(t.Context(), journal.Entry{Kind: journal.SignedIn}); err != nil {
		t.Fatal(err)
	}
	if found, err := verify(); err != nil || found.Bare != 3 || found.Loose != 0 {
		t.Errorf("%+v (%v)", found, err)
	}
	for _, statement := range []string{"DROP TRIGGER journal_is_not_changed", "UPDATE journal SET actor = 'x' WHERE number = 4"} {
		if _, err := db.exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	var broken *journal.BrokenError
	if _, err := verify(); !errors.As(err, &broken) || broken.Number != 5 {
		t.Errorf("a changed line is found as %v", err)
	}
}

func TestOneServerADirectory(t *testing.T) {
	directory := t.TempDir()
	openIn(t, directory)
	if second, err := Open(t.Context(), directory); err == nil {
		t.Errorf("a second server opens the directory: %v", second.Close())
	}
}

func TestFilesAreForNobodyElse(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "data")
	openIn(t, directory, "a")
	for name, want := range map[string]os.FileMode{".": 0o700, File: 0o600, File + "-wal": 0o600, File + "-shm": 0o600, "lock": 0o600} {
		info, err := os.Stat(filepath.Join(directory, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %o, want %o", name, info.Mode().Perm(), want)
		}
	}
}

func TestSettings(t *testing.T) {
	db := open(t)
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "secure_delete": "1", "busy_timeout": "10000"} {
		var got string
		if err := db.write.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %s (%v), want %s", pragma, got, err, want)
		}
	}
	if _, err := db.read.ExecContext(t.Context(), "DELETE FROM sessions"); err == nil {
		t.Error("a reading connection writes")
	}
}

// TestUsageIsReadFromAnIndex and not from all the documents there ever were.
func TestUsageIsReadFromAnIndex(t *testing.T) {
	db := open(t)
	var id, parent, unused int
	var plan string
	err := db.read.QueryRowContext(t.Context(), "EXPLAIN QUERY PLAN "+usageQuery).Scan(&id, &parent, &unused, &plan)
	if err != nil || !strings.Contains(plan, "USING COVERING INDEX documents_room") {
		t.Errorf("the plan is %q (%v)", plan, err)
	}
}
