package app

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"voute.dev/voute/server/config"
	"voute.dev/voute/server/document"
	"voute.dev/voute/server/journal"
	"voute.dev/voute/server/keys"
	"voute.dev/voute/server/scan"
)

// TestJourney is the service's main job, from the pilot's invitation to the
// identical bytes at the recipient.
func TestJourney(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	alice, _ := w.user(pilot, "Alice")
	robert, robertEmail := w.user(pilot, "Robert")
	content := noise(3_000_000)

	page := alice.upload("budget été 2027.pdf", content, url.Values{"recipients": {robertEmail}, "days": {"7"}}).
		expect(t, http.StatusOK, `data-state="scanning"`)
	document := page.Request.URL.Path
	robert.get(document).expect(t, http.StatusNotFound, "")
	robert.get(document+"/content").expect(t, http.StatusNotFound, "")
	w.settle()

	sum := sha256.Sum256(content)
	alice.get(document).expect(t, http.StatusOK, `data-sha256="`+hex.EncodeToString(sum[:])+`"`)
	if link := w.lastMail(robertEmail, documentLink); link != document {
		t.Errorf("the notice leads to %s, want %s", link, document)
	}
	got := robert.get(document + "/content")
	if got.StatusCode != http.StatusOK || got.body != string(content) {
		t.Fatalf("downloaded %d bytes with status %d, want the identical %d", len(got.body), got.StatusCode, len(content))
	}
	if header, want := got.Header.Get("Content-Disposition"), `attachment; filename="budget _t_ 2027.pdf"; filename*=UTF-8''budget%20%C3%A9t%C3%A9%202027.pdf`; header != want {
		t.Errorf("Content-Disposition is %s, want %s", header, want)
	}
	kinds := w.journal()
	for kind, want := range map[journal.Kind]int{
		journal.DocumentReceived: 1, journal.DocumentAvailable: 1, journal.DocumentShared: 1, journal.DocumentDownloaded: 1, journal.SignedIn: 3,
	} {
		if kinds[kind] != want {
			t.Errorf("the journal has %d lines %s, want %d", kinds[kind], kind, want)
		}
	}
}

// TestNothingReadableRests looks for a marker of the document, and for codes
// and tokens that were sent, wherever the server writes.
func TestNothingReadableRests(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	_, robertEmail := w.user(pilot, "Robert")
	marker := []byte("MARQUEUR-EN-CLAIR")
	pilot.deliver(bytes.Repeat(marker, 1000), robertEmail)
	secrets := [][]byte{marker, []byte(goodPassword)}
	for _, message := range w.mailer.Messages() {
		for _, pattern := range []*regexp.Regexp{invitationLink, sevenDigits} {
			if found := pattern.FindString(message.Text); found != "" {
				secrets = append(secrets, []byte(strings.TrimPrefix(found, "/invitation/")))
			}
		}
	}
	if len(secrets) < 5 {
		t.Fatalf("only %d secrets to look for", len(secrets))
	}
	w.must(w.app.db.Fold(t.Context()))
	err := filepath.WalkDir(w.directory, func(file string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		written, err := os.ReadFile(file)
		for _, secret := range secrets {
			if bytes.Contains(written, secret) {
				t.Errorf("%s holds %q", filepath.Base(file), secret)
			}
		}
		return err
	})
	w.must(err)
	for _, personal := range []string{pilotEmail, robertEmail, "rapport.pdf", "Marie", string(marker)} {
		if strings.Contains(w.log.String(), personal) {
			t.Errorf("the log holds %q", personal)
		}
	}
}

func TestScannerAwayIsRetriedUntilTheDeadline(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	w.scanner.Fail(scan.ErrUnavailable)
	saved := pilot.deliver(noise(10))
	w.clock.forward(10 * time.Minute)
	w.settle()
	pilot.signIn(pilotEmail)
	pilot.get(saved).expect(t, http.StatusOK, `data-state="scanning"`)
	w.scanner.Fail(nil)
	w.clock.forward(10 * time.Minute)
	w.settle()
	pilot.get(saved).expect(t, http.StatusOK, `data-state="available"`)

	w.scanner.Fail(scan.ErrUnavailable)
	lost := pilot.deliver(noise(11))
	for range 30 {
		w.clock.forward(time.Hour)
		w.settle()
	}
	pilot.signIn(pilotEmail)
	pilot.get(lost).expect(t, http.StatusOK, "L’antivirus n’a pas pu examiner ce document à temps")
}

