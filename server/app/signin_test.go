package app

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"voute.dev/voute/server/journal"
)

func TestTheOneCookie(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	if cookies := b.get("/").Cookies(); len(cookies) != 0 {
		t.Errorf("a visitor gets %v", cookies)
	}
	b.activate(pilotEmail)
	b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	afterPassword := b.post("/sign-in", url.Values{"email": {pilotEmail}, "password": {goodPassword}})
	code := w.lastMail(pilotEmail, sevenDigits)
	afterCode := b.post("/sign-in/code", url.Values{"code": {code[:3] + " " + code[3:]}})
	var values []string
	for _, a := range []answer{afterPassword, afterCode} {
		cookies := a.Cookies()
		if len(cookies) != 1 {
			t.Fatalf("%s sets %v, want one cookie", a.Request.URL.Path, cookies)
		}
		c := cookies[0]
		if c.Name != "session_id" || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 0 || !c.Expires.IsZero() {
			t.Errorf("the cookie is %+v", c)
		}
		values = append(values, c.Value)
	}
	if values[0] == values[1] || len(values[0]) != 43 {
		t.Errorf("the token stays the same after the second factor, or is no token: %v", values)
	}
	gone := b.post("/sign-out", nil).Cookies()
	if len(gone) != 1 || gone[0].MaxAge >= 0 || gone[0].Value != "" {
		t.Errorf("quitting sets %v", gone)
	}
	b.header.Set("Cookie", "session_id="+values[1])
	if got := b.get("/users"); got.StatusCode != http.StatusSeeOther {
		t.Errorf("the token of a session that was quit gives status %d", got.StatusCode)
	}
}

func TestOnePasswordOpensNothing(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.activate(pilotEmail)
	b.post("/sign-in", url.Values{"email": {pilotEmail}, "password": {goodPassword}}).expect(t, http.StatusOK, `data-page="code"`)
	for _, path := range []string{"/", "/documents/new", "/users", "/account"} {
		if got := b.get(path); got.Request.URL.Path != "/sign-in/code" {
			t.Errorf("%s is reached without a code: %s", path, got.Request.URL)
		}
	}
	b.upload("a.bin", noise(10), nil).expect(t, http.StatusForbidden, "")
	b.post("/users", url.Values{"name": {"X"}, "email": {"x@y.test"}, "language": {"fr"}}).expect(t, http.StatusForbidden, "")
}

func TestCodeIsTriedFiveTimes(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.activate(pilotEmail)
	b.post("/sign-in", url.Values{"email": {pilotEmail}, "password": {goodPassword}})
	right := w.lastMail(pilotEmail, sevenDigits)
	for i := range 5 {
		b.post("/sign-in/code", url.Values{"code": {wrong(right, i)}}).expect(t, http.StatusUnprocessableEntity, "Ce code est inexact")
	}
	b.post("/sign-in/code", url.Values{"code": {right}}).expect(t, http.StatusUnprocessableEntity, "n’est plus valide")
	b.post("/sign-in/code/again", nil).expect(t, http.StatusOK, "Un nouveau code est en route")
	fresh := w.lastMail(pilotEmail, sevenDigits)
	b.post("/sign-in/code", url.Values{"code": {fresh}}).expect(t, http.StatusOK, `data-page="home"`)
	if n := w.journal()[journal.CodeRefused]; n != 6 {
		t.Errorf("the journal has %d refused codes, want 6", n)
	}
}

// wrong is another code than the right one.
func wrong(right string, i int) string {
	n, _ := strconv.Atoi(right)
	digits := strconv.Itoa((n + 1 + i) % 10_000_000)
	return strings.Repeat("0", 7-len(digits)) + digits
}

func TestNewCodeReplacesTheOld(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.activate(pilotEmail)
	b.post("/sign-in", url.Values{"email": {pilotEmail}, "password": {goodPassword}})
	old := w.lastMail(pilotEmail, sevenDigits)
	for range 4 {
		b.post("/sign-in/code/again", nil).expect(t, http.StatusOK, "")
	}
	if newer := w.lastMail(pilotEmail, sevenDigits); newer != old {
		b.post("/sign-in/code", url.Values{"code": {old}}).expect(t, http.StatusUnprocessableEntity, "")
	}
	b.post("/sign-in/code/again", nil).expect(t, http.StatusTooManyRequests, "")
}

func TestCodeOfAnotherSignInIsWorthNothing(t *testing.T) {
	w := newWorld(t)
	first, second := w.browser(), w.browser()
	first.activate(pilotEmail)
	first.post("/sign-in", url.Values{"email": {pilotEmail}, "password": {goodPassword}})
	code := w.lastMail(pilotEmail, sevenDigits)
	second.post("/sign-in", url.Values{"email": {pilotEmail}, "password": {goodPassword}})
	if w.lastMail(pilotEmail, sevenDigits) != code {
		second.post("/sign-in/code", url.Values{"code": {code}}).expect(t, http.StatusUnprocessableEntity, "")
	}
}

