package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"voute.dev/voute/server/account"
	"voute.dev/voute/server/config"
	"voute.dev/voute/server/document"
	"voute.dev/voute/server/session"
	"voute.dev/voute/server/share"
)

// Site is the pages and what they do.
type Site struct {
	Config    func() *config.Config
	Accounts  *account.Service
	Sessions  *session.Service
	Documents *document.Service
	Shares    *share.Service
	Now       func() time.Time
	Log       *slog.Logger
	// Draining tells whether the server stops: it takes no new uploads then.
	Draining func() bool

	uploads, downloads room
}

// Handler serves the site.
func (s *Site) Handler() http.Handler {
	s.uploads, s.downloads = make(room, uploadsAtOnce), make(room, downloadsAtOnce)
	return s.protect(s.mux())
}

// serve finds out who asks, whether they may, and runs the action.
func (s *Site) serve(route route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		r := newRequest(s, w, hr)
		err := r.identify()
		if err == nil {
			err = r.admit(route.access)
		}
		if err == nil {
			err = route.action(s, r)
		}
		note(w, route.pattern, r.account.ID)
		if err != nil {
			s.fail(r, err)
		}
	})
}

// admit refuses whoever has not come far enough. Only nil lets the action run.
func (r *request) admit(needed access) error {
	switch {
	case needed == anyone:
		return nil
	case needed == halfway && r.stage != session.Pending, needed != halfway && !r.signedIn():
		return errSignIn
	case needed == pilot && !r.account.Pilot():
		return errForbidden
	}
	return nil
}

// entrance is where a person who may not go on yet should be.
func (r *request) entrance() string {
	switch {
	case r.stage == session.Pending:
		return "/sign-in/code"
	case nextAllowed(r.URL.Path):
		return "/?next=" + r.URL.Path
	}
	return "/"
}

// identify reads the cookie. One that means nothing (any more) is no error.
func (r *request) identify() error {
	cookie, err := r.Cookie(cookieName)
	if errors.Is(err, http.ErrNoCookie) {
		return nil
	}
	if err != nil {
		return err
	}
	found, a, err := r.site.Sessions.Resolve(r.Context(), cookie.Value)
	if errors.Is(err, session.ErrNotFound) || errors.Is(err, account.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	r.token, r.stage, r.account = cookie.Value, found.Stage, a
	r.lang = r.chooseLanguage()
	return nil
}

// watch tells, now and then during a long upload or download, whether whoever
// asked for it is still signed in; it counts as a sign of life.
func (r *request) watch(ctx context.Context) error {
	_, _, err := r.site.Sessions.Resolve(ctx, r.token)
	return err
}