// TestRestartResumesScanning stops the server while a document waits.
func TestRestartResumesScanning(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	w.scanner.Fail(scan.ErrUnavailable)
	waiting := pilot.deliver(noise(1000))
	w.scanner.Fail(nil)
	w.clock.forward(time.Minute)
	w.restart()
	again := w.browser()
	again.signIn(pilotEmail)
	again.get(waiting).expect(t, http.StatusOK, `data-state="available"`)
	if got := again.get(waiting + "/content"); got.body != string(noise(1000)) {
		t.Error("the bytes differ after a restart")
	}
}

// TestRestartForgetsBrokenUploads leaves behind what a killed server would.
func TestRestartForgetsBrokenUploads(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	kept := pilot.deliver(noise(1000))
	accounts, err := w.app.accounts.Accounts.List(t.Context())
	w.must(err)
	broken := document.Document{ID: "brokenbrokenbrokenbroken22", Owner: accounts[0].ID, State: document.Receiving, Blob: "brokenbrokenbrokenbroken22", Reserved: 5000, Created: w.clock.Now(), Expires: w.clock.Now().Add(time.Hour)}
	w.must(w.app.documents.Documents.Add(t.Context(), broken))
	for _, name := range []string{broken.ID, "orphanorphanorphanorphan22"} {
		w.must(os.WriteFile(filepath.Join(w.directory, documentsFolder, name+".part"), noise(10), 0o600))
	}
	w.restart()
	if w.blobs() != 1 || w.usage() != (document.Usage{Used: 1000, Documents: 1}) {
		t.Errorf("%d blobs and %+v after a restart, want one document", w.blobs(), w.usage())
	}
	again := w.browser()
	again.signIn(pilotEmail)
	again.get(kept+"/content").expect(t, http.StatusOK, "")
}

// TestExpiryIsRefusedTheSameSecond moves the clock to the last second and on,
// without letting the sweeper run.
func TestExpiryIsRefusedTheSameSecond(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	robert, robertEmail := w.user(pilot, "Robert")
	content := noise(5000)
	path := pilot.upload("a.bin", content, url.Values{"days": {"1"}, "recipients": {robertEmail}}).Request.URL.Path
	w.settle()
	w.clock.forward(24*time.Hour - time.Second)
	robert.signIn(robertEmail)
	if got := robert.get(path + "/content"); got.body != string(content) {
		t.Fatalf("status %d in the last second", got.StatusCode)
	}
	w.clock.forward(time.Second)
	robert.get(path+"/content").expect(t, http.StatusGone, "Document destroyed")
	robert.get(path).expect(t, http.StatusGone, "")
	if strings.Contains(robert.get("/").body, path) {
		t.Error("the home page still lists an expired document")
	}
	w.settle()
	found, err := w.app.documents.Documents.Find(t.Context(), strings.TrimPrefix(path, "/documents/"))
	w.must(err)
	if found.State != document.Shredded || found.WrappedKey != "" || found.Name != "" || found.SHA256 != "" || found.Blob != "" || w.blobs() != 0 {
		t.Errorf("after the sweep there is %+v and %d blobs", found, w.blobs())
	}
	robert.get(path).expect(t, http.StatusGone, "")
}

func TestDeleteTakesEffectAtOnce(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	robert, robertEmail := w.user(pilot, "Robert")
	path := pilot.deliver(noise(5000), robertEmail)
	robert.post(path+"/delete", nil).expect(t, http.StatusNotFound, "")
	robert.get(path+"/delete").expect(t, http.StatusNotFound, "")
	pilot.get(path+"/delete").expect(t, http.StatusOK, "Supprimer définitivement")
	pilot.post(path+"/delete", nil).expect(t, http.StatusOK, "Le document est détruit")
	robert.get(path+"/content").expect(t, http.StatusGone, "")
	if w.blobs() != 0 || w.usage() != (document.Usage{}) {
		t.Errorf("%d blobs and %+v are left", w.blobs(), w.usage())
	}
}

// TestOneBlobThatStays must not keep those of others on the disk.
func TestOneBlobThatStays(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	ids := []string{path.Base(pilot.deliver(noise(10))), path.Base(pilot.deliver(noise(10)))}
	slices.Sort(ids) // the sweep's order
	folder := filepath.Join(w.directory, documentsFolder)
	w.must(os.Remove(filepath.Join(folder, ids[0])))
	w.must(os.MkdirAll(filepath.Join(folder, ids[0], "in the way"), 0o700))
	w.clock.forward(31 * 24 * time.Hour)
	if err := w.app.documents.Sweep(t.Context()); err == nil {
		t.Error("a blob that cannot be removed is no error")
	}
	if _, err := os.Stat(filepath.Join(folder, ids[1])); !os.IsNotExist(err) {
		t.Errorf("the other blob is still there (%v)", err)
	}
}

