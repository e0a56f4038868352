package shred

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"voute.dev/voute/internal/buckets"
	"voute.dev/voute/internal/vault"
	"voute.dev/voute/server/document"
	"voute.dev/voute/server/journal"
	"voute.dev/voute/server/keys"
)

const day = 24 * time.Hour

// marker stands in every document, so that it can be searched for.
var marker = []byte("TRÈS SECRET 8f1c")

func secret(n int) []byte {
	return bytes.Repeat(append(append([]byte{}, marker...), byte('0'+n)), 50_000)
}

// scene is what the proof is about.
type scene struct {
	*platform
	zone    *time.Location
	started time.Time
	now     time.Time

	expired, alive, held string // ids of documents
	dying, later         string // buckets
	directory, backup    string
}

func (s *scene) clock() time.Time { return s.now }

// TestWhatExpiredIsGoneFromBackupsToo is the proof.
func TestWhatExpiredIsGoneFromBackupsToo(t *testing.T) {
	zone, err := time.LoadLocation("America/Toronto")
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{platform: newPlatform(t), zone: zone, started: time.Now().Truncate(time.Second), directory: filepath.Join(t.TempDir(), "data")}
	s.now = s.started
	s.live(t)
	s.closeBuckets(t)
	s.restore(t)
}

// live has three documents, one of them under legal hold, and a backup; then the
// first expires.
func (s *scene) live(t *testing.T) {
	server := open(t, s.directory, s.zone, s.clock, s.serverKeys(t, s.zone, s.clock))
	server.people(t)
	s.expired, s.alive, s.held = server.upload(t, secret(1), 1), server.upload(t, secret(2), 20), server.upload(t, secret(3), 1)
	if err := server.Place(t.Context(), journal.Actor{ID: pilotID}, s.held, "Litige 2026-14"); err != nil {
		t.Fatal(err)
	}
	for i, id := range []string{s.expired, s.alive, s.held} {
		server.mustRead(t, id, secret(i+1))
	}
	s.dying, s.later = server.find(t, s.expired).Bucket, server.find(t, s.alive).Bucket
	s.backup = copyOf(t, s.directory)
	plainIn(t, s.directory, s.backup)
	server.close(t)
}

// closeBuckets: the operator deletes the key of the day that is over, not before
// the server has said that nothing is left in it.
func (s *scene) closeBuckets(t *testing.T) {
	s.now = s.started.Add(2*day + 12*time.Hour)
	server := open(t, s.directory, s.zone, s.clock, s.serverKeys(t, s.zone, s.clock))
	operator, place := s.operator(t), buckets.Place{First: buckets.Name(s.started, s.zone), Delay: buckets.Delay("justice/justice-production")}
	rules := buckets.Rules{Zone: s.zone, Wait: 7}

	s.mustCarry(t, operator, buckets.Decide(place, buckets.State{}, wordOf(t, server), rules, s.now))
	if left := s.Keys(t, prefix); !slices.Contains(left, prefix+"."+s.dying) {
		t.Fatalf("the key of %s went before the server had swept: %v are left", s.dying, left)
	}
	if err := server.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d := server.find(t, s.expired); d.State != document.Shredded || d.WrappedKey != "" {
		t.Fatalf("swept, it is %+v", d)
	}
	done := s.mustCarry(t, operator, buckets.Decide(place, buckets.State{}, wordOf(t, server), rules, s.now))
	if !slices.Contains(done.Deleted, s.dying) || len(done.Forced) != 0 || done.Through < s.dying {
		t.Fatalf("the operator has done %+v", done)
	}
	want := []string{prefix + "." + s.later, prefix + "." + keys.Hold}
	if left := s.Keys(t, prefix); !slices.Equal(left, want) {
		t.Fatalf("the keys left are %v, want %v", left, want)
	}
	// What is not over goes on, the one under hold too.
	server.mustRead(t, s.alive, secret(2))
	if d := server.find(t, s.held); !d.Held() || d.State != document.Available {
		t.Errorf("under hold, it is %+v", d)
	}
	server.close(t)
}

