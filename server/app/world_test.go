package app

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"voute.dev/voute/server/certfile/certtest"
	"voute.dev/voute/server/config"
	"voute.dev/voute/server/document"
	"voute.dev/voute/server/journal"
	keysmemory "voute.dev/voute/server/keys/memory"
	mailmemory "voute.dev/voute/server/mail/memory"
	scanmemory "voute.dev/voute/server/scan/memory"
	"voute.dev/voute/server/store"
)

const (
	publicAddress = "https://vault.test"
	goodPassword  = "quatre mots au hasard"
	pilotEmail    = "marie.tremblay@justice.test"
	scanLimit     = 4 << 20
)

// clock is a time that only moves when told to.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is one server with all its data, whose services behind are in memory.
// Workers run when the test says so.
type world struct {
	t         *testing.T
	app       *App
	server    *httptest.Server
	directory string
	file      string
	settings  config.Config
	authority *certtest.Authority
	clock     *clock
	keys      *keysmemory.Keys
	scanner   *scanmemory.Scanner
	mailer    *mailmemory.Mailer
	log       *bytes.Buffer
}

func newWorld(t *testing.T, change ...func(*config.Config)) *world {
	t.Helper()
	w := &world{t: t, directory: t.TempDir(), file: filepath.Join(t.TempDir(), "voute.yaml"), authority: certtest.New(t), log: new(bytes.Buffer)}
	w.clock = &clock{now: time.Date(2026, 11, 22, 15, 4, 5, 0, time.UTC)}
	pair := w.authority.Issue(t, "vault.test")
	w.settings = settings(w.directory, pair)
	for _, f := range change {
		f(&w.settings)
	}
	w.keys = keysmemory.New(w.settings.Location(), w.clock.Now)
	w.scanner, w.mailer = scanmemory.New(scanLimit), mailmemory.New()
	w.writeConfig()
	w.start()
	t.Cleanup(w.stop)
	return w
}

func settings(directory string, pair certtest.Pair) config.Config {
	return config.Config{
		Environment: "production", TimeZone: "America/Toronto", Address: publicAddress,
		Listen: config.Listen{HTTPS: "127.0.0.1:0", HTTP: "127.0.0.1:0", Status: "127.0.0.1:0"},
		TLS:    config.TLS{CertificateFile: pair.CertFile, KeyFile: pair.KeyFile},
		Organization: config.Organization{
			NameFr: "Ministère de l’Essai", NameEn: "Department of Testing", SupportEmail: "soutien@justice.test", FraudContact: "1 800 555-0100",
		},
		Pilots:    []config.Pilot{{ID: "marie-tremblay", Email: pilotEmail, Name: "Marie Tremblay", Language: "fr"}},
		Retention: config.Retention{DefaultDays: 30, MinDays: 1, MaxDays: 90},
		Storage:   config.Storage{Directory: directory, QuotaBytes: 10 << 20},
		Keys:      config.Keys{Vault: &config.VaultKeys{Address: "https://vault.test:8200", TransitPath: "transit", Prefix: "justice.production", TokenFile: "token"}},
		Scanner:   config.Scanner{Socket: "clamd.sock"},
		Mail:      config.Mail{Host: "smtp.test", Port: 587, Security: "starttls", From: "ne-pas-repondre@voute.test"},
		Shutdown:  config.Shutdown{SettleSeconds: new(0), DrainSeconds: new(60)},
	}
}

func (w *world) writeConfig() {
	w.t.Helper()
	text, err := yaml.Marshal(w.settings)
	w.must(err)
	w.must(os.WriteFile(w.file, text, 0o600))
}

// reconfigure changes the file and lets the server see it.
func (w *world) reconfigure(change func(*config.Config)) {
	w.t.Helper()
	change(&w.settings)
	w.writeConfig()
	w.app.config.Check()
	w.settle()
}

