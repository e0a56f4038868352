package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "modernc.org/sqlite" // reads a stolen database
)

// documentSize is that of the journey's document: 100 MB.
const documentSize = 100_000_000

// tmpfsMagic is the type of a file system in memory, of statfs(2).
const tmpfsMagic = 0x01021994

// marker is what no disk may show; it stands in the document many times.
const marker = "MARQUEUR-DU-TEXTE-CLAIR-0f1e2d3c4b5a"

// document gives random bytes with the marker every million bytes, and the
// SHA-256 of what was read.
type document struct {
	io.Reader
	sum hash.Hash
}

func newDocument(size int64) *document {
	sum := sha256.New()
	return &document{Reader: io.TeeReader(&marked{left: size}, sum), sum: sum}
}

type marked struct{ left, given int64 }

func (m *marked) Read(p []byte) (int, error) {
	if m.left == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), m.left))
	if _, err := rand.Read(p[:n]); err != nil {
		return 0, err
	}
	if n > len(marker) && m.given/1_000_000 != (m.given+int64(n))/1_000_000 {
		copy(p[:n], marker)
	}
	m.left, m.given = m.left-int64(n), m.given+int64(n)
	return n, nil
}

// TestDocumentJourney is the product's main job: a pilot invited by mail makes
// two users; one sends the other 100 MB, who receives the identical bytes.
func TestDocumentJourney(t *testing.T) {
	t.Parallel()
	client := newReadyTenant(t, "parcours")
	pilot := client.pilotSignedIn()
	checkOnlyCookie(t, pilot)
	sender, recipient := client.userSignedIn(pilot, "Alice"), client.userSignedIn(pilot, "Robert")

	since, sent := time.Now(), newDocument(documentSize)
	uploaded := sender.upload("budget été.bin", sent, recipient.email)
	if uploaded.status != http.StatusOK || !strings.HasPrefix(uploaded.url.Path, "/documents/") {
		t.Fatalf("after the upload: at %s with status %d:\n%s", uploaded.url, uploaded.status, readable(uploaded.body))
	}
	path := uploaded.url.Path
	sender.waitForState(path, "available")

	link := cluster.waitForLink(t, recipient.email, since, client.address()+"/documents/")
	if link != client.address()+path {
		t.Errorf("the notice leads to %s, want %s", link, client.address()+path)
	}
	got := sha256.New()
	response := recipient.download(path, got)
	if !bytes.Equal(got.Sum(nil), sent.sum.Sum(nil)) {
		t.Errorf("received bytes with SHA-256 %x, sent %x", got.Sum(nil), sent.sum.Sum(nil))
	}
	if disposition := response.Header.Get("Content-Disposition"); !strings.HasPrefix(disposition, "attachment") {
		t.Errorf("Content-Disposition %q, want an attachment", disposition)
	}
	sender.mustSee(sender.get(path), http.StatusOK, hex.EncodeToString(sent.sum.Sum(nil)))

	t.Run("a stranger sees nothing", func(t *testing.T) { checkStranger(t, client, pilot, path) })
	t.Run("used moves in the table", func(t *testing.T) { checkUsed(t, client) })
	t.Run("no plaintext at rest", func(t *testing.T) { checkNoPlaintext(t, client) })
	t.Run("no key but wrapped ones", func(t *testing.T) { checkOnlyWrappedKeys(t, client) })
}

// checkOnlyCookie wants the one cookie of the service card and no other.
func checkOnlyCookie(t *testing.T, p *person) {
	page := p.get("/")
	cookies := p.http.Jar.Cookies(page.url)
	if len(cookies) != 1 || cookies[0].Name != "session_id" {
		t.Errorf("cookies %v, want session_id alone", cookies)
	}
}

func checkStranger(t *testing.T, client *tenant, pilot *person, path string) {
	stranger := client.userSignedIn(pilot, "Eve")
	for _, where := range []string{path, path + "/content"} {
		if got := stranger.get(where); got.status != http.StatusNotFound {
			t.Errorf("%s: status %d for a user it was not shared with, want 404", where, got.status)
		}
	}
}

func checkUsed(t *testing.T, client *tenant) {
	eventually(t, 2*time.Minute, "USED shows the upload", func(ctx context.Context) error {
		got, err := client.get(ctx)
		if err != nil {
			return err
		}
		environment := got.Status.Environments[0]
		if environment.Used == nil || environment.Used.Value() != documentSize {
			return fmt.Errorf("used is %v, want %d", environment.Used, documentSize)
		}
		return nil
	})
	if table := cluster.kubectl(t, "", "get", "stn", "-n", client.name); !strings.Contains(table, " 100M ") {
		t.Errorf("no 100M in\n%s", table)
	}
}

// volume is where the production volume lies on this machine.
func (n *tenant) volume() string {
	n.t.Helper()
	return cluster.local(n.t, "volume", n.name+"/"+n.name+"-production")
}

