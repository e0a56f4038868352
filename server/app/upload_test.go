package app

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"voute.dev/voute/server/config"
	"voute.dev/voute/server/document"
	"voute.dev/voute/server/journal"
	"voute.dev/voute/server/keys"
)

// tusRequest sends one request of the protocol.
func (b *browser) tus(method, path string, body io.Reader, header map[string]string) answer {
	b.w.t.Helper()
	request, err := http.NewRequestWithContext(b.w.t.Context(), method, publicAddress+path, body)
	b.w.must(err)
	request.Header.Set("Tus-Resumable", "1.0.0")
	for name, value := range header {
		request.Header.Set(name, value)
		if value == "" {
			request.Header.Del(name)
		}
	}
	return b.do(request)
}

// metadata is a header of pairs.
func metadata(pairs map[string]string) string {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(pairs)) {
		all = append(all, key+" "+base64.StdEncoding.EncodeToString([]byte(pairs[key])))
	}
	return strings.Join(all, ",")
}

// create opens an upload and gives its address.
func (b *browser) create(length int, pairs map[string]string) string {
	b.w.t.Helper()
	if pairs == nil {
		pairs = map[string]string{"filename": "gros.bin"}
	}
	got := b.tus(http.MethodPost, "/uploads", nil, map[string]string{"Upload-Length": strconv.Itoa(length), "Upload-Metadata": metadata(pairs)})
	got.expect(b.w.t, http.StatusCreated, "")
	return got.Header.Get("Location")
}

// patch sends bytes from an offset on.
func (b *browser) patch(address string, offset int, part []byte, more ...string) answer {
	b.w.t.Helper()
	header := map[string]string{"Upload-Offset": strconv.Itoa(offset), "Content-Type": "application/offset+octet-stream"}
	for i := 0; i < len(more); i += 2 {
		header[more[i]] = more[i+1]
	}
	return b.tus(http.MethodPatch, address, bytes.NewReader(part), header)
}

// offset asks how far an upload has come.
func (b *browser) offset(address string) int {
	b.w.t.Helper()
	got := b.tus(http.MethodHead, address, nil, nil).expect(b.w.t, http.StatusOK, "")
	offset, err := strconv.Atoi(got.Header.Get("Upload-Offset"))
	b.w.must(err)
	return offset
}

func hexSum(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// TestResumableUpload sends a document in chunks of several sizes, some smaller
// than a segment, and asks in between.
func TestResumableUpload(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	robert, robertEmail := w.user(pilot, "Robert")
	content := noise(3_500_000)
	pairs := map[string]string{"filename": "budget été.pdf", "days": "7", "recipients": robertEmail, "modified": "1"}
	address := pilot.create(len(content), pairs)
	if u := w.usage(); u.Reserved != int64(len(content)) || u.Used != 0 {
		t.Errorf("when it begins: %+v", u)
	}
	pilot.get("/").expect(t, http.StatusOK, `data-upload="`+path.Base(address)+`" data-received="0" data-length="3500000"`)
	at := 0
	for _, n := range []int{1, 1, 1, 500_000, 1<<20 - 500_003, 1 << 20, 17, 1, 700_000} {
		got := pilot.patch(address, at, content[at:at+n]).expect(t, http.StatusNoContent, "")
		at += n
		if header := got.Header; header.Get("Upload-Offset") != strconv.Itoa(at) || header.Get("Upload-Expires") == "" || header.Get("Tus-Resumable") != "1.0.0" {
			t.Fatalf("after %d bytes the answer has %v", at, got.Header)
		}
	}
	got := pilot.tus(http.MethodHead, address, nil, nil).expect(t, http.StatusOK, "")
	for name, want := range map[string]string{
		"Upload-Offset": strconv.Itoa(at), "Upload-Length": "3500000", "Upload-Metadata": metadata(pairs), "Cache-Control": "no-store",
	} {
		if got.Header.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.Header.Get(name), want)
		}
	}
	pilot.get("/documents/"+path.Base(address)).expect(t, http.StatusNotFound, "")
	last := pilot.patch(address, at, content[at:]).expect(t, http.StatusNoContent, "")
	page := last.Header.Get("Content-Location")
	if pilot.offset(address) != len(content) || page != "/documents/"+path.Base(address) {
		t.Errorf("the whole is at %d, and leads to %q", pilot.offset(address), page)
	}
	pilot.patch(address, len(content), nil).expect(t, http.StatusNoContent, "")
	pilot.get(address).expect(t, http.StatusOK, `data-state="scanning"`)
	w.settle()
	pilot.get(page).expect(t, http.StatusOK, `data-sha256="`+hexSum(content)+`"`)
	if got := robert.get(page + "/content"); got.body != string(content) || !strings.Contains(got.Header.Get("Content-Disposition"), "budget%20%C3%A9t%C3%A9.pdf") {
		t.Errorf("the recipient gets %d bytes named %s", len(got.body), got.Header.Get("Content-Disposition"))
	}
	if u := w.usage(); u != (document.Usage{Used: int64(len(content)), Documents: 1}) {
		t.Errorf("at the end: %+v", u)
	}
	kinds := w.journal()
	if kinds[journal.DocumentReceiving] != 1 || kinds[journal.DocumentReceived] != 1 || kinds[journal.DocumentShared] != 1 {
		t.Errorf("the journal has %v", kinds)
	}
}