func (w *world) start() {
	w.t.Helper()
	app, err := New(context.Background(), Options{
		ConfigFile: w.file, Now: w.clock.Now, Log: slog.New(slog.NewJSONHandler(&lockedWriter{to: w.log}, nil)),
		Connect: func(*config.Config) (Services, error) {
			return Services{Keys: w.keys, Scanner: w.scanner, Mailer: w.mailer}, nil
		},
	})
	w.must(err)
	w.app = app
	w.server = httptest.NewUnstartedServer(app.site.Handler())
	w.server.TLS = app.publicTLS()
	w.server.EnableHTTP2 = true
	w.server.StartTLS()
	w.settle()
}

func (w *world) stop() {
	w.server.Close()
	w.must(w.app.Close())
}

func (w *world) restart() {
	w.t.Helper()
	w.stop()
	w.start()
}

// settle lets every worker do what it has to do, once.
func (w *world) settle() {
	w.t.Helper()
	ctx := context.Background()
	w.must(w.app.accounts.KeepPilots(ctx, w.app.config.Current().Pilots))
	w.must(w.app.notices.Follow(ctx))
	w.must(w.app.room.Follow(ctx))
	due, err := w.app.examiner.Service.Lists.ToScan(ctx, w.clock.Now(), 100)
	w.must(err)
	for _, d := range due {
		w.must(w.app.documents.Examine(ctx, d))
	}
	w.must(w.app.documents.FollowPolicy(ctx))
	w.must(w.app.documents.Sweep(ctx))
	w.must(w.app.shares.Sweep(ctx))
	w.must(w.app.outbox.Deliver(ctx))
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// journal counts lines by kind.
func (w *world) journal() map[journal.Kind]int {
	w.t.Helper()
	lines, err := store.Journal{DB: w.app.db}.After(context.Background(), 0, 10_000)
	w.must(err)
	kinds := map[journal.Kind]int{}
	for _, line := range lines {
		kinds[line.Kind]++
	}
	return kinds
}

func (w *world) usage() document.Usage {
	w.t.Helper()
	u, err := w.app.documents.Documents.Usage(context.Background())
	w.must(err)
	return u
}

// blobs counts the files of documents, finished or not.
func (w *world) blobs() int {
	w.t.Helper()
	files, err := os.ReadDir(filepath.Join(w.directory, documentsFolder))
	w.must(err)
	return len(files)
}

type lockedWriter struct {
	mu sync.Mutex
	to io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.Write(p)
}

// lastMail is what matches in the newest message to an address that does. A server
// whose own workers run may be handing it over right now: it is waited for.
func (w *world) lastMail(to string, pattern *regexp.Regexp) string {
	w.t.Helper()
	w.settle()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		for _, message := range slices.Backward(w.mailer.Messages()) {
			if message.To == to && pattern.MatchString(message.Text) {
				return pattern.FindString(message.Text)
			}
		}
	}
	w.t.Fatalf("no message to %s with %s", to, pattern)
	return ""
}

var (
	invitationLink = regexp.MustCompile(`/invitation/[\w-]{43}`)
	sevenDigits    = regexp.MustCompile(`\b\d{7}\b`)
	documentLink   = regexp.MustCompile(`/documents/[a-z2-7]{26}`)
)

// browser is one person's.
type browser struct {
	w      *world
	client *http.Client
	header http.Header // sent with every request
}

func (w *world) browser() *browser {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	w.must(err)
	address := w.server.Listener.Addr().String()
	transport := &http.Transport{
		ForceAttemptHTTP2: true,
		TLSClientConfig:   &tls.Config{RootCAs: w.authority.Pool},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}
	w.t.Cleanup(transport.CloseIdleConnections)
	return &browser{w: w, client: &http.Client{Jar: jar, Transport: transport}, header: http.Header{}}
}

// answer is a response, read to its end.
type answer struct {
	*http.Response
	body string
}

