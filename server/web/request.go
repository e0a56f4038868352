package web

import (
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"voute.dev/voute/server/account"
	"voute.dev/voute/server/config"
	"voute.dev/voute/server/journal"
	"voute.dev/voute/server/language"
	"voute.dev/voute/server/session"
)

const (
	cookieName  = "session_id"
	largestForm = 64 << 10
	formTime    = 30 * time.Second
)

// request is one request and what is known of who makes it.
type request struct {
	*http.Request
	w       http.ResponseWriter
	site    *Site
	config  *config.Config // in force when the request came
	lang    language.Language
	token   string // of the session; empty when there is none
	stage   session.Stage
	account account.Account
}

func newRequest(s *Site, w http.ResponseWriter, hr *http.Request) *request {
	r := &request{Request: hr, w: w, site: s, config: s.Config()}
	r.lang = r.chooseLanguage()
	return r
}

func (r *request) signedIn() bool { return r.stage == session.Open }

// chooseLanguage: the address, then the person's choice, then the browser's.
func (r *request) chooseLanguage() language.Language {
	switch asked := r.URL.Query().Get("lang"); {
	case language.Known(asked):
		return language.Of(asked)
	case r.account.ID != "":
		return language.Of(r.account.Language)
	}
	return language.Accepted(r.Header.Get("Accept-Language"))
}

// link keeps the language that a visitor without an account has chosen: there
// is no cookie to remember it.
func (r *request) link(path string) string {
	if r.signedIn() || !language.Known(r.URL.Query().Get("lang")) {
		return path
	}
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	return path + separator + "lang=" + string(r.lang)
}

func (r *request) redirect(path string) error {
	r.w.Header().Set("Cache-Control", "no-store")
	http.Redirect(r.w, r.Request, r.link(path), http.StatusSeeOther)
	return nil
}

// redirectWith goes to a page that tells what has been done.
func (r *request) redirectWith(path, notice string) error {
	return r.redirect(path + "?notice=" + url.QueryEscape(notice))
}

// form reads a small form.
func (r *request) form() error {
	control := http.NewResponseController(r.w)
	if err := control.SetReadDeadline(time.Now().Add(formTime)); err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(r.w, r.Body, largestForm)
	if err := r.ParseForm(); err != nil {
		return errForm
	}
	return control.SetReadDeadline(time.Time{})
}

// value is a field without the spaces around it.
func (r *request) value(field string) string { return strings.TrimSpace(r.PostForm.Get(field)) }

// number reads a field that may be empty; what is no number is one that is refused.
func number(text string) int {
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return -1
	}
	return n
}

// lines are those of a field that may also be repeated.
func lines(values []string) []string {
	return strings.FieldsFunc(strings.Join(values, "\n"), func(c rune) bool {
		return c == '\n' || c == '\r' || c == ',' || c == ';' || c == ' ' || c == '\t'
	})
}

func (r *request) actor() journal.Actor {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	actor := journal.Actor{Address: host, UserAgent: r.UserAgent(), Referer: r.referer()}
	if r.signedIn() {
		actor.ID = r.account.ID
	}
	return actor
}

// referer is the page that led here: of this site its path, of another one only
// its name, and of an invitation not the token that opens it.
func (r *request) referer() string {
	from, err := url.Parse(r.Referer())
	switch {
	case err != nil || from.Host == "":
		return ""
	case !sameName(from.Host, r.config.Address):
		return from.Scheme + "://" + from.Host
	case strings.HasPrefix(from.Path, "/invitation/"):
		return "/invitation"
	}
	return from.Path
}

func (r *request) setCookie(token string) {
	http.SetCookie(r.w, &http.Cookie{
		Name: cookieName, Value: token, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func (r *request) clearCookie() {
	http.SetCookie(r.w, &http.Cookie{
		Name: cookieName, Path: "/", MaxAge: -1, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

var documentPath = regexp.MustCompile(`^/(documents/(new|[a-z2-7]{26})|shares/[a-z2-7]{26})$`)

// nextAllowed keeps the page to go to after signing in inside this site.
func nextAllowed(path string) bool { return documentPath.MatchString(path) }
