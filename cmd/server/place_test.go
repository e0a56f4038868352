package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"voute.dev/voute/server/certfile/certtest"
	"voute.dev/voute/server/config"
	"voute.dev/voute/test/clamdserver"
	"voute.dev/voute/test/mailserver"
	"voute.dev/voute/test/program"
	"voute.dev/voute/test/vaultserver"
)

// workshop is where the program under test is built, if any test needs it.
var workshop string

var binary = sync.OnceValues(func() (file string, err error) {
	if workshop, err = os.MkdirTemp("", "voute-server-"); err != nil {
		return "", err
	}
	file = filepath.Join(workshop, "voute-server")
	if output, err := exec.Command("go", "build", "-o", file, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, output)
	}
	return file, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if workshop != "" {
		_ = os.RemoveAll(workshop)
	}
	os.Exit(code)
}

const (
	pilotEmail = "marie@justice.test"
	password   = "quatre mots au hasard"
	prefix     = "justice.justice-production"
)

// place is a server as a process, with a real Vault, a real clamd behind the
// real gateway, and a real mail relay.
type place struct {
	t         *testing.T
	binary    string
	authority *certtest.Authority
	vault     *vaultserver.Server
	clamd     *clamdserver.Server
	mail      *mailserver.Server
	settings  config.Config
	file      string
	server    *program.Process
	mails     map[string]int // how many each person has read
}

func newPlace(t *testing.T, change ...func(*config.Config)) *place {
	t.Helper()
	p := &place{t: t, authority: certtest.New(t), mails: map[string]int{}, file: filepath.Join(t.TempDir(), "voute.yaml")}
	p.vault, p.clamd = vaultserver.Start(t), clamdserver.Start(t, clamdserver.Limits{})
	p.mail = mailserver.Start(t, mailserver.Options{})
	var err error
	if p.binary, err = binary(); err != nil {
		t.Fatal(err)
	}
	p.settings = p.configuration(p.startGateway())
	for _, f := range change {
		f(&p.settings)
	}
	p.start()
	return p
}

func (p *place) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) write(name, content string) string {
	p.t.Helper()
	file := filepath.Join(p.t.TempDir(), name)
	p.must(os.WriteFile(file, []byte(content), 0o600))
	return file
}

func (p *place) startGateway() string {
	p.t.Helper()
	address, pair := program.FreeAddress(p.t), p.authority.Issue(p.t)
	process := program.Start(p.t, p.binary, "scan-gateway", "--listen", address, "--socket", p.clamd.Socket,
		"--cert", pair.CertFile, "--key", pair.KeyFile, "--client-ca", p.authority.File)
	process.Await(p.t, func() error {
		connection, err := net.Dial("tcp", address)
		if err != nil {
			return err
		}
		return connection.Close()
	})
	return address
}

func (p *place) configuration(gateway string) config.Config {
	p.t.Helper()
	var trusted bytes.Buffer
	for _, file := range []string{p.authority.File, p.vault.CAFile, p.mail.CAFile} {
		pem, err := os.ReadFile(file)
		p.must(err)
		trusted.Write(pem)
	}
	https := program.FreeAddress(p.t)
	_, port, err := net.SplitHostPort(https)
	p.must(err)
	own, client := p.authority.Issue(p.t), p.authority.Issue(p.t)
	return config.Config{
		Environment: "production", TimeZone: "America/Toronto", Address: "https://localhost:" + port,
		Listen:       config.Listen{HTTPS: https, HTTP: program.FreeAddress(p.t), Status: program.FreeAddress(p.t)},
		TLS:          config.TLS{CertificateFile: own.CertFile, KeyFile: own.KeyFile, TrustedCAFile: p.write("ca.pem", trusted.String())},
		Organization: config.Organization{NameFr: "Ministère de la Justice", NameEn: "Department of Justice", SupportEmail: "soutien@justice.test", FraudContact: "1 800 555-0100"},
		Pilots:       []config.Pilot{{ID: "marie", Email: pilotEmail, Name: "Marie Tremblay", Language: "fr"}},
		Retention:    config.Retention{DefaultDays: 30, MinDays: 1, MaxDays: 90},
		Storage:      config.Storage{Directory: filepath.Join(p.t.TempDir(), "data"), QuotaBytes: 5_000_000_000},
		Keys: config.Keys{Vault: &config.VaultKeys{
			Address: p.vault.Address, TransitPath: "transit", Prefix: prefix, TokenFile: p.write("token", p.vault.ServerToken(p.t, prefix)),
		}},
		Scanner: config.Scanner{Address: gateway, CertificateFile: client.CertFile, KeyFile: client.KeyFile},
		Mail:    p.mail.Config(),
		// Nobody sends connections here that would have to be told first.
		Shutdown: config.Shutdown{SettleSeconds: new(0)},
	}
}