// findInFiles names the files below a folder that hold one of the texts.
func findInFiles(t *testing.T, root string, texts ...[]byte) (found []string, bytesRead int64) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && !entry.Type().IsRegular() {
			return nil // what is being scanned goes away meanwhile
		}
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		bytesRead += int64(len(content))
		for _, text := range texts {
			if bytes.Contains(content, text) {
				found = append(found, fmt.Sprintf("%s holds %.16q", path, text))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found, bytesRead
}

func checkNoPlaintext(t *testing.T, client *tenant) {
	found, read := findInFiles(t, client.volume(), []byte(marker))
	if len(found) > 0 {
		t.Errorf("plaintext on the volume: %v", found)
	}
	if read < documentSize {
		t.Errorf("only %d bytes on the volume: the search missed the document", read)
	}
	var spool syscall.Statfs_t
	if err := syscall.Statfs(cluster.ScanSpool, &spool); err != nil {
		t.Fatal(err)
	}
	if spool.Type != tmpfsMagic {
		t.Errorf("the antivirus spools on a file system of type %#x, not in memory", spool.Type)
	}
	eventually(t, time.Minute, "the antivirus's spool holds nothing, once all that others send is scanned", func(context.Context) error {
		if found, _ := findInFiles(t, cluster.ScanSpool, []byte(marker)); len(found) > 0 {
			return fmt.Errorf("plaintext left: %v", found)
		}
		return nil
	})
}

// checkOnlyWrappedKeys opens every wrapped key that the database holds, as only
// Vault's root can, and searches the volume for the key in clear.
func checkOnlyWrappedKeys(t *testing.T, client *tenant) {
	volume := client.volume()
	keys := wrappedKeys(t, volume)
	if len(keys) == 0 {
		t.Fatal("no wrapped key in the database: the test would prove nothing")
	}
	for _, key := range keys {
		plain := unwrap(t, client, key)
		found, _ := findInFiles(t, volume, plain, []byte(hex.EncodeToString(plain)), []byte(base64.StdEncoding.EncodeToString(plain)))
		if len(found) > 0 {
			t.Errorf("a key in clear on the volume: %v", found)
		}
	}
}

// wrappedKeys reads a copy of the volume's database, as a thief of it would.
func wrappedKeys(t *testing.T, volume string) (keys []string) {
	t.Helper()
	stolen := t.TempDir()
	files, err := filepath.Glob(filepath.Join(volume, "voute.db*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no database on the volume: %v", err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(stolen, filepath.Base(file)), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	database, err := sql.Open("sqlite", filepath.Join(stolen, "voute.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	rows, err := database.Query("SELECT wrapped_key FROM documents WHERE wrapped_key <> ''")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var key string
		if err := rows.Scan(&key); err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return keys
}

func unwrap(t *testing.T, client *tenant, key string) []byte {
	t.Helper()
	root := cluster.vaultAsRoot(t)
	for _, name := range cluster.keysOf(t, client.name) {
		opened, err := root.Logical().Write("transit/decrypt/"+name, map[string]any{"ciphertext": key})
		if err != nil {
			continue // wrapped by the key of another day
		}
		plain, err := base64.StdEncoding.DecodeString(opened.Data["plaintext"].(string))
		if err != nil || len(plain) != 32 {
			t.Fatalf("a data key of %d bytes: %v", len(plain), err)
		}
		return plain
	}
	t.Fatal("a wrapped key that no key of the tenant opens")
	return nil
}

// TestInfectedIsRefused sends the antivirus industry's harmless test file. It
// is written in two halves so that this source is not taken for it.
func TestInfectedIsRefused(t *testing.T) {
	t.Parallel()
	client := newReadyTenant(t, "antivirus")
	pilot := client.pilotSignedIn()
	sender, recipient := client.userSignedIn(pilot, "Alice"), client.userSignedIn(pilot, "Robert")
	infected := `X5O!P%@AP[4\PZX54(P^)7CC)7}$` + `EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`
	uploaded := sender.upload("facture.com", strings.NewReader(infected), recipient.email)
	page := sender.waitForState(uploaded.url.Path, "quarantined")
	if !strings.Contains(page.body, "virus") {
		t.Errorf("the page does not say why:\n%s", readable(page.body))
	}
	for _, who := range []*person{sender, recipient} {
		if got := who.get(uploaded.url.Path + "/content"); got.status == http.StatusOK || strings.Contains(got.body, "EICAR-STANDARD") {
			t.Errorf("%s downloads the infected document: status %d", who.email, got.status)
		}
	}
	if messages, err := cluster.mail(recipient.email); err != nil || containsLink(messages, uploaded.url.Path) {
		t.Errorf("the recipient was told of an infected document: %v", err)
	}
}

func containsLink(messages []message, path string) bool {
	for _, m := range messages {
		if strings.Contains(strings.Join(m.Links, " "), path) {
			return true
		}
	}
	return false
}

// TestQuotaRefuses wants what does not fit refused and nothing left of it.
func TestQuotaRefuses(t *testing.T) {
	t.Parallel()
	small := strings.ReplaceAll(tenantYAML, "  - name: production", "  - name: development\n    host: partage-dev.NAME.localhost\n    certificate: {issuerRef: {name: voute-ca}}\n    storage: {allocatedGB: 1}\n  - name: production")
	client := newTenant(t, "quota", policyYAML, pilotYAML, small)
	client.waitReady()
	pilot := newPerson(t, cluster.address("partage-dev.quota.localhost"), client.pilot)
	pilot.acceptInvitation(client.createdAt)
	pilot.signIn()
	refused := pilot.upload("trop-grand.bin", io.LimitReader(zeros{}, 1_000_000_001))
	if refused.status != http.StatusInsufficientStorage {
		t.Fatalf("an upload over the quota: at %s with status %d:\n%s", refused.url, refused.status, readable(refused.body))
	}
	fits := pilot.upload("petit.bin", newDocument(1_000_000))
	pilot.waitForState(fits.url.Path, "available")
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