func (s *scene) mustCarry(t *testing.T, operator vault.Keeper, plan buckets.Plan) buckets.Done {
	t.Helper()
	done, err := buckets.Carry(t.Context(), operator, prefix, plan)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// wordOf is what the server's report tells the operator.
func wordOf(t *testing.T, server *server) buckets.Word {
	t.Helper()
	due, err := server.Dues.Due(t.Context(), server.Now())
	if err != nil {
		t.Fatal(err)
	}
	swept := server.LastSweep()
	return buckets.Word{Told: !swept.IsZero(), Earliest: due.EarliestBucket, Swept: swept}
}

// restore puts the backup back, with the server's identity and the clock of then.
func (s *scene) restore(t *testing.T) {
	s.now = s.started
	own := s.serverKeys(t, s.zone, s.clock)
	server := open(t, s.backup, s.zone, s.clock, own)
	gone := server.find(t, s.expired)
	if gone.State != document.Available || gone.WrappedKey == "" || gone.Blob == "" {
		t.Fatalf("the backup has lost what it is to be about: %+v", gone)
	}
	if _, err := server.read(t.Context(), s.expired); !errors.Is(err, document.ErrKey) {
		t.Errorf("what expired is opened with %v", err)
	}
	for _, bucket := range []string{s.dying, s.later, keys.Hold} {
		if plain, err := own.Open(t.Context(), bucket, gone.WrappedKey); err == nil {
			t.Errorf("its key opens under %s: %d bytes", bucket, len(plain))
		}
		if _, err := own.Move(t.Context(), s.dying, gone.WrappedKey, bucket); err == nil {
			t.Errorf("its key moves to %s", bucket)
		}
	}
	s.tryEverything(t, gone.WrappedKey)

	server.mustRead(t, s.alive, secret(2))
	server.mustRead(t, s.held, secret(3))
	s.now = s.started.Add(3 * day)
	server.mustRead(t, s.alive, secret(2))
	if _, err := server.read(t.Context(), s.held); !errors.Is(err, document.ErrNotReady) {
		t.Errorf("under hold, and over: it is opened with %v", err)
	}
	if _, err := server.Release(t.Context(), journal.Actor{ID: pilotID}, s.held); err != nil {
		t.Fatal(err)
	}
	server.mustRead(t, s.held, secret(3))
}

// tryEverything goes through all that a server's identity may do in Vault, and
// what it may not, with the wrapped key of a document whose bucket is closed.
func (s *scene) tryEverything(t *testing.T, wrapped string) {
	t.Helper()
	token, closed := s.signedIn(t), prefix+"."+s.dying
	ciphertext := map[string]any{"ciphertext": wrapped}
	refused := func(when string, want int, method, path string, body any) {
		t.Helper()
		if status := s.Do(t, token, method, path, body, nil); status != want {
			t.Errorf("%s: %s %s is answered %d, want %d", when, method, path, status, want)
		}
	}
	refused("opened", http.StatusBadRequest, http.MethodPost, "transit/decrypt/"+closed, ciphertext)
	for name, body := range map[string]any{"rewrap": ciphertext, "restore": map[string]string{"backup": "x"}} {
		refused("wrapped anew", http.StatusForbidden, http.MethodPost, "transit/"+name+"/"+closed, body)
	}
	for _, path := range []string{"transit/keys/" + closed, "transit/export/encryption-key/" + closed, "transit/backup/" + closed} {
		refused("taken out", http.StatusForbidden, http.MethodGet, path, nil)
	}
	// It may bring a key of that name to life: another one.
	s.bringToLife(t, token, closed)
	refused("opened with a key of the same name", http.StatusBadRequest, http.MethodPost, "transit/decrypt/"+closed, ciphertext)
	for version := 1; version <= 3; version++ {
		other := bytes.Replace([]byte(wrapped), []byte("vault:v1:"), []byte{'v', 'a', 'u', 'l', 't', ':', 'v', byte('0' + version), ':'}, 1)
		refused("as of another version", http.StatusBadRequest, http.MethodPost, "transit/decrypt/"+closed, map[string]any{"ciphertext": string(other)})
	}
	s.closesAgain(t, closed)
}

func (s *scene) bringToLife(t *testing.T, token, name string) {
	t.Helper()
	body := map[string]string{"plaintext": base64.StdEncoding.EncodeToString([]byte("x")), "type": "aes256-gcm96"}
	if status := s.Do(t, token, http.MethodPost, "transit/encrypt/"+name, body, nil); status != http.StatusOK {
		t.Fatalf("the server is refused to encrypt: %d", status)
	}
}

// closesAgain: the operator finds the key that came to life again, days later.
func (s *scene) closesAgain(t *testing.T, name string) {
	t.Helper()
	over, err := time.ParseInLocation(time.DateOnly, s.dying, s.zone)
	if err != nil {
		t.Fatal(err)
	}
	place := buckets.Place{First: buckets.Name(s.started, s.zone), Delay: buckets.Delay("justice/justice-production")}
	now := over.AddDate(0, 0, 3).Add(8 * time.Hour)
	plan := buckets.Decide(place, buckets.State{Through: over.AddDate(0, 0, 1).Format(time.DateOnly)},
		buckets.Word{Told: true, Swept: now}, buckets.Rules{Zone: s.zone, Wait: 7}, now)
	if done := s.mustCarry(t, s.operator(t), plan); !slices.Contains(done.Reborn, s.dying) || slices.Contains(s.Keys(t, prefix), name) {
		t.Errorf("two days later the operator has done %+v", done)
	}
}

// plainIn fails when a document's text is anywhere on a disk.
func plainIn(t *testing.T, directories ...string) {
	t.Helper()
	for _, directory := range directories {
		err := filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := os.ReadFile(path)
			if bytes.Contains(content, marker) {
				t.Errorf("%s holds a document in plain", path)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}
