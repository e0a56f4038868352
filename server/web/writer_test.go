package web

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"voute.dev/voute/server/config"
)

// line is a connection that tells its deadlines.
type line struct {
	*httptest.ResponseRecorder
	read, write time.Time
}

func (l *line) SetReadDeadline(at time.Time) error  { l.read = at; return nil }
func (l *line) SetWriteDeadline(at time.Time) error { l.write = at; return nil }

// TestUploadHasNoWriteDeadline: over HTTP/2 one ends a request that only reads.
func TestUploadHasNoWriteDeadline(t *testing.T) {
	l := &line{ResponseRecorder: httptest.NewRecorder()}
	w := newWriter(l)
	if l.write.IsZero() {
		t.Fatal("an answer has no deadline")
	}
	hr := httptest.NewRequest(http.MethodPost, "/documents", strings.NewReader("--b--"))
	hr.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	if _, err := newIncoming(&request{Request: hr, w: w}); err != nil {
		t.Fatal(err)
	}
	if !l.write.IsZero() {
		t.Error("an upload ends when its answer's deadline has come")
	}
	w.WriteHeader(http.StatusSeeOther)
	if l.write.IsZero() {
		t.Error("the answer to an upload has no deadline")
	}
}

// TestBodyThatNobodyReads must not hold its connection for ever.
func TestBodyThatNobodyReads(t *testing.T) {
	s := &Site{Config: func() *config.Config { return &config.Config{Address: "https://vault.test"} }, Log: slog.New(slog.DiscardHandler)}
	handler := s.protect(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for method, limited := range map[string]bool{http.MethodPost: true, http.MethodGet: false} {
		body := ""
		if limited {
			body = "x"
		}
		l := &line{ResponseRecorder: httptest.NewRecorder()}
		handler.ServeHTTP(l, httptest.NewRequest(method, "https://vault.test/", strings.NewReader(body)))
		if l.read.IsZero() == limited {
			t.Errorf("%s: the body may come until %v", method, l.read)
		}
	}
}
