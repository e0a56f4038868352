package e2e

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// person is someone at a browser: forms, links, one cookie jar, no scripts.
type person struct {
	t       *testing.T
	address string // https://host
	email   string
	jar     *cookiejar.Jar
	http    *http.Client
}

// page is what a person sees after a request, redirects followed.
type page struct {
	status int
	url    *url.URL
	header http.Header
	body   string
}

const password = "une phrase de passe assez longue 1789"

var sevenDigits = regexp.MustCompile(`\b\d{7}\b`)

// newPerson opens a browser at an address. Whatever its host, the connection
// goes to the cluster's front door on loopback.
func newPerson(t *testing.T, address, email string) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	if email != "" {
		cluster.witness.hide("a person's address", email)
	}
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: cluster.roots, MinVersion: tls.VersionTLS12},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(visitorAddress)}}).DialContext(ctx, network, cluster.HTTPSDoor)
		},
		ForceAttemptHTTP2: true,
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &person{t: t, address: address, email: email, jar: jar, http: &http.Client{Jar: jar, Transport: transport, Timeout: 5 * time.Minute}}
}

func (p *person) get(path string) page {
	p.t.Helper()
	request, err := http.NewRequest(http.MethodGet, p.address+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.do(request)
}

func (p *person) post(path string, fields url.Values) page {
	p.t.Helper()
	request, err := http.NewRequest(http.MethodPost, p.address+path, strings.NewReader(fields.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return p.do(request)
}

func (p *person) do(request *http.Request) page {
	p.t.Helper()
	response, err := p.http.Do(request)
	if err != nil {
		p.t.Fatalf("%s %s: %v", request.Method, request.URL.Path, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatalf("%s %s: %v", request.Method, request.URL.Path, err)
	}
	cluster.witness.hideCookies(p.jar, response.Request.URL)
	return page{status: response.StatusCode, url: response.Request.URL, header: response.Header, body: string(body)}
}

// mustSee fails unless the page has the status and the text.
func (p *person) mustSee(got page, status int, text string) page {
	p.t.Helper()
	if got.status != status || !strings.Contains(got.body, text) {
		p.t.Fatalf("%s: status %d, want %d with %q on the page:\n%s", got.url, got.status, status, text, readable(got.body))
	}
	return got
}

// acceptInvitation follows the invitation that came by mail and sets a password.
func (p *person) acceptInvitation(since time.Time) {
	p.t.Helper()
	link := cluster.waitForLink(p.t, p.email, since, p.address+"/invitation/")
	path := strings.TrimPrefix(link, p.address)
	p.mustSee(p.get(path), http.StatusOK, "password2")
	set := p.post(path, url.Values{"password": {password}, "password2": {password}, "terms": {"yes"}})
	if set.status != http.StatusOK {
		p.t.Fatalf("setting the password: status %d:\n%s", set.status, readable(set.body))
	}
}

// signIn passes both factors: the password, then the code that came by mail.
func (p *person) signIn() {
	p.t.Helper()
	since := time.Now()
	asked := p.post("/sign-in", url.Values{"email": {p.email}, "password": {password}})
	if asked.url.Path != "/sign-in/code" {
		p.t.Fatalf("after the password: at %s with status %d, want /sign-in/code:\n%s", asked.url, asked.status, readable(asked.body))
	}
	message := cluster.waitForMail(p.t, p.email, since, func(m message) bool { return sevenDigits.MatchString(m.Text) })
	home := p.post("/sign-in/code", url.Values{"code": {sevenDigits.FindString(message.Text)}})
	if home.status != http.StatusOK || strings.HasPrefix(home.url.Path, "/sign-in") {
		p.t.Fatalf("after the code: at %s with status %d:\n%s", home.url, home.status, readable(home.body))
	}
}

// upload sends a document as the upload form does and returns the page of it.
func (p *person) upload(name string, content io.Reader, recipients ...string) page {
	p.t.Helper()
	return p.do(p.uploading(name, content, recipients...))
}

// uploading is the request of the upload form; it is sent as the content comes.
func (p *person) uploading(name string, content io.Reader, recipients ...string) *http.Request {
	p.t.Helper()
	cluster.witness.hide("a document's name", name)
	reader, writer := io.Pipe()
	form := multipart.NewWriter(writer)
	go func() { writer.CloseWithError(writeUpload(form, name, content, recipients)) }()
	request, err := http.NewRequest(http.MethodPost, p.address+"/documents", reader)
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Content-Type", form.FormDataContentType())
	return request
}

func writeUpload(form *multipart.Writer, name string, content io.Reader, recipients []string) error {
	if err := form.WriteField("recipients", strings.Join(recipients, "\n")); err != nil {
		return err
	}
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		return err
	}
	if _, err := io.Copy(part, content); err != nil {
		return err
	}
	return form.Close()
}

// waitForState looks at the document's page until it shows the state.
func (p *person) waitForState(path, state string) page {
	p.t.Helper()
	var last page
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(500 * time.Millisecond) {
		last = p.get(path)
		if strings.Contains(last.body, fmt.Sprintf("data-state=%q", state)) {
			return last
		}
	}
	p.t.Fatalf("%s never reached the state %q:\n%s", path, state, readable(last.body))
	return last
}

// download streams a document's content into a writer.
func (p *person) download(path string, into io.Writer) *http.Response {
	p.t.Helper()
	response, err := p.http.Get(p.address + path + "/content")
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		p.t.Fatalf("downloading %s: status %d", path, response.StatusCode)
	}
	if _, err := io.Copy(into, response.Body); err != nil {
		p.t.Fatalf("downloading %s: %v", path, err)
	}
	return response
}

var tags = regexp.MustCompile(`(?s)<(style|head).*?</(style|head)>|<[^>]*>`)

// readable is a page's text, for failure messages.
func readable(body string) string {
	return strings.Join(strings.Fields(tags.ReplaceAllString(body, " ")), " ")
}
