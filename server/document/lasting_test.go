package document_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"syscall"
	"testing"
	"time"

	"voute.dev/voute/server/account"
	"voute.dev/voute/server/blob"
	"voute.dev/voute/server/blob/fragile"
	"voute.dev/voute/server/config"
	"voute.dev/voute/server/document"
	"voute.dev/voute/server/journal"
	keysmemory "voute.dev/voute/server/keys/memory"
	"voute.dev/voute/server/seal"
	"voute.dev/voute/server/store"
)

var (
	sender = journal.Actor{ID: "a"}
	marker = []byte("MARQUEUR-EN-CLAIR-")
)

// inMemory is where the database lies: thousands of syncs of a disk would take
// minutes, and show nothing here.
const inMemory = "/dev/shm"

// machine is a server's documents on a disk that forgets. Its database is a real
// one, whose commits are durable by its own doing (synchronous FULL): when the
// power is cut, it is held to what it had committed.
type machine struct {
	t       *testing.T
	db      *store.DB
	folder  *fragile.Folder
	keys    *keysmemory.Keys
	service *document.Service
	full    func() bool // asked at the end of each transaction; may be nil
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	directory, err := os.MkdirTemp(inMemory, "voute-documents-")
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), directory)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(db.Close(), os.RemoveAll(directory)) })
	m := &machine{t: t, db: db, folder: fragile.New(), keys: keysmemory.New(time.UTC, time.Now)}
	m.must(store.Accounts{DB: db}.Add(t.Context(), account.Account{ID: "a", Email: "a", State: account.Active}))
	m.boot(m.folder)
	return m
}

func (m *machine) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

// boot starts a server on what the disk has.
func (m *machine) boot(folder *fragile.Folder) {
	m.t.Helper()
	m.folder = folder
	c := &config.Config{
		Retention: config.Retention{DefaultDays: 30, MinDays: 1, MaxDays: 90}, Storage: config.Storage{QuotaBytes: 1 << 40, MaxDocumentBytes: 1 << 40},
	}
	documents := store.Documents{DB: m.db}
	m.service = &document.Service{
		Documents: documents, Lists: documents, Sharing: nobody{}, Transfers: store.Transfers{DB: m.db},
		Accounts: store.Accounts{DB: m.db}, Journal: store.Journal{DB: m.db}, Blobs: blob.Over(folder), Keys: m.keys,
		Destructions: store.Destructions{DB: m.db}, Within: m.within, Config: func() *config.Config { return c }, WakeScan: func() {}, WakeMail: func() {},
		Now: time.Now, Log: slog.New(slog.DiscardHandler),
	}
	m.must(m.service.Recover(m.t.Context()))
}

// within commits nothing once the power is off.
func (m *machine) within(ctx context.Context, f func(context.Context) error) error {
	return m.db.Within(ctx, func(ctx context.Context) error {
		err := f(ctx)
		if m.folder.Off() {
			err = errors.Join(err, fragile.ErrOff)
		}
		if m.full != nil && m.full() {
			err = errors.Join(err, syscall.ENOSPC)
		}
		return err
	})
}

// upload is one that a client sends.
type upload struct {
	id      string
	content []byte
	acked   int64
	arrived bool
}

func (m *machine) begin(random *rand.Rand, size int64) *upload {
	m.t.Helper()
	u := &upload{content: bytes.Repeat(marker, int(size)/len(marker)+1)[:size]}
	for range size / 1000 {
		u.content[random.Int64N(size)] = byte(random.Uint32())
	}
	t, err := m.service.Begin(m.t.Context(), sender, document.Upload{Name: "a", Expected: size}, "")
	m.must(err)
	u.id = t.Document
	return u
}

