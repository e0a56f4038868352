package app

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"voute.dev/voute/server/config"
	"voute.dev/voute/server/document"
	"voute.dev/voute/server/journal"
)

// throughThePort makes a browser use the server's own port.
func (r *running) throughThePort(b *browser) *browser {
	transport := b.client.Transport.(*http.Transport)
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, r.settings.Listen.HTTPS)
	}
	transport.CloseIdleConnections()
	return b
}

// accepts tells whether the public port takes a new connection.
func (r *running) accepts() bool {
	connection, err := tls.Dial("tcp", r.settings.Listen.HTTPS, &tls.Config{RootCAs: r.authority.Pool, ServerName: "vault.test"})
	if err == nil {
		_ = connection.Close()
	}
	return err == nil
}

// said is how many lines of the log have a text; only once the server has stopped.
func (r *running) said(text string) int { return strings.Count(r.log.String(), text) }

// underWay is an upload whose bytes go when the test says so.
type underWay struct {
	r        *running
	to       *io.PipeWriter
	left     []byte
	answered chan string // the path it leads to, or is about ("" for none), or why there was no answer
	page     string      // once it is answered
}

// begin sends the first bytes of an upload and waits until the server has them.
func (r *running) begin(pilot *browser, content []byte, first int) *underWay {
	r.t.Helper()
	body, kind := form(r.t, "lent.bin", content, nil)
	reader, writer := io.Pipe()
	request, err := http.NewRequest(http.MethodPost, publicAddress+"/documents", reader)
	r.must(err)
	request.Header.Set("Content-Type", kind)
	pilot.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	u := &underWay{r: r, to: writer, left: body[first:], answered: make(chan string, 1)}
	go func() {
		response, err := pilot.client.Do(request)
		if err != nil {
			u.answered <- err.Error()
			return
		}
		page, err := io.ReadAll(response.Body)
		if _ = response.Body.Close(); err != nil {
			u.answered <- err.Error()
			return
		}
		u.page = string(page)
		u.answered <- response.Header.Get("Location") + response.Header.Get("Content-Location")
	}()
	_, err = io.Copy(writer, bytes.NewReader(body[:first]))
	r.must(err)
	r.until("the upload under way", func() bool { return r.usage().Reserved > 0 })
	return u
}

func (u *underWay) finish() (path string) {
	u.r.t.Helper()
	_, err := io.Copy(u.to, bytes.NewReader(u.left))
	u.r.must(err)
	u.r.must(u.to.Close())
	path, _, _ = strings.Cut(<-u.answered, "?")
	return path
}

// ended waits for the server's end.
func (r *running) ended() {
	r.t.Helper()
	r.must(<-r.stopped)
	close(r.stopped)
}

// TestStopLetsAnUploadFinish asks the server to stop in the middle of one, and
// looks at each port on the way; the bytes are the same after the next start.
func TestStopLetsAnUploadFinish(t *testing.T) {
	r := run(t, func(c *config.Config) { c.Shutdown.SettleSeconds = new(3) })
	content := noise(500_000)
	pilot := r.throughThePort(r.pilot())
	upload := r.begin(pilot, content, 300_000)
	r.cancel()
	r.until("not ready", func() bool { return r.plain("/readyz") == http.StatusServiceUnavailable })
	if !r.accepts() {
		t.Error("new connections are refused before anybody could have seen that the server is not ready")
	}
	pilot.upload("court.bin", noise(10), nil).expect(t, http.StatusSeeOther, "") // one that begins now, too
	r.until("no new connections", func() bool { return !r.accepts() })
	if report := r.report(); r.plain("/healthz") != http.StatusOK || r.plain("/readyz") != http.StatusServiceUnavailable || report.Ready || !report.Draining || report.Requests != 1 {
		t.Errorf("while draining: /healthz %d, /readyz %d, report %+v", r.plain("/healthz"), r.plain("/readyz"), report)
	}
	path := upload.finish()
	if !strings.Contains(upload.page, "reçu et chiffré") || !strings.Contains(upload.page, "data-state=") {
		t.Errorf("nobody answers where the upload leads, and it shows:\n%s", upload.page)
	}
	r.ended()
	if code := r.plain("/healthz"); code != 0 {
		t.Errorf("after the stop /healthz still answers %d", code)
	}
	if u := r.usage(); u != (document.Usage{Used: 500_010, Documents: 2}) {
		t.Fatalf("after the stop: %+v; the upload ended with %q", u, path)
	}
	if r.said("stop asked") != 1 || r.said(`"msg":"drained: the public port is closed","cut":0`) != 1 {
		t.Errorf("the log says:\n%s", r.log)
	}
	r.restart()
	again := r.browser()
	again.signIn(pilotEmail)
	if got := again.get(path + "/content"); got.StatusCode != http.StatusOK || got.body != string(content) {
		t.Errorf("status %d with %d bytes after the restart", got.StatusCode, len(got.body))
	}
}

// TestUploadThatNeverEndsIsCut at the limit, and leaves nothing.
func TestUploadThatNeverEndsIsCut(t *testing.T) {
	r := run(t, func(c *config.Config) { c.Shutdown.DrainSeconds = new(1) })
	upload := r.begin(r.throughThePort(r.pilot()), noise(500_000), 300_000)
	began := time.Now()
	r.cancel()
	r.ended()
	if got := <-upload.answered; got == "" || strings.HasPrefix(got, "/documents/") {
		t.Errorf("the upload was answered, and leads to %q", got)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("the upload went on for %s", took)
	}
	if r.usage() != (document.Usage{}) || r.blobs() != 0 || r.journal()[journal.DocumentAborted] != 1 {
		t.Errorf("%+v and %d blobs are left, the journal has %v", r.usage(), r.blobs(), r.journal())
	}
	if r.said(`"cut":1`) != 1 {
		t.Errorf("the log says:\n%s", r.log)
	}
	r.restart()
	if r.usage() != (document.Usage{}) || r.blobs() != 0 {
		t.Errorf("after the restart there are %+v and %d blobs", r.usage(), r.blobs())
	}
}

// TestStopDoesNotWaitForTheIdle: visitors whose browsers hold connections open.
// Asked twice, it stops once.
func TestStopDoesNotWaitForTheIdle(t *testing.T) {
	r := run(t)
	r.throughThePort(r.browser()).get("/terms").expect(t, http.StatusOK, "")
	old := r.browser() // HTTP/1.1
	old.client.Transport.(*http.Transport).ForceAttemptHTTP2 = false
	if got := r.throughThePort(old).get("/terms"); got.ProtoMajor != 1 {
		t.Fatalf("speaks %s", got.Proto)
	}
	began := time.Now()
	r.cancel()
	r.cancel()
	r.ended()
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("the stop took %s of the 60 s for requests under way", took)
	}
	if r.said("stop asked") != 1 || r.said(`"cut":0`) != 1 {
		t.Errorf("the log says:\n%s", r.log)
	}
}

// TestNoNewUploadsWhileDraining: one that still arrives then, on a connection
// that was open, would be cut.
func TestNoNewUploadsWhileDraining(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	w.app.state.draining.Store(true)
	got := pilot.upload("b.bin", noise(10), nil).expect(t, http.StatusServiceUnavailable, "Le service redémarre")
	if got.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	pilot.get("/").expect(t, http.StatusOK, "")
	if w.usage() != (document.Usage{}) || w.blobs() != 0 {
		t.Errorf("%+v and %d blobs are left", w.usage(), w.blobs())
	}
}