// TestProtocol is the refusals of the protocol, and what is answered beside them.
func TestProtocol(t *testing.T) {
	w := newWorld(t, func(c *config.Config) { c.Storage.MaxDocumentBytes = 5 << 20 })
	pilot := w.pilot()
	alice, _ := w.user(pilot, "Alice")
	address := pilot.create(1000, nil)
	pilot.patch(address, 0, noise(100)).expect(t, http.StatusNoContent, "")
	chunk := map[string]string{"Content-Type": "application/offset+octet-stream", "Upload-Offset": "100"}
	with := func(pairs ...string) map[string]string {
		header := maps.Clone(chunk)
		for i := 0; i < len(pairs); i += 2 {
			header[pairs[i]] = pairs[i+1]
		}
		return header
	}
	name := metadata(map[string]string{"filename": "a"})
	foreign := "/uploads/aaaaaaaaaaaaaaaaaaaaaaaaaa"
	for _, c := range []struct {
		name, method, path string
		header             map[string]string
		status             int
		text               string
	}{
		{"no version", "POST", "/uploads", map[string]string{"Tus-Resumable": "", "Upload-Length": "1"}, 412, "1.0.0"},
		{"other version", "PATCH", address, with("Tus-Resumable", "0.2.2"), 412, "1.0.0"},
		{"no version, HEAD", "HEAD", address, map[string]string{"Tus-Resumable": ""}, 412, ""},
		{"no length", "POST", "/uploads", map[string]string{"Upload-Metadata": name}, 400, "Upload-Length"},
		{"deferred length", "POST", "/uploads", map[string]string{"Upload-Defer-Length": "1", "Upload-Metadata": name}, 400, "Upload-Defer-Length"},
		{"negative length", "POST", "/uploads", map[string]string{"Upload-Length": "-1", "Upload-Metadata": name}, 400, "Upload-Length"},
		{"too long", "POST", "/uploads", map[string]string{"Upload-Length": "5242881", "Upload-Metadata": name}, 413, "Tus-Max-Size"},
		{"no room", "POST", "/uploads", map[string]string{"Upload-Length": "5242880", "Upload-Metadata": name}, 201, ""},
		{"no room left", "POST", "/uploads", map[string]string{"Upload-Length": "5242880", "Upload-Metadata": name}, 507, "espace"},
		{"no name", "POST", "/uploads", map[string]string{"Upload-Length": "1"}, 422, "Choisissez un document"},
		{"bad days", "POST", "/uploads", map[string]string{"Upload-Length": "1", "Upload-Metadata": name + ",days " + base64.StdEncoding.EncodeToString([]byte("91"))}, 422, "de 1 à 90"},
		{"nobody", "POST", "/uploads", map[string]string{"Upload-Length": "1", "Upload-Metadata": name + ",recipients " + base64.StdEncoding.EncodeToString([]byte("x@y.test"))}, 422, "x@y.test"},
		{"bad metadata", "POST", "/uploads", map[string]string{"Upload-Length": "1", "Upload-Metadata": "filename ü"}, 400, "Upload-Metadata"},
		{"wrong offset", "PATCH", address, with("Upload-Offset", "99"), 409, ""},
		{"no offset", "PATCH", address, with("Upload-Offset", ""), 400, "Upload-Offset"},
		{"wrong type", "PATCH", address, with("Content-Type", "application/octet-stream"), 415, "Content-Type"},
		{"unknown checksum", "PATCH", address, with("Upload-Checksum", "md5 AAAA"), 400, "sha1"},
		{"wrong checksum", "PATCH", address, with("Upload-Checksum", "sha1 "+base64.StdEncoding.EncodeToString(make([]byte, 20))), 460, ""},
		{"unknown upload, PATCH", "PATCH", foreign, chunk, 404, ""},
		{"unknown upload, HEAD", "HEAD", foreign, nil, 404, ""},
		{"unknown upload, DELETE", "DELETE", foreign, nil, 404, ""},
		{"no method", "POST", address, nil, 405, ""},
		{"override", "POST", address, map[string]string{"X-HTTP-Method-Override": "HEAD"}, 200, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := pilot.tus(c.method, c.path, strings.NewReader(""), c.header).expect(t, c.status, c.text)
			if got.Header.Get("Tus-Resumable") != "1.0.0" || got.Header.Get("Cache-Control") != "no-store" || strings.Contains(got.body, "<html") {
				t.Errorf("the answer has %v and %q", got.Header, got.body)
			}
		})
	}
	for _, method := range []string{"HEAD", "PATCH", "DELETE"} {
		alice.tus(method, address, nil, chunk).expect(t, http.StatusNotFound, "")
	}
	w.browser().tus("PATCH", address, nil, chunk).expect(t, http.StatusForbidden, "")
	pilot.header = http.Header{"Sec-Fetch-Site": {"cross-site"}}
	for method, path := range map[string]string{"POST": "/uploads", "PATCH": address, "DELETE": address} {
		pilot.tus(method, path, nil, chunk).expect(t, http.StatusForbidden, "")
	}
	pilot.header = http.Header{}
	if at := pilot.offset(address); at != 100 {
		t.Errorf("after all that the upload is at %d", at)
	}
	options := pilot.tus(http.MethodOptions, "/uploads", nil, map[string]string{"Tus-Resumable": ""}).expect(t, http.StatusNoContent, "")
	for name, want := range map[string]string{
		"Tus-Version": "1.0.0", "Tus-Max-Size": "5242880", "Tus-Checksum-Algorithm": "sha1,sha256",
		"Tus-Extension": "creation,creation-with-upload,termination,expiration,checksum",
	} {
		if options.Header.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, options.Header.Get(name), want)
		}
	}
	pilot.tus(http.MethodDelete, address, nil, nil).expect(t, http.StatusNoContent, "")
	pilot.tus(http.MethodHead, address, nil, nil).expect(t, http.StatusNotFound, "")
	if w.journal()[journal.DocumentAborted] != 1 || w.usage().Reserved != 5<<20 {
		t.Errorf("after the end: %v, %+v", w.journal(), w.usage())
	}
}

