package web

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"voute.dev/voute/server/account"
	"voute.dev/voute/server/document"
	"voute.dev/voute/server/keys"
	"voute.dev/voute/server/session"
	"voute.dev/voute/server/share"
	"voute.dev/voute/server/tus"
)

var (
	errNotFound    = errors.New("no such page")
	errForbidden   = errors.New("not allowed")
	errSignIn      = errors.New("not signed in")
	errForm        = errors.New("the form cannot be read")
	errCrossOrigin = errors.New("another site sent this form")
	errMisdirected = errors.New("not this server's name")
	errBusy        = errors.New("too many at once")
	errDraining    = errors.New("the server stops and takes no new uploads")
	errRanges      = errors.New("too many parts of a document at once")
	errPanic       = errors.New("the action panicked")
)

// failure is how an error shows: a status, and the words error.<name>.
type failure struct {
	err    error
	status int
	name   string
}

// failures is in order: the first that matches counts.
var failures = []failure{
	{errNotFound, http.StatusNotFound, "missing"},
	{account.ErrNotFound, http.StatusNotFound, "missing"},
	{document.ErrNotFound, http.StatusNotFound, "missing"},
	{document.ErrOver, http.StatusGone, "over"},
	{document.ErrHeld, http.StatusConflict, "held"},
	{document.ErrNotHeld, http.StatusConflict, "changed"},
	{document.ErrNotReady, http.StatusConflict, "not-ready"},
	{document.Locked, http.StatusConflict, "quarantined"},
	{document.ErrChanged, http.StatusConflict, "changed"},
	{document.ErrLimit, http.StatusForbidden, "downloads"},
	{document.ErrKey, http.StatusServiceUnavailable, "key-lost"},
	{share.ErrNotFound, http.StatusNotFound, "missing"},
	{share.ErrOver, http.StatusGone, "share-over"},
	{errRanges, http.StatusRequestedRangeNotSatisfiable, "ranges"},
	{document.ErrClosed, http.StatusForbidden, "closed"},
	{document.ErrTooLarge, http.StatusRequestEntityTooLarge, "too-large"},
	{document.ErrQuota, http.StatusInsufficientStorage, "quota"},
	{syscall.ENOSPC, http.StatusInsufficientStorage, "quota"},
	{document.ErrTaken, http.StatusLocked, "taken"},
	{document.ErrStopping, http.StatusServiceUnavailable, "stopping"},
	{document.ErrOffset, http.StatusConflict, "offset"},
	{document.ErrBeyond, http.StatusRequestEntityTooLarge, "beyond"},
	{document.ErrChecksum, tus.StatusChecksumMismatch, "checksum"},
	{document.ErrTooMany, http.StatusTooManyRequests, "too-many-uploads"},
	{document.ErrBlocked, http.StatusUnsupportedMediaType, "blocked"},
	{document.ErrBroken, http.StatusBadRequest, "broken"},
	{account.ErrInvitation, http.StatusNotFound, "invitation"},
	{account.ErrIsPilot, http.StatusForbidden, "is-pilot"},
	{errForbidden, http.StatusForbidden, "forbidden"},
	{errSignIn, http.StatusForbidden, "sign-in"},
	{session.ErrNotFound, http.StatusForbidden, "sign-in"},
	{document.ErrPaused, http.StatusBadRequest, "paused"},
	{session.ErrTooMany, http.StatusTooManyRequests, "too-many-codes"},
	{errCrossOrigin, http.StatusForbidden, "cross-origin"},
	{errForm, http.StatusBadRequest, "form"},
	{errMisdirected, http.StatusMisdirectedRequest, "misdirected"},
	{keys.ErrUnavailable, http.StatusServiceUnavailable, "keys"},
	{keys.ErrRefused, http.StatusServiceUnavailable, "keys"},
	{errDraining, http.StatusServiceUnavailable, "draining"},
	{errBusy, http.StatusServiceUnavailable, "busy"},
	{context.DeadlineExceeded, http.StatusServiceUnavailable, "busy"},
}

var unexpected = failure{status: http.StatusInternalServerError, name: "unexpected"}

func describe(err error) failure {
	for _, f := range failures {
		if errors.Is(err, f.err) {
			return f
		}
	}
	return unexpected
}

// fail answers with the page of an error, or sends whoever has to sign in there.
func (s *Site) fail(r *request, err error) {
	if r.Context().Err() != nil {
		return // nobody is there any more
	}
	if w, ok := r.w.(*writer); ok && w.status != 0 {
		s.Log.Error("an answer broke off", "account", r.account.ID, "error", err)
		panic(http.ErrAbortHandler) // half an answer must not look like a whole one
	}
	programs := forPrograms(r.Request)
	if errors.Is(err, errSignIn) && !programs && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		_ = r.redirect(r.entrance()) // it has no error
		return
	}
	var limit *session.LimitError
	f := describe(err)
	if errors.As(err, &limit) {
		f = failure{status: http.StatusTooManyRequests, name: "limit"}
		r.w.Header().Set("Retry-After", seconds(limit.Wait))
	}
	if f.status >= 500 {
		s.Log.Error("a request failed", "status", f.status, "account", r.account.ID, "error", err)
	}
	if f.status == http.StatusServiceUnavailable {
		r.w.Header().Set("Retry-After", seconds(30*time.Second))
	}
	if programs {
		r.failTus(f, err)
		return
	}
	view := errorView{Status: f.status, Text: "error." + f.name}
	if err := r.render(page{Name: "error", Title: "error." + f.name + ".title", Status: f.status, Self: "/", Data: view}); err != nil {
		s.Log.Error("cannot render the page of an error", "error", err)
	}
}

type errorView struct {
	Status int
	Text   string // key of its paragraph
}

func seconds(d time.Duration) string { return strconv.Itoa(int(math.Ceil(d.Seconds()))) }

// nothing answers every address that is not in the table.
func (s *Site) nothing(*request) error { return errNotFound }