func TestForeignDocumentDoesNotExist(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	alice, _ := w.user(pilot, "Alice")
	path := alice.deliver(noise(5000))
	nowhere := "/documents/aaaaaaaaaaaaaaaaaaaaaaaaaa"
	for _, end := range []string{"", "/content", "/delete"} {
		foreign, missing := pilot.get(path+end), pilot.get(nowhere+end)
		if foreign.StatusCode != http.StatusNotFound || foreign.body != missing.body {
			t.Errorf("%s: a pilot can tell a foreign document (status %d) from none", end, foreign.StatusCode)
		}
	}
	pilot.post(path+"/share", url.Values{"email": {pilotEmail}}).expect(t, http.StatusNotFound, "")
	pilot.post(path+"/delete", nil).expect(t, http.StatusNotFound, "")
	stranger := w.browser()
	if got := stranger.get(path); got.Request.URL.Path != "/" || !strings.Contains(got.body, `data-page="sign-in"`) {
		t.Errorf("a stranger sees %s", got.Request.URL)
	}
}

func TestShareLater(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	robert, robertEmail := w.user(pilot, "Robert")
	path := pilot.deliver(noise(5000))
	robert.get(path).expect(t, http.StatusNotFound, "")
	pilot.post(path+"/share", url.Values{"email": {"nobody@justice.test"}}).expect(t, http.StatusUnprocessableEntity, "nobody@justice.test")
	pilot.post(path+"/share", url.Values{"email": {strings.ToUpper(robertEmail)}}).expect(t, http.StatusOK, robertEmail)
	if link := w.lastMail(robertEmail, documentLink); link != path {
		t.Errorf("the notice leads to %s", link)
	}
	sent := len(w.mailer.Messages())
	pilot.post(path+"/share", url.Values{"email": {robertEmail}}).expect(t, http.StatusOK, robertEmail)
	w.settle()
	if len(w.mailer.Messages()) != sent {
		t.Error("sharing twice tells twice")
	}
	robert.get(path+"/content").expect(t, http.StatusOK, "")
	for _, message := range w.mailer.Messages() {
		if strings.Contains(message.Subject+message.Text, "rapport") {
			t.Error("a message names the document")
		}
	}
}

func TestRanges(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	content := noise(2_500_000)
	path := pilot.deliver(content)
	request, err := http.NewRequest(http.MethodGet, publicAddress+path+"/content", nil)
	w.must(err)
	request.Header.Set("Range", "bytes=1048570-1048589")
	got := pilot.do(request)
	if got.StatusCode != http.StatusPartialContent || got.body != string(content[1048570:1048590]) {
		t.Errorf("status %d with %d bytes", got.StatusCode, len(got.body))
	}
}

func TestKeysAway(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	path := pilot.deliver(noise(5000))
	for _, failure := range []error{keys.ErrUnavailable, keys.ErrRefused} {
		w.keys.Fail(failure)
		for _, got := range []answer{pilot.get(path + "/content"), pilot.upload("b.bin", noise(10), nil)} {
			got.expect(t, http.StatusServiceUnavailable, "Le service qui garde les clés de chiffrement ne répond pas")
			if got.Header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
		}
		if w.blobs() != 1 || w.usage() != (document.Usage{Used: 5000, Documents: 1}) {
			t.Errorf("%d blobs and %+v are left", w.blobs(), w.usage())
		}
	}
	w.keys.Fail(nil)
	pilot.get(path+"/content").expect(t, http.StatusOK, "")
}

// TestKeyNotToBeHad deletes the bucket's key, as a Vault does that was set up
// wrongly or restored from an old snapshot: nothing is said to be destroyed, and
// the bytes wait for their day.
func TestKeyNotToBeHad(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	path := pilot.deliver(noise(5000))
	w.keys.Delete(w.clock.Now().AddDate(0, 0, 30).Format(time.DateOnly))
	got := pilot.get(path+"/content").expect(t, http.StatusServiceUnavailable, "La clé de ce document est introuvable")
	if got.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	pilot.get(path).expect(t, http.StatusOK, "")
	if w.blobs() != 1 {
		t.Errorf("%d blobs are left, want the document's", w.blobs())
	}
}

func TestUploadsClosed(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	path := pilot.deliver(noise(5000))
	w.reconfigure(func(c *config.Config) { c.Uploads.Closed = true })
	pilot.get("/").expect(t, http.StatusOK, "Les dépôts sont fermés")
	pilot.get("/documents/new").expect(t, http.StatusOK, "Les dépôts sont fermés")
	pilot.upload("b.bin", noise(10), nil).expect(t, http.StatusForbidden, "Les dépôts sont fermés")
	pilot.get(path+"/content").expect(t, http.StatusOK, "")
}
