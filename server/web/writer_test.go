package web

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
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

// lain is content that lies somewhere.
type lain struct {
	*strings.Reader
	asked     []int64
	abandoned bool
}

func (l *lain) Next(most int64) ([]byte, error) {
	l.asked = append(l.asked, most)
	part := make([]byte, min(most, 100_000))
	n, err := l.Read(part)
	return part[:n], err
}

func (l *lain) Abandon() { l.abandoned = true }

// gone takes so many bytes and then no more.
type gone struct {
	*httptest.ResponseRecorder
	left int
}

func (g *gone) Write(p []byte) (int, error) {
	if len(p) > g.left {
		return 0, io.ErrClosedPipe
	}
	g.left -= len(p)
	return g.ResponseRecorder.Write(p)
}

// TestContentIsWrittenFromWhereItLies, as much as is asked for, in parts that a
// slow line takes in time, and stays untouched when a write has failed.
func TestContentIsWrittenFromWhereItLies(t *testing.T) {
	text := strings.Repeat("0123456789", 50_000)
	for _, test := range []struct {
		asked, room, want int
		err               error
		fails             bool
	}{
		{asked: 250_001, room: 1 << 20, want: 250_001},
		{asked: len(text), room: 1 << 20, want: len(text)},
		{asked: len(text) + 1, room: 1 << 20, want: len(text), err: io.EOF},
		{asked: 250_001, room: 199_999, want: 100_000, err: io.ErrClosedPipe, fails: true},
	} {
		to, from := &gone{httptest.NewRecorder(), test.room}, &lain{Reader: strings.NewReader(text)}
		w := newWriter(to)
		n, err := io.CopyN(w, from, int64(test.asked))
		if n != int64(test.want) || !errors.Is(err, test.err) || to.Body.String() != text[:test.want] || w.bytes != n {
			t.Errorf("%d bytes asked for: %d written, %d counted, %v", test.asked, n, w.bytes, err)
		}
		if from.abandoned != test.fails || len(from.asked) == 0 || slices.Max(from.asked) > atOnce {
			t.Errorf("%d bytes asked for: abandoned %t, asked for %v", test.asked, from.abandoned, from.asked)
		}
	}
}
