package web

import (
	"io"
	"net/http"
	"time"
)

const (
	stall    = time.Minute // without a byte taken or given, a connection ends
	stallTip = time.Second // how often the deadline is moved at most
)

// writer notes what was answered. Its deadline moves on with each write: a slow
// line is served to the end, one that stands still is not.
type writer struct {
	http.ResponseWriter
	control *http.ResponseController
	moved   time.Time
	status  int
	bytes   int64
	pattern string
	account string
}

func newWriter(w http.ResponseWriter) *writer {
	nw := &writer{ResponseWriter: w, control: http.NewResponseController(w)}
	nw.extend()
	return nw
}

// Unwrap lets http.ResponseController through.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader notes the status.
func (w *writer) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.extend()
	w.ResponseWriter.WriteHeader(status)
}

// Write counts.
func (w *writer) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	w.extend()
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// ReadFrom writes a document from the memory in which it was opened.
func (w *writer) ReadFrom(from io.Reader) (int64, error) {
	if part, ok := from.(*io.LimitedReader); ok {
		if given, ok := part.R.(*watched); ok {
			return given.copyTo(w, part.N)
		}
	}
	return io.Copy(onlyWriter{w}, from)
}

// onlyWriter hides other methods, so that Copy uses a buffer.
type onlyWriter struct{ io.Writer }

// rest takes the deadline away until the next write. Over HTTP/2 it would end
// the whole request, though nothing is to be written yet.
func (w *writer) rest() {
	w.moved = time.Time{}
	_ = w.control.SetWriteDeadline(time.Time{}) // a recorder in a test has none
}

// await limits how long a body may take to come; who reads it moves that on.
// Without, a client that announces a body and sends none would hold its
// connection for ever: after the answer the server waits for the rest of it.
func (w *writer) await(hr *http.Request) {
	if hr.ContentLength != 0 {
		_ = w.control.SetReadDeadline(time.Now().Add(formTime)) // a recorder in a test has none
	}
}

func (w *writer) extend() {
	now := time.Now()
	if now.Sub(w.moved) < stallTip {
		return
	}
	w.moved = now
	_ = w.control.SetWriteDeadline(now.Add(stall)) // a recorder in a test has none
}

// note adds what the log tells of a request.
func note(w http.ResponseWriter, pattern, account string) {
	if nw, ok := w.(*writer); ok {
		nw.pattern, nw.account = pattern, account
	}
}