// TestChecksum: a chunk that was changed on the way leaves nothing, and the
// document's hash is right all the same.
func TestChecksum(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	content := noise(2_500_000)
	address := pilot.create(len(content), nil)
	at := 0
	for i, n := range []int{100, 1_500_000, 1_000_000 - 100} {
		part := content[at : at+n]
		sum1, sum256 := sha1.Sum(part), sha256.Sum256(part)
		sums := []string{"sha1 " + base64.StdEncoding.EncodeToString(sum1[:]), "sha256 " + base64.StdEncoding.EncodeToString(sum256[:])}
		wrong := bytes.Clone(part)
		wrong[n/2] ^= 1
		pilot.patch(address, at, wrong, "Upload-Checksum", sums[i%2]).expect(t, 460, "")
		if got := pilot.offset(address); got != at {
			t.Fatalf("a changed chunk moves the upload from %d to %d", at, got)
		}
		pilot.patch(address, at, part, "Upload-Checksum", sums[(i+1)%2]).expect(t, http.StatusNoContent, "")
		at += n
	}
	w.settle()
	pilot.get("/documents/"+path.Base(address)).expect(t, http.StatusOK, `data-sha256="`+hexSum(content)+`"`)
}

// TestCreationWithUpload: the first bytes come with the request that opens the
// upload; an empty document needs no other.
func TestCreationWithUpload(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	content := noise(1000)
	for _, first := range []int{0, 1, 999, 1000} {
		got := pilot.tus(http.MethodPost, "/uploads", bytes.NewReader(content[:first]), map[string]string{
			"Upload-Length": "1000", "Upload-Metadata": metadata(map[string]string{"filename": "a"}), "Content-Type": "application/offset+octet-stream",
		}).expect(t, http.StatusCreated, "")
		if got.Header.Get("Upload-Offset") != strconv.Itoa(first) || got.Header.Get("Upload-Expires") == "" && first < 1000 {
			t.Errorf("with %d bytes the answer has %v", first, got.Header)
		}
		if first < 1000 {
			pilot.patch(got.Header.Get("Location"), first, content[first:]).expect(t, http.StatusNoContent, "")
		}
	}
	empty := pilot.tus(http.MethodPost, "/uploads", nil, map[string]string{"Upload-Length": "0", "Upload-Metadata": metadata(map[string]string{"filename": "vide"})}).expect(t, http.StatusCreated, "")
	w.settle()
	pilot.get(empty.Header.Get("Content-Location")).expect(t, http.StatusOK, `data-sha256="`+hexSum(nil)+`"`)
	if u := w.usage(); u != (document.Usage{Used: 4000, Documents: 5}) {
		t.Errorf("at the end: %+v", u)
	}
}