// send sends what a client would: on from where the server says it is.
func (m *machine) send(u *upload, random *rand.Rand, most int64) error {
	lease, err := m.service.Seize(m.t.Context(), sender.ID, u.id)
	if err != nil {
		return err
	}
	defer lease.Release()
	status, err := lease.Status(sender)
	if err != nil {
		return err
	}
	at := status.Transfer.Progress.Offset
	if at < u.acked {
		m.t.Fatalf("%d bytes were acknowledged, and %d are there", u.acked, at)
	}
	if u.arrived = status.Arrived; u.arrived {
		return nil
	}
	n := min(int64(len(u.content))-at, 1+random.Int64N(most))
	chunk := document.Chunk{Offset: at, Body: io.NewSectionReader(bytes.NewReader(u.content), at, n)}
	if random.IntN(4) == 0 {
		sum := sha256.Sum256(u.content[at : at+n])
		chunk.Digest, chunk.Sum = sha256.New(), sum[:]
	}
	status, err = lease.Append(sender, chunk)
	if err != nil {
		return err
	}
	if u.acked = status.Transfer.Progress.Offset; u.acked != at+n {
		m.t.Fatalf("%d bytes at %d are answered with %d", n, at, u.acked)
	}
	u.arrived = status.Arrived
	return nil
}

// check reads the document back, and its hash.
func (m *machine) check(u *upload) {
	m.t.Helper()
	d, err := m.service.Documents.Find(m.t.Context(), u.id)
	m.must(err)
	key, err := m.keys.Open(m.t.Context(), d.Bucket, d.WrappedKey)
	m.must(err)
	from, err := m.service.Blobs.Open(m.t.Context(), d.Blob)
	m.must(err)
	r, err := seal.NewReader(from, from.Size(), key, d.ID)
	m.must(err)
	defer func() { _ = r.Close() }()
	got, err := io.ReadAll(r)
	sum := sha256.Sum256(u.content)
	if err != nil || !bytes.Equal(got, u.content) || d.SHA256 != hex.EncodeToString(sum[:]) || d.State != document.Scanning || d.Reserved != 0 {
		m.t.Fatalf("document %s has %d bytes of %d, state %s, hash %s (error %v)", d.ID, len(got), len(u.content), d.State, d.SHA256, err)
	}
	if m.folder.Holds(func(content []byte) bool { return bytes.Contains(content, marker) }) {
		m.t.Fatal("the disk holds plain bytes")
	}
}

// sizes of chunks: from a byte to several segments.
func most(random *rand.Rand) int64 { return 1 << (1 + random.IntN(22)) }

// TestPowerLoss cuts the power in the middle of whatever the disk is asked, and
// lets it forget what was not synced: no acknowledged byte is among that, and
// every document arrives whole.
func TestPowerLoss(t *testing.T) {
	document.CheckpointEvery(t, 2*seal.SegmentSize)
	cuts := 200
	if os.Getenv("VOUTE_SOAK") != "" {
		cuts = 20_000
	}
	random, whole := rand.New(rand.NewPCG(6, 1)), 0
	m := newMachine(t)
	var open []*upload
	for cuts > 0 {
		for len(open) < 3 {
			open = append(open, m.begin(random, 1+random.Int64N(5<<20)))
		}
		m.folder.CutAfter(1 + random.IntN(30))
		for !m.folder.Off() {
			u := open[random.IntN(len(open))]
			if err := m.send(u, random, most(random)); err != nil && !errors.Is(err, fragile.ErrOff) {
				t.Fatal(err)
			}
			if u.arrived && len(open) > 1 {
				break
			}
		}
		m.folder.Cut()
		m.boot(m.folder.Restart(random))
		cuts--
		left := open[:0]
		for _, u := range open {
			if u.arrived {
				m.check(u)
				m.must(m.service.Delete(t.Context(), sender, u.id)) // a disk that only fills is one that only gets slower
				whole++
				continue
			}
			left = append(left, u)
		}
		open = left
	}
	for _, u := range open {
		for !u.arrived {
			m.must(m.send(u, random, 1<<20))
		}
		m.check(u)
	}
	t.Logf("%d documents are whole", whole+len(open))
	if whole == 0 {
		t.Error("no document arrived between the cuts")
	}
}

