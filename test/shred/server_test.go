package shred

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"voute.dev/voute/server/account"
	"voute.dev/voute/server/blob"
	"voute.dev/voute/server/config"
	"voute.dev/voute/server/document"
	"voute.dev/voute/server/journal"
	"voute.dev/voute/server/keys"
	"voute.dev/voute/server/letter"
	"voute.dev/voute/server/scan/memory"
	"voute.dev/voute/server/share"
	"voute.dev/voute/server/store"
)

const (
	pilotID  = "pilot"
	senderID = "sender"
)

// server is the sharing server on one directory, without its pages.
type server struct {
	*document.Service
	db    *store.DB
	blobs *blob.Volume
}

func open(t *testing.T, directory string, zone *time.Location, now func() time.Time, opened keys.Keys) *server {
	t.Helper()
	db, err := store.Open(t.Context(), directory)
	if err != nil {
		t.Fatal(err)
	}
	blobs, err := blob.NewVolume(filepath.Join(directory, "documents"))
	if err != nil {
		t.Fatal(err)
	}
	c := &config.Config{
		TimeZone: zone.String(), Address: "https://partage.justice.example", Retention: config.Retention{DefaultDays: 1, MinDays: 1, MaxDays: 90},
		Storage:      config.Storage{Directory: directory, QuotaBytes: 1 << 30, MaxDocumentBytes: 1 << 30},
		Organization: config.Organization{NameFr: "Ministère", NameEn: "Ministry"},
		Scanner:      config.Scanner{Deadline: config.Duration(time.Hour), Scans: 1, SpoolBytes: 1 << 30},
	}
	current := func() *config.Config { return c }
	s := &server{db: db, blobs: blobs}
	s.Service = &document.Service{
		Documents: store.Documents{DB: db}, Lists: store.Documents{DB: db}, Transfers: store.Transfers{DB: db}, Downloads: store.Documents{DB: db},
		Holds: store.Holds{DB: db}, Destructions: store.Destructions{DB: db}, Dues: store.Documents{DB: db},
		Accounts: store.Accounts{DB: db}, Journal: store.Journal{DB: db}, Outbox: store.Letters{DB: db}, Letters: letter.Writer{Config: current},
		Blobs: blobs, Keys: opened, Scanner: memory.New(1 << 20), Within: db.Within, Config: current,
		WakeScan: func() {}, WakeMail: func() {}, Now: now, Log: slog.New(slog.DiscardHandler),
	}
	s.Sharing = &share.Service{
		Shares: store.Sharings{DB: db}, Lists: store.Sharings{DB: db}, Ledger: store.Sharings{DB: db}, Documents: s.Service,
		Accounts: store.Accounts{DB: db}, Journal: store.Journal{DB: db}, Outbox: store.Letters{DB: db}, Letters: letter.Writer{Config: current},
		Within: db.Within, Config: current, WakeMail: func() {}, Now: now,
	}
	t.Cleanup(func() { s.close(t) })
	return s
}

func (s *server) close(t *testing.T) {
	t.Helper()
	if s.db == nil {
		return
	}
	if err := s.blobs.Close(); err != nil {
		t.Error(err)
	}
	if err := s.db.Close(); err != nil {
		t.Error(err)
	}
	s.db = nil
}

func (s *server) people(t *testing.T) {
	t.Helper()
	for _, id := range []string{pilotID, senderID} {
		if err := s.Accounts.Add(t.Context(), account.Account{ID: id, Email: id + "@justice.example", State: account.Active}); err != nil {
			t.Fatal(err)
		}
	}
}

var sender = journal.Actor{ID: senderID}

// upload takes a document in, and has it found clean.
func (s *server) upload(t *testing.T, content []byte, days int) string {
	t.Helper()
	d, err := s.Receive(t.Context(), sender, document.Upload{Name: "rapport.pdf", Days: days}, bytes.NewReader(content))
	if err == nil {
		err = s.Examine(t.Context(), d)
	}
	if err != nil {
		t.Fatal(err)
	}
	return d.ID
}

// read gives a document's bytes as its sender has them.
func (s *server) read(ctx context.Context, id string) ([]byte, error) {
	_, content, err := s.Open(ctx, sender, id, document.Part{})
	if err != nil {
		return nil, err
	}
	defer func() { _ = content.Close() }()
	return io.ReadAll(content)
}

func (s *server) mustRead(t *testing.T, id string, want []byte) {
	t.Helper()
	got, err := s.read(t.Context(), id)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("document %s reads as %d bytes, want %d (%v)", id, len(got), len(want), err)
	}
}

// find is what the database says.
func (s *server) find(t *testing.T, id string) document.Document {
	t.Helper()
	d, err := s.Documents.Find(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// copyOf is the backup of a directory.
func copyOf(t *testing.T, directory string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "backup")
	if err := os.CopyFS(to, os.DirFS(directory)); err != nil {
		t.Fatal(err)
	}
	return to
}