// TestUploadOutlivesTheServer: it goes on after a stop, from a segment and from
// its middle, and a hash that is no longer in memory is right.
func TestUploadOutlivesTheServer(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	content := noise(3_000_001)
	address := pilot.create(len(content), nil)
	at := 0
	for _, n := range []int{10, 1<<20 - 10, 900_000, 500_000} {
		pilot.patch(address, at, content[at:at+n]).expect(t, http.StatusNoContent, "")
		at += n
		w.restart()
		pilot = w.browser()
		pilot.signIn(pilotEmail)
		if got := pilot.offset(address); got != at {
			t.Fatalf("after a restart at %d it is at %d", at, got)
		}
	}
	pilot.patch(address, at, content[at:]).expect(t, http.StatusNoContent, "")
	w.settle()
	page := "/documents/" + path.Base(address)
	pilot.get(page).expect(t, http.StatusOK, `data-sha256="`+hexSum(content)+`"`)
	if got := pilot.get(page + "/content"); got.body != string(content) {
		t.Error("the bytes differ")
	}
}

// TestAbandonedUpload is swept a day after its last bytes, and its room is back.
func TestAbandonedUpload(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	address := pilot.create(2_000_000, nil)
	w.clock.forward(document.KeptFor - time.Second)
	pilot.signIn(pilotEmail)
	pilot.patch(address, 0, noise(1_500_000)).expect(t, http.StatusNoContent, "")
	w.clock.forward(document.KeptFor - time.Second)
	w.settle()
	pilot.signIn(pilotEmail)
	if at := pilot.offset(address); at != 1_500_000 {
		t.Fatalf("in its last second it is at %d", at)
	}
	w.clock.forward(time.Second)
	pilot.tus(http.MethodHead, address, nil, nil).expect(t, http.StatusGone, "")
	pilot.patch(address, 1_500_000, noise(500_000)).expect(t, http.StatusGone, "")
	w.settle()
	pilot.tus(http.MethodHead, address, nil, nil).expect(t, http.StatusNotFound, "")
	if w.usage() != (document.Usage{}) || w.blobs() != 0 || w.journal()[journal.DocumentAborted] != 1 {
		t.Errorf("%+v, %d blobs and %v are left", w.usage(), w.blobs(), w.journal())
	}
}

// TestOpenUploadsAreBounded, shown, and ended by a button.
func TestOpenUploadsAreBounded(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	alice, _ := w.user(pilot, "Alice")
	var address string
	for range document.OpenAtOnce {
		address = alice.create(10, nil)
	}
	alice.tus(http.MethodPost, "/uploads", nil, map[string]string{"Upload-Length": "10", "Upload-Metadata": metadata(map[string]string{"filename": "a"})}).
		expect(t, http.StatusTooManyRequests, "give them up")
	pilot.create(10, nil) // another person's are their own
	if shown := strings.Count(alice.get("/").body, "data-upload="); shown != document.OpenAtOnce {
		t.Errorf("the page shows %d", shown)
	}
	giveUp := "/documents/" + path.Base(address) + "/give-up"
	pilot.post(giveUp, nil).expect(t, http.StatusNotFound, "")
	alice.post(giveUp, nil).expect(t, http.StatusOK, "The upload is given up")
	alice.create(10, nil)
}