// TestFullDisk lets each operation of the volume that takes room fail in its
// turn, and each transaction of the database, and then every n-th: nothing
// acknowledged is lost, and with room again the document arrives.
func TestFullDisk(t *testing.T) {
	document.CheckpointEvery(t, 2*seal.SegmentSize)
	for name, full := range map[string]func(*machine, func() bool){
		"volume":   func(m *machine, full func() bool) { m.folder.Full = full },
		"database": func(m *machine, full func() bool) { m.full = full },
	} {
		for n := 1; fullDisk(t, full, func(count int) bool { return count == n }) > 0; n++ {
			if n > 1000 {
				t.Fatalf("%s: it never stops being full", name)
			}
		}
		for _, n := range []int{3, 4, 5, 7, 11, 17, 29} {
			fullDisk(t, full, func(count int) bool { return count%n == 0 })
		}
	}
}

// fullDisk sends a document to a machine on which some operations find no room,
// and tells how often that was answered.
func fullDisk(t *testing.T, full func(*machine, func() bool), fails func(count int) bool) (failed int) {
	t.Helper()
	random := rand.New(rand.NewPCG(6, 2))
	m := newMachine(t)
	u := m.begin(random, 4<<20+12345)
	count := 0
	full(m, func() bool { count++; return fails(count) })
	for tries := 0; !u.arrived; tries++ {
		if err := m.send(u, random, 3<<20); errors.Is(err, syscall.ENOSPC) {
			failed++
		} else if err != nil {
			t.Fatalf("full at %d: %v", count, err)
		}
		if tries > 1000 {
			full(m, nil) // as when somebody makes room
		}
	}
	m.check(u)
	return failed
}

// TestLostBytesEndAnUpload: a volume that does not have what the database counts
// on is told to the sender, not tried for ever.
func TestLostBytesEndAnUpload(t *testing.T) {
	random := rand.New(rand.NewPCG(6, 3))
	for name, lose := range map[string]func(m *machine, u *upload){
		"part": func(m *machine, u *upload) { m.must(m.folder.Remove(u.id + ".part")) },
		"tail": func(m *machine, u *upload) {
			t, err := m.service.Transfers.Find(m.t.Context(), u.id)
			m.must(err)
			from := t.Progress.Offset
			t.Progress.Tail = t.Progress.Tail[:0]
			m.must(m.service.Transfers.Advance(m.t.Context(), t, from))
		},
	} {
		m := newMachine(t)
		u := m.begin(random, 3<<20)
		for u.acked <= 1<<20 || u.acked%(1<<20) == 0 {
			m.must(m.send(u, random, 300_000))
		}
		lose(m, u)
		if err := m.send(u, random, 1000); !errors.Is(err, document.ErrOver) {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
}

// slow is a body whose every byte takes its time.
type slow struct {
	io.Reader
	then func()
}

func (s slow) Read(p []byte) (int, error) {
	s.then()
	return s.Reader.Read(p[:min(len(p), 100_000)])
}

// TestASlowLineIsSavedInBetween: a server that is killed loses a minute of it.
func TestASlowLineIsSavedInBetween(t *testing.T) {
	m := newMachine(t)
	now := time.Now()
	m.service.Now = func() time.Time { return now }
	u := m.begin(rand.New(rand.NewPCG(6, 4)), 5<<20)
	lease, err := m.service.Seize(t.Context(), sender.ID, u.id)
	m.must(err)
	saved := map[int64]bool{}
	body := slow{bytes.NewReader(u.content), func() {
		now = now.Add(3 * time.Second)
		seen, err := m.service.Transfers.Find(t.Context(), u.id)
		m.must(err)
		saved[seen.Progress.Offset] = true
	}}
	_, err = lease.Append(sender, document.Chunk{Body: body})
	m.must(err)
	lease.Release()
	m.check(u)
	if len(saved) < 2 || saved[5<<20] {
		t.Errorf("it was saved at %v", saved)
	}
}

// nobody is whom these documents are shared with.
type nobody struct{ document.Sharing }

func (nobody) Offer(context.Context, journal.Actor, document.Document, []string) error { return nil }
