package web

import (
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	stall    = time.Minute // without a byte taken or given, a connection ends
	stallTip = time.Second // how often the deadline is moved at most
	// atOnce is how much of a document is written under one deadline: the slowest
	// line that is served takes it in a minute. More at once costs less.
	atOnce = 128 << 10
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

// lying is content that is there already, and is given out where it lies.
type lying interface {
	// Next gives bytes that are good until it is called again.
	Next(most int64) ([]byte, error)
	// Abandon says that they must stay as they are for good.
	Abandon()
}

// ReadFrom writes what lies somewhere from there. Over HTTP/2 a write that ends
// because its client is gone may go on for a moment behind it: what it writes
// from must not become another document's then.
func (w *writer) ReadFrom(from io.Reader) (written int64, err error) {
	limited, _ := from.(*io.LimitedReader)
	if limited == nil {
		return io.Copy(plainWriter{w}, from)
	}
	content, lies := limited.R.(lying)
	if !lies {
		return io.Copy(plainWriter{w}, from)
	}
	for limited.N > 0 {
		part, err := content.Next(min(limited.N, atOnce))
		if errors.Is(err, io.EOF) {
			return written, nil
		}
		if err != nil {
			return written, err
		}
		n, err := w.Write(part)
		written += int64(n)
		limited.N -= int64(n)
		if err != nil {
			content.Abandon()
			return written, err
		}
	}
	return written, nil
}

// plainWriter hides ReadFrom.
type plainWriter struct{ io.Writer }

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