// TestKeysAwayDuringAnUpload: what was acknowledged waits until Vault is back.
func TestKeysAwayDuringAnUpload(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	content := noise(1_500_000)
	address := pilot.create(len(content), nil)
	pilot.patch(address, 0, content[:1_200_000]).expect(t, http.StatusNoContent, "")
	for _, failure := range []error{keys.ErrUnavailable, keys.ErrRefused} {
		w.keys.Fail(failure)
		got := pilot.patch(address, 1_200_000, content[1_200_000:]).expect(t, http.StatusServiceUnavailable, "clés de chiffrement")
		if got.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		pilot.tus(http.MethodPost, "/uploads", nil, map[string]string{"Upload-Length": "10", "Upload-Metadata": metadata(map[string]string{"filename": "a"})}).
			expect(t, http.StatusServiceUnavailable, "")
		if at := pilot.offset(address); at != 1_200_000 {
			t.Errorf("without keys it is at %d", at)
		}
	}
	w.keys.Fail(nil)
	if u := w.usage(); u.Reserved != 1_500_000 {
		t.Errorf("%+v is reserved", u)
	}
	pilot.patch(address, 1_200_000, content[1_200_000:]).expect(t, http.StatusNoContent, "")
	w.settle()
	pilot.get("/documents/"+path.Base(address)).expect(t, http.StatusOK, `data-sha256="`+hexSum(content)+`"`)
}

// hanging is an upload whose bytes come when the test says so.
type hanging struct {
	to     *io.PipeWriter
	status chan int
}

func (b *browser) hang(address string, offset, length int) *hanging {
	b.w.t.Helper()
	reader, writer := io.Pipe()
	request, err := http.NewRequest(http.MethodPatch, publicAddress+address, reader)
	b.w.must(err)
	request.ContentLength = int64(length)
	for name, value := range map[string]string{"Tus-Resumable": "1.0.0", "Upload-Offset": strconv.Itoa(offset), "Content-Type": "application/offset+octet-stream"} {
		request.Header.Set(name, value)
	}
	h := &hanging{to: writer, status: make(chan int, 1)}
	go func() {
		response, err := b.client.Do(request)
		if err != nil {
			h.status <- 0
			return
		}
		_ = response.Body.Close()
		h.status <- response.StatusCode
	}()
	return h
}

// untilWritten waits until a segment of an upload is on the disk.
func (w *world) untilWritten(address string) {
	w.t.Helper()
	part := filepath.Join(w.directory, documentsFolder, path.Base(address)+".part")
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if info, err := os.Stat(part); err == nil && info.Size() > 1<<20 {
			return
		}
	}
	w.t.Fatal("nothing arrives")
}

// TestANewerRequestTakesOver from one that hangs on a connection that is dead,
// over both protocols; what had come is kept.
func TestANewerRequestTakesOver(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		t.Run(fmt.Sprintf("http2=%t", http2), func(t *testing.T) {
			w := newWorld(t)
			pilot := w.pilot()
			pilot.client.Transport.(*http.Transport).ForceAttemptHTTP2 = http2
			pilot.client.CloseIdleConnections()
			content := noise(2_000_000)
			address := pilot.create(len(content), nil)
			old := pilot.hang(address, 0, len(content))
			_, err := old.to.Write(content[:1_300_000])
			w.must(err)
			w.untilWritten(address)
			at := pilot.offset(address)
			if status := <-old.status; status != http.StatusLocked && (http2 || status != 0) {
				t.Errorf("the older request is answered %d", status)
			}
			if at < 1<<20 || at > 1_300_000 {
				t.Errorf("of 1300000 bytes %d are kept", at)
			}
			pilot.patch(address, at, content[at:]).expect(t, http.StatusNoContent, "")
			w.settle()
			pilot.get("/documents/"+path.Base(address)).expect(t, http.StatusOK, `data-sha256="`+hexSum(content)+`"`)
		})
	}
}

