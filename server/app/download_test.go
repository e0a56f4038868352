package app

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// tap lets something happen once the first bytes are out.
type tap struct {
	*httptest.ResponseRecorder
	meanwhile func()
}

func (t *tap) Write(p []byte) (int, error) {
	n, err := t.ResponseRecorder.Write(p)
	if then := t.meanwhile; then != nil {
		t.meanwhile = nil
		then()
	}
	return n, err
}

// download gives what came of a document, and whether it was broken off.
func (b *browser) download(path string, meanwhile func()) (length int, broken error) {
	b.w.t.Helper()
	request := httptest.NewRequest(http.MethodGet, publicAddress+path+"/content", nil)
	for _, cookie := range b.client.Jar.Cookies(request.URL) {
		request.AddCookie(cookie)
	}
	to := &tap{httptest.NewRecorder(), meanwhile}
	func() {
		defer func() { broken, _ = recover().(error) }()
		b.w.server.Config.Handler.ServeHTTP(to, request)
	}()
	return to.Body.Len(), broken
}

// TestDownloadEndsWithTheRightToIt: a slow line must not outlast it.
func TestDownloadEndsWithTheRightToIt(t *testing.T) {
	const size = 3 << 20
	for name, end := range map[string]func(w *world, pilot *browser, path, email string){
		"reader disabled": func(w *world, pilot *browser, _, email string) {
			pilot.post("/users/"+w.account(email).ID+"/disable", nil).expect(t, http.StatusOK, "")
			w.clock.forward(time.Minute)
		},
		"document deleted": func(w *world, pilot *browser, path, _ string) {
			pilot.post(path+"/delete", url.Values{}).expect(t, http.StatusOK, "")
			w.clock.forward(time.Minute)
		},
		"document expired": func(w *world, _ *browser, _, _ string) { w.clock.forward(30 * 24 * time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			pilot := w.pilot()
			robert, email := w.user(pilot, "Robert")
			path := pilot.deliver(noise(size), email)
			if length, broken := robert.download(path, func() { w.clock.forward(time.Minute) }); length != size || broken != nil {
				t.Fatalf("with the right to it: %d bytes, %v", length, broken)
			}
			length, broken := robert.download(path, func() { end(w, pilot, path, email) })
			if length >= size || !errors.Is(broken, http.ErrAbortHandler) {
				t.Errorf("%d of %d bytes came, broken off: %v", length, size, broken)
			}
			if strings.Contains(w.log.String(), "panicked") {
				t.Error("the log tells of a panic")
			}
		})
	}
}
