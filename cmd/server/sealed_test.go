package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// open opens an upload and gives its address.
func (u *uploader) open(size int) string {
	u.t.Helper()
	got, err := u.ask(u.t.Context(), http.MethodPost, "/uploads", nil, map[string]string{
		"Upload-Length": strconv.Itoa(size), "Upload-Metadata": "filename " + base64.StdEncoding.EncodeToString([]byte("a.bin")),
	})
	u.must(err)
	if got.StatusCode != http.StatusCreated {
		u.t.Fatalf("an upload is answered %s", got.Status)
	}
	return got.Header.Get("Location")
}

func (u *uploader) patch(address string, at int, body io.Reader) *http.Response {
	u.t.Helper()
	got, err := u.ask(u.t.Context(), http.MethodPatch, address, body, map[string]string{
		"Upload-Offset": strconv.Itoa(at), "Content-Type": "application/offset+octet-stream",
	})
	u.must(err)
	return got
}

// untilWritten waits until a segment of an upload is in its file.
func (u *uploader) untilWritten(address string) {
	u.t.Helper()
	part := filepath.Join(u.settings.Storage.Directory, "documents", filepath.Base(address)+".part")
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if info, err := os.Stat(part); err == nil && info.Size() > 1<<20 {
			return
		}
	}
	u.t.Fatal("nothing arrives")
}

// TestVaultSealedDuringUploads: the one under way ends well, those that begin or
// go on are told to come back, and nothing acknowledged is lost.
func TestVaultSealedDuringUploads(t *testing.T) {
	p := newPlace(t)
	u := &uploader{person: p.person(pilotEmail).join()}
	content := bytes.Repeat([]byte("voûte "), 500_000)
	size := len(content)
	paused, under := u.open(size), u.open(size)
	if got := u.patch(paused, 0, bytes.NewReader(content[:size/2])); got.StatusCode != http.StatusNoContent {
		t.Fatalf("the first half is answered %s", got.Status)
	}
	reader, writer := io.Pipe()
	ended := make(chan int)
	go func() { ended <- u.patch(under, 0, reader).StatusCode }()
	_, err := writer.Write(content[:size/2])
	p.must(err)
	u.untilWritten(under)

	p.vault.Seal(t)
	got := u.patch(paused, size/2, bytes.NewReader(content[size/2:]))
	if got.StatusCode != http.StatusServiceUnavailable || got.Header.Get("Retry-After") == "" {
		t.Errorf("without Vault: %s, %v", got.Status, got.Header)
	}
	if created, err := u.ask(t.Context(), http.MethodPost, "/uploads", nil, map[string]string{"Upload-Length": "1", "Upload-Metadata": "filename YQ=="}); err != nil || created.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("without Vault an upload begins: %v, %v", created, err)
	}
	_, err = writer.Write(content[size/2:])
	p.must(err)
	p.must(writer.Close())
	if status := <-ended; status != http.StatusNoContent {
		t.Errorf("the upload under way is answered %d", status)
	}

	p.vault.Unseal(t)
	if got := u.patch(paused, size/2, bytes.NewReader(content[size/2:])); got.StatusCode != http.StatusNoContent {
		t.Errorf("with Vault again: %s", got.Status)
	}
	sum := sha256.Sum256(content)
	for _, address := range []string{paused, under} {
		page := "/documents/" + address[len("/uploads/"):]
		u.await(page, "available")
		if got := u.downloadSum(page); !bytes.Equal(got, sum[:]) {
			t.Errorf("%s: the bytes differ", address)
		}
	}
}