// TestDrainingUploadsGoOnLater: those under way save what they have, and no
// other begins.
func TestDrainingUploadsGoOnLater(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	content := noise(2_000_000)
	address := pilot.create(len(content), nil)
	old := pilot.hang(address, 0, len(content))
	_, err := old.to.Write(content[:1_300_000])
	w.must(err)
	w.untilWritten(address)
	w.app.state.draining.Store(true)
	w.app.documents.StopUploads()
	if status := <-old.status; status != http.StatusServiceUnavailable {
		t.Errorf("the upload under way is answered %d", status)
	}
	pilot.patch(address, 0, content).expect(t, http.StatusServiceUnavailable, "redémarre")
	pilot.tus(http.MethodPost, "/uploads", nil, map[string]string{"Upload-Length": "10"}).expect(t, http.StatusServiceUnavailable, "")
	w.app.state.draining.Store(false)
	w.restart()
	pilot = w.browser()
	pilot.signIn(pilotEmail)
	at := pilot.offset(address)
	if at < 1<<20 {
		t.Errorf("of what had come %d bytes are kept", at)
	}
	pilot.patch(address, at, content[at:]).expect(t, http.StatusNoContent, "")
	w.settle()
	pilot.get("/documents/"+path.Base(address)).expect(t, http.StatusOK, `data-sha256="`+hexSum(content)+`"`)
}

// TestTwoRaceForTheLastBytes of the quota, and two requests for those of one
// upload: one wins, and the document is whole.
func TestTwoRaceForTheLastBytes(t *testing.T) {
	w := newWorld(t, func(c *config.Config) { c.Storage.QuotaBytes = 1_000_000 })
	pilot := w.pilot()
	var statuses [8]int
	var group sync.WaitGroup
	for i := range statuses {
		group.Go(func() {
			statuses[i] = pilot.tus(http.MethodPost, "/uploads", nil, map[string]string{"Upload-Length": "600000", "Upload-Metadata": metadata(map[string]string{"filename": "a"})}).StatusCode
		})
	}
	group.Wait()
	slices.Sort(statuses[:])
	if want := [8]int{201, 507, 507, 507, 507, 507, 507, 507}; statuses != want {
		t.Errorf("the answers are %v", statuses)
	}
	open, err := w.app.documents.Uploads(context.Background(), w.account(pilotEmail).ID)
	w.must(err)
	address, content := "/uploads/"+open[0].ID, noise(600_000)
	pilot.patch(address, 0, content[:500_000]).expect(t, http.StatusNoContent, "")
	for i := range statuses {
		group.Go(func() { statuses[i] = pilot.patch(address, 500_000, content[500_000:]).StatusCode })
	}
	group.Wait()
	won := 0
	for _, status := range statuses {
		switch status {
		case http.StatusNoContent:
			won++
		case http.StatusConflict, http.StatusLocked:
		default:
			t.Errorf("status %d; the log says:\n%s", status, w.log)
		}
	}
	w.settle()
	if won > 1 || pilot.offset(address) != 600_000 && won == 1 {
		t.Errorf("%d have won", won)
	}
	if at := pilot.offset(address); at < 600_000 {
		pilot.patch(address, at, content[at:]).expect(t, http.StatusNoContent, "")
		w.settle()
	}
	pilot.get("/documents/"+path.Base(address)).expect(t, http.StatusOK, `data-sha256="`+hexSum(content)+`"`)
	if w.journal()[journal.DocumentReceived] != 1 {
		t.Errorf("the journal has %v", w.journal())
	}
}

// TestMoreThanAnnounced is refused, with and without a length, and nothing of
// what is too much is kept.
func TestMoreThanAnnounced(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	address := pilot.create(1000, nil)
	for _, body := range []io.Reader{bytes.NewReader(noise(1001)), io.MultiReader(bytes.NewReader(noise(1001)))} {
		pilot.tus(http.MethodPatch, address, body, map[string]string{"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}).
			expect(t, http.StatusRequestEntityTooLarge, "")
	}
	pilot.patch(address, pilot.offset(address), noise(1000)).expect(t, http.StatusNoContent, "")
}

// TestUploadsClosedForPrograms: what is open goes on, nothing begins.
func TestUploadsClosedForPrograms(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	address := pilot.create(10, nil)
	w.reconfigure(func(c *config.Config) { c.Uploads.Closed = true })
	pilot.tus(http.MethodPost, "/uploads", nil, map[string]string{"Upload-Length": "1", "Upload-Metadata": metadata(map[string]string{"filename": "a"})}).
		expect(t, http.StatusForbidden, "dépôts sont fermés")
	pilot.patch(address, 0, noise(10)).expect(t, http.StatusNoContent, "")
	pilot.post("/sign-out", url.Values{})
	pilot.patch(address, 0, noise(10)).expect(t, http.StatusForbidden, "")
}
