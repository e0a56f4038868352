package benchserver

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path"
	"regexp"
	"strings"
	"time"
)

const (
	pilotEmail = "marie@justice.test"
	password   = "quatre mots au hasard"
)

// pilot is somebody who is signed in, whatever the protocol and the connection.
type pilot struct {
	*place
	jar   http.CookieJar
	pages *http.Client
	mails int
}

// join accepts the invitation and signs in.
func (p *place) join() *pilot {
	p.t.Helper()
	jar, err := cookiejar.New(nil)
	p.must(err)
	who := &pilot{place: p, jar: jar, pages: p.client("h2", jar)}
	link := who.mailed(`/invitation/[\w-]+`)
	who.post(link, url.Values{"password": {password}, "password2": {password}, "terms": {"yes"}}, `data-page="sign-in"`)
	who.post("/sign-in", url.Values{"email": {pilotEmail}, "password": {password}}, `data-page="code"`)
	who.post("/sign-in/code", url.Values{"code": {who.mailed(`\d{7}`)}}, `data-page="home"`)
	return who
}

// mailed is what the pattern finds in the next message.
func (p *pilot) mailed(pattern string) string {
	p.t.Helper()
	message := p.mail.AwaitTo(p.t, pilotEmail, p.mails)
	p.mails++
	found := regexp.MustCompile(pattern).FindString(message.Text)
	if found == "" {
		p.t.Fatalf("no %s in:\n%s", pattern, message.Text)
	}
	return found
}

// post sends a form and expects a page with this text at the end of all redirections.
func (p *pilot) post(path string, fields url.Values, expected string) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.settings.Address+path, strings.NewReader(fields.Encode()))
	p.must(err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	_, text, err := expect(p.pages, request, http.StatusOK)
	p.must(err)
	if !strings.Contains(text, expected) {
		p.t.Fatalf("POST %s leads to a page without %q:\n%s", path, expected, text)
	}
}

// answer sends a request and reads what comes back.
func answer(client *http.Client, request *http.Request) (*http.Response, string, error) {
	response, err := client.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return response, string(text), err
}

// expect fails unless the answer has this status.
func expect(client *http.Client, request *http.Request, status int) (*http.Response, string, error) {
	response, text, err := answer(client, request)
	if err == nil && response.StatusCode != status {
		err = fmt.Errorf("%s %s is answered %s, not %d:\n%s", request.Method, request.URL.Path, response.Status, status, text)
	}
	return response, text, err
}

// await returns when a document's page has this text.
func (p *pilot) await(document, text string) {
	p.t.Helper()
	var last string
	for end := time.Now().Add(10 * time.Minute); time.Now().Before(end); time.Sleep(40 * time.Millisecond) {
		request, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.settings.Address+"/documents/"+path.Base(document), nil)
		p.must(err)
		if _, last, err = expect(p.pages, request, http.StatusOK); err == nil && strings.Contains(last, text) {
			return
		}
		p.must(err)
	}
	p.t.Fatalf("the page of %s never has %s:\n%s", document, text, last)
}