func (b *browser) do(request *http.Request) answer {
	b.w.t.Helper()
	for name, values := range b.header {
		request.Header[name] = values
	}
	response, err := b.client.Do(request)
	b.w.must(err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	b.w.must(err)
	return answer{Response: response, body: string(body)}
}

func (b *browser) get(path string) answer {
	b.w.t.Helper()
	request, err := http.NewRequest(http.MethodGet, publicAddress+path, nil)
	b.w.must(err)
	return b.do(request)
}

func (b *browser) post(path string, fields url.Values) answer {
	b.w.t.Helper()
	request, err := http.NewRequest(http.MethodPost, publicAddress+path, strings.NewReader(fields.Encode()))
	b.w.must(err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(request)
}

// upload sends the form as a browser does: with a known length.
func (b *browser) upload(name string, content []byte, fields url.Values) answer {
	b.w.t.Helper()
	body, kind := form(b.w.t, name, content, fields)
	request, err := http.NewRequest(http.MethodPost, publicAddress+"/documents", bytes.NewReader(body))
	b.w.must(err)
	request.Header.Set("Content-Type", kind)
	return b.do(request)
}

func form(t *testing.T, name string, content []byte, fields url.Values) (body []byte, kind string) {
	t.Helper()
	var buffer bytes.Buffer
	writer := multipart.NewWriter(&buffer)
	for field, values := range fields {
		for _, value := range values {
			if err := writer.WriteField(field, value); err != nil {
				t.Fatal(err)
			}
		}
	}
	part, err := writer.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes(), writer.FormDataContentType()
}

// expect fails unless the answer has the status and the text.
func (a answer) expect(t *testing.T, status int, text string) answer {
	t.Helper()
	if a.StatusCode != status || !strings.Contains(a.body, text) {
		t.Fatalf("%s %s: status %d, want %d with %q:\n%s", a.Request.Method, a.Request.URL, a.StatusCode, status, text, visible(a.body))
	}
	return a
}

var tags = regexp.MustCompile(`(?s)<head>.*?</head>|<[^>]*>`)

func visible(body string) string {
	return strings.Join(strings.Fields(tags.ReplaceAllString(body, " ")), " ")
}

// activate follows the invitation mailed to an address.
func (b *browser) activate(email string) {
	b.w.t.Helper()
	link := b.w.lastMail(email, invitationLink)
	b.get(link).expect(b.w.t, http.StatusOK, email)
	b.post(link, url.Values{"password": {goodPassword}, "password2": {goodPassword}, "terms": {"yes"}}).
		expect(b.w.t, http.StatusOK, `data-page="sign-in"`)
}

// signIn passes both factors.
func (b *browser) signIn(email string) {
	b.w.t.Helper()
	b.post("/sign-in", url.Values{"email": {email}, "password": {goodPassword}}).expect(b.w.t, http.StatusOK, `data-page="code"`)
	code := b.w.lastMail(email, sevenDigits)
	b.post("/sign-in/code", url.Values{"code": {code}}).expect(b.w.t, http.StatusOK, `data-page="home"`)
}

// pilot is the pilot, signed in.
func (w *world) pilot() *browser {
	w.t.Helper()
	b := w.browser()
	b.activate(pilotEmail)
	b.signIn(pilotEmail)
	return b
}

// user is a user whom the pilot has just created, signed in.
func (w *world) user(pilot *browser, name string) (*browser, string) {
	w.t.Helper()
	email := strings.ToLower(name) + "@justice.test"
	pilot.post("/users", url.Values{"name": {name}, "email": {email}, "language": {"en"}}).expect(w.t, http.StatusOK, email)
	b := w.browser()
	b.activate(email)
	b.signIn(email)
	return b, email
}

// deliver uploads a document and lets the antivirus look at it.
func (b *browser) deliver(content []byte, recipients ...string) (path string) {
	b.w.t.Helper()
	page := b.upload("rapport.pdf", content, url.Values{"recipients": {strings.Join(recipients, "\n")}}).
		expect(b.w.t, http.StatusOK, `data-page="document"`)
	b.w.settle()
	return page.Request.URL.Path
}

func noise(n int) []byte {
	content := make([]byte, n)
	for i := range content {
		content[i] = byte(i*7 + i>>8*13 + i>>16)
	}
	return content
}