func TestCodeIsValidFortyMinutes(t *testing.T) {
	for _, c := range []struct {
		after  time.Duration
		status int
	}{{40*time.Minute - time.Second, http.StatusOK}, {40 * time.Minute, http.StatusUnprocessableEntity}} {
		t.Run(c.after.String(), func(t *testing.T) {
			w := newWorld(t)
			b := w.browser()
			b.activate(pilotEmail)
			b.post("/sign-in", url.Values{"email": {pilotEmail}, "password": {goodPassword}})
			code := w.lastMail(pilotEmail, sevenDigits)
			w.clock.forward(c.after)
			b.post("/sign-in/code", url.Values{"code": {code}}).expect(t, c.status, "")
		})
	}
}

func TestSessionsEnd(t *testing.T) {
	w := newWorld(t)
	b := w.pilot()
	for range 23 { // in use all the time, for 11 and a half hours
		w.clock.forward(29*time.Minute + 59*time.Second)
		b.get("/account").expect(t, http.StatusOK, `data-page="account"`)
	}
	w.clock.forward(30 * time.Minute)
	b.get("/account").expect(t, http.StatusOK, `data-page="sign-in"`)

	b.signIn(pilotEmail)
	w.clock.forward(30 * time.Minute)
	b.get("/account").expect(t, http.StatusOK, `data-page="sign-in"`)

	b.signIn(pilotEmail)
	for range 30 {
		w.clock.forward(25 * time.Minute)
		b.get("/account")
	}
	b.get("/account").expect(t, http.StatusOK, `data-page="sign-in"`) // 12 hours at most
}

// TestUnknownAccountsLookLikeKnownOnes compares the whole answers.
func TestUnknownAccountsLookLikeKnownOnes(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	pilot.post("/users", url.Values{"name": {"Invité"}, "email": {"invite@justice.test"}, "language": {"fr"}}).expect(t, http.StatusOK, "")
	_, disabled := w.user(pilot, "Parti")
	accounts, err := w.app.accounts.Accounts.ByEmail(t.Context(), disabled)
	w.must(err)
	pilot.post("/users/"+accounts.ID+"/disable", nil).expect(t, http.StatusOK, "")
	bodies := map[string]bool{}
	for _, attempt := range []struct{ email, password string }{
		{pilotEmail, "not the right password"}, {"nobody@justice.test", goodPassword}, {"invite@justice.test", goodPassword},
		{disabled, goodPassword}, {"not an address", goodPassword},
	} {
		got := w.browser().post("/sign-in", url.Values{"email": {attempt.email}, "password": {attempt.password}})
		got.expect(t, http.StatusUnprocessableEntity, "inexact")
		if len(got.Cookies()) > 0 {
			t.Errorf("%s gets a cookie", attempt.email)
		}
		bodies[strings.ReplaceAll(got.body, attempt.email, "")] = true
	}
	if len(bodies) != 1 {
		t.Errorf("there are %d different answers", len(bodies))
	}
}

func TestGuessingIsSlowedDown(t *testing.T) {
	w := newWorld(t)
	for _, email := range []string{pilotEmail, "nobody@justice.test"} {
		b := w.browser()
		for range 10 {
			b.post("/sign-in", url.Values{"email": {email}, "password": {"wrong wrong wrong"}}).expect(t, http.StatusUnprocessableEntity, "")
		}
		got := b.post("/sign-in", url.Values{"email": {strings.ToUpper(email)}, "password": {"wrong wrong wrong"}})
		got.expect(t, http.StatusTooManyRequests, "Trop de tentatives")
		if got.Header.Get("Retry-After") != "60" {
			t.Errorf("Retry-After is %q", got.Header.Get("Retry-After"))
		}
	}
	w.clock.forward(time.Minute)
	w.browser().activate(pilotEmail)
	w.browser().signIn(pilotEmail)
}

func TestAfterSigningInTheDocumentAskedFor(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	robert, robertEmail := w.user(pilot, "Robert")
	path := pilot.deliver(noise(10), robertEmail)
	robert.post("/sign-out", nil)
	page := robert.get(path).expect(t, http.StatusOK, `name="next" value="`+path+`"`)
	if page.Request.URL.Path != "/" {
		t.Errorf("sent to %s", page.Request.URL)
	}
	robert.post("/sign-in", url.Values{"email": {robertEmail}, "password": {goodPassword}, "next": {path}})
	got := robert.post("/sign-in/code", url.Values{"code": {w.lastMail(robertEmail, sevenDigits)}})
	if got.Request.URL.Path != path {
		t.Errorf("after signing in at %s, want %s", got.Request.URL, path)
	}
	robert.post("/sign-out", nil)
	for _, elsewhere := range []string{"//evil.test/", "https://evil.test", "/\\evil.test", "/sign-out"} {
		robert.post("/sign-in", url.Values{"email": {robertEmail}, "password": {goodPassword}, "next": {elsewhere}})
		got := robert.post("/sign-in/code", url.Values{"code": {w.lastMail(robertEmail, sevenDigits)}})
		if got.Request.URL.String() != publicAddress+"/" {
			t.Errorf("next=%s leads to %s", elsewhere, got.Request.URL)
		}
		robert.post("/sign-out", nil)
	}
}
