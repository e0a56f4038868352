package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"
)

var plainMarker = []byte("MARQUEUR-EN-CLAIR-")

// uploader is one client that goes on whatever happens to its server.
type uploader struct {
	*person
	random   *rand.Rand
	address  string
	content  []byte
	acked    int
	resumed  int
	arrived  map[string][]byte // path of a document, and its hash
	problems []string
}

// begin opens the next upload.
func (u *uploader) begin(ctx context.Context) {
	u.content = make([]byte, 1+u.random.IntN(3<<20))
	for at := 0; at < len(u.content); at += copy(u.content[at:], plainMarker) {
		if at+8 < len(u.content) {
			at += copy(u.content[at:], fmt.Sprintf("%08x", u.random.Uint32()))
		}
	}
	got, err := u.ask(ctx, http.MethodPost, "/uploads", nil, map[string]string{
		"Upload-Length": strconv.Itoa(len(u.content)), "Upload-Metadata": "filename " + base64.StdEncoding.EncodeToString([]byte("a.bin")),
	})
	if err == nil && got.StatusCode == http.StatusCreated {
		u.address, u.acked = got.Header.Get("Location"), 0
	}
}

func (u *uploader) ask(ctx context.Context, method, path string, body io.Reader, header map[string]string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, u.settings.Address+path, body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Tus-Resumable", "1.0.0")
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := u.http.Do(request)
	if err == nil {
		_, _ = io.Copy(io.Discard, response.Body) // the server may be killed meanwhile
		err = response.Body.Close()
	}
	return response, err
}

// step asks where the upload is, and sends the next bytes.
func (u *uploader) step(ctx context.Context) {
	if u.address == "" {
		u.begin(ctx)
		return
	}
	got, err := u.ask(ctx, http.MethodHead, u.address, nil, nil)
	if err != nil || got.StatusCode == http.StatusServiceUnavailable {
		return
	}
	at, err := strconv.Atoi(got.Header.Get("Upload-Offset"))
	if err != nil || got.StatusCode != http.StatusOK || at < u.acked || at > len(u.content) {
		u.problems = append(u.problems, fmt.Sprintf("%s: %d bytes are acknowledged, and the server says %s, %q", u.address, u.acked, got.Status, got.Header.Get("Upload-Offset")))
		u.address = ""
		return
	}
	if at > u.acked {
		u.resumed++ // more was saved than was answered
	}
	if u.acked = at; at == len(u.content) {
		sum := sha256.Sum256(u.content)
		u.arrived[got.Header.Get("Content-Location")] = sum[:]
		u.address = ""
		return
	}
	n := min(len(u.content)-at, 1+u.random.IntN(1<<(1+u.random.IntN(21))))
	header := map[string]string{"Upload-Offset": strconv.Itoa(at), "Content-Type": "application/offset+octet-stream"}
	if sum := sha256.Sum256(u.content[at : at+n]); u.random.IntN(4) == 0 {
		header["Upload-Checksum"] = "sha256 " + base64.StdEncoding.EncodeToString(sum[:])
	}
	got, err = u.ask(ctx, http.MethodPatch, u.address, bytes.NewReader(u.content[at:at+n]), header)
	if err == nil && got.StatusCode == http.StatusNoContent {
		u.acked = at + n
	}
}

func (u *uploader) run(ctx context.Context) {
	for ctx.Err() == nil {
		u.step(ctx)
		time.Sleep(time.Duration(u.random.IntN(10)) * time.Millisecond)
	}
}

// TestKilledWhileReceiving kills the server at random moments while several
// upload at once. After each end everything that was acknowledged is there, no
// plain byte lies in any file, and at the end every document is whole.
func TestKilledWhileReceiving(t *testing.T) {
	rounds := 100
	if os.Getenv("VOUTE_SOAK") != "" {
		rounds = 1000
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	p := newPlace(t)
	pilot := p.person(pilotEmail).join()
	uploaders := make([]*uploader, 4)
	ctx, stop := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for i := range uploaders {
		uploaders[i] = &uploader{person: pilot, random: rand.New(rand.NewPCG(seed, uint64(i))), arrived: map[string][]byte{}}
		group.Go(func() { uploaders[i].run(ctx) })
	}
	random := rand.New(rand.NewPCG(seed, 99))
	for range rounds {
		time.Sleep(time.Duration(random.IntN(200)) * time.Millisecond)
		p.server.Kill()
		p.searchPlain(plainMarker)
		p.start()
	}
	stop()
	group.Wait()
	whole, resumed := 0, 0
	for _, u := range uploaders {
		for u.address != "" {
			u.step(t.Context())
		}
		for _, problem := range u.problems {
			t.Error(problem)
		}
		for path, sum := range u.arrived {
			pilot.await(path, "available")
			if got := pilot.downloadSum(path); !bytes.Equal(got, sum) {
				t.Errorf("%s: the bytes differ from those that were sent", path)
			}
			whole++
		}
		resumed += u.resumed
	}
	p.searchPlain(plainMarker)
	t.Logf("%d kills, %d documents whole, %d times more was saved than was answered", rounds, whole, resumed)
	if whole == 0 {
		t.Error("no document arrived")
	}
}

// searchPlain looks for a marker in every file of the storage directory.
func (p *place) searchPlain(marker []byte) {
	p.t.Helper()
	files := 0
	err := filepath.WalkDir(p.settings.Storage.Directory, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(file)
		if bytes.Contains(content, marker) {
			p.t.Errorf("%s holds plain bytes", filepath.Base(file))
		}
		files++
		return err
	})
	p.must(err)
	if files < 2 {
		p.t.Errorf("only %d files were looked at", files)
	}
}