// start starts the server and waits until it serves.
func (p *place) start() {
	p.t.Helper()
	text, err := yaml.Marshal(p.settings)
	p.must(err)
	p.must(os.WriteFile(p.file, text, 0o600))
	p.server = program.Start(p.t, p.binary, "--config", p.file)
	p.server.Await(p.t, func() error {
		response, err := http.Get("http://" + p.settings.Listen.HTTP + "/readyz")
		if err != nil {
			return err
		}
		defer func() { _ = response.Body.Close() }()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("/readyz: %s", response.Status)
		}
		return nil
	})
}

// highWater is the most memory that any process of the server has held.
func (p *place) highWater() (bytes int64) {
	p.t.Helper()
	statuses, err := filepath.Glob("/proc/[0-9]*/status")
	p.must(err)
	for _, file := range statuses {
		if target, err := os.Readlink(filepath.Join(filepath.Dir(file), "exe")); err != nil || target != p.binary {
			continue
		}
		status, err := os.ReadFile(file)
		p.must(err)
		if found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status); found != nil {
			kilobytes, err := strconv.ParseInt(string(found[1]), 10, 64)
			p.must(err)
			bytes = max(bytes, kilobytes<<10)
		}
	}
	return bytes
}

// person is somebody at a browser.
type person struct {
	*place
	email string
	http  *http.Client
}

func (p *place) person(email string) *person {
	p.t.Helper()
	jar, err := cookiejar.New(nil)
	p.must(err)
	roots := x509.NewCertPool()
	pem, err := os.ReadFile(p.authority.File)
	p.must(err)
	roots.AppendCertsFromPEM(pem)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	p.t.Cleanup(transport.CloseIdleConnections)
	return &person{place: p, email: email, http: &http.Client{Jar: jar, Transport: transport}}
}

type page struct {
	status int
	path   string
	body   string
}

func (p *person) do(method, path, kind string, body io.Reader) page {
	p.t.Helper()
	request, err := http.NewRequest(method, p.settings.Address+path, body)
	p.must(err)
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	response, err := p.http.Do(request)
	p.must(err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	p.must(err)
	return page{status: response.StatusCode, path: response.Request.URL.Path, body: string(text)}
}

func (p *person) get(path string) page {
	p.t.Helper()
	return p.do(http.MethodGet, path, "", nil)
}

func (p *person) post(path string, fields url.Values) page {
	p.t.Helper()
	return p.do(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(fields.Encode()))
}

func (p *person) expect(got page, status int, text string) page {
	p.t.Helper()
	if got.status != status || !strings.Contains(got.body, text) {
		p.t.Fatalf("%s: status %d, want %d with %q:\n%s", got.path, got.status, status, text, got.body)
	}
	return got
}

// mailed is what the pattern finds in the next message to the person.
func (p *person) mailed(pattern string) string {
	p.t.Helper()
	message := p.mail.AwaitTo(p.t, p.email, p.mails[p.email])
	p.mails[p.email]++
	found := regexp.MustCompile(pattern).FindString(message.Text)
	if found == "" {
		p.t.Fatalf("no %s in:\n%s", pattern, message.Text)
	}
	return found
}

// join accepts the invitation and signs in.
func (p *person) join() *person {
	p.t.Helper()
	link := p.mailed(`/invitation/[\w-]+`)
	p.expect(p.post(link, url.Values{"password": {password}, "password2": {password}, "terms": {"yes"}}), http.StatusOK, `data-page="sign-in"`)
	p.expect(p.post("/sign-in", url.Values{"email": {p.email}, "password": {password}}), http.StatusOK, `data-page="code"`)
	p.expect(p.post("/sign-in/code", url.Values{"code": {p.mailed(`\d{7}`)}}), http.StatusOK, `data-page="home"`)
	return p
}

// upload streams a form, whose length is not announced.
func (p *person) upload(name string, content io.Reader, recipients ...string) page {
	p.t.Helper()
	reader, writer := io.Pipe()
	form := multipart.NewWriter(writer)
	go func() { writer.CloseWithError(fill(form, name, content, recipients)) }()
	return p.do(http.MethodPost, "/documents", form.FormDataContentType(), reader)
}

func fill(form *multipart.Writer, name string, content io.Reader, recipients []string) error {
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

func (p *person) await(path, state string) page {
	p.t.Helper()
	var last page
	for end := time.Now().Add(5 * time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if last = p.get(path); strings.Contains(last.body, `data-state="`+state+`"`) {
			return last
		}
	}
	p.t.Fatalf("%s never becomes %s:\n%s", path, state, last.body)
	return last
}
