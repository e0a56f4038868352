package app

import (
	"context"
	"encoding/json"
	"errors"
	"html"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"voute.dev/voute/server/config"
	"voute.dev/voute/test/program"
)

// cutter passes connections on, and breaks each off after a number of bytes,
// in either direction.
type cutter struct {
	listener net.Listener
	target   string
	random   *rand.Rand
	mu       sync.Mutex
	most     int64
	begun    bool
	cuts     atomic.Int64
}

func newCutter(t *testing.T, target string, most int64) *cutter {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	c := &cutter{listener: listener, target: target, random: rand.New(rand.NewPCG(seed, 0)), most: most}
	go c.accept()
	return c
}

func (c *cutter) accept() {
	for {
		client, err := c.listener.Accept()
		if err != nil {
			return
		}
		go c.pass(client)
	}
}

// draw has the first connection end early, so that something is cut in any case.
func (c *cutter) draw() (bytes int64, up bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.begun {
		c.begun = true
		return 1 + c.random.Int64N(min(c.most, 1<<20)), true
	}
	return c.random.Int64N(c.most), c.random.IntN(8) > 0
}

func (c *cutter) pass(client net.Conn) {
	server, err := net.Dial("tcp", c.target)
	if err != nil {
		_ = client.Close()
		return
	}
	limit, up := c.draw()
	sent, got := int64(1)<<60, int64(1)<<60
	if up {
		sent = limit
	} else {
		got = limit % 8000 // answers are short
	}
	var once sync.Once
	end := func() { once.Do(func() { _, _ = client.Close(), server.Close() }) }
	for _, way := range []struct {
		to, from net.Conn
		limit    int64
	}{{server, client, sent}, {client, server, got}} {
		go func() {
			defer end()
			if n, err := io.CopyN(way.to, way.from, way.limit); n == way.limit && err == nil {
				c.cuts.Add(1)
			} else if err != nil && !errors.Is(err, io.EOF) {
				return // the other direction has ended
			}
		}()
	}
}

// task is what a client is to do.
type task struct {
	Authority string            `json:"authority"`
	File      string            `json:"file"`
	Endpoint  string            `json:"endpoint"`
	Cookie    string            `json:"cookie"`
	Metadata  map[string]string `json:"metadata"`

	ChunkSize int  `json:"chunkSize,omitempty"`
	First     bool `json:"uploadDataDuringCreation,omitempty"`
	Override  bool `json:"overridePatchMethod,omitempty"`

	Script     string              `json:"script,omitempty"`
	Unfinished []map[string]string `json:"unfinished,omitempty"`
}

// peers runs clients on Node.js, for the pilot.
type peers struct {
	*world
	pilot         *browser
	node, modules string
	content       []byte
	file          string
}

func newPeers(t *testing.T) *peers {
	t.Helper()
	p := &peers{node: program.Tool(t, "node"), modules: program.Tool(t, "node_modules"), content: noise(scanLimit - 4321)}
	p.world = newWorld(t, func(c *config.Config) { c.Storage.QuotaBytes = 100 << 20 })
	p.pilot = p.world.pilot()
	p.file = filepath.Join(t.TempDir(), "budget.bin")
	p.must(os.WriteFile(p.file, p.content, 0o600))
	return p
}

// run lets a client do a task through connections that break off, and gives
// what it says.
func (p *peers) run(t *testing.T, client string, todo task) (said string, cuts int64) {
	t.Helper()
	proxy := newCutter(t, p.server.Listener.Addr().String(), 1500<<10)
	_, port, err := net.SplitHostPort(proxy.listener.Addr().String())
	p.must(err)
	public, err := url.Parse(publicAddress)
	p.must(err)
	var cookies []string
	for _, cookie := range p.pilot.client.Jar.Cookies(public) {
		cookies = append(cookies, cookie.Name+"="+cookie.Value)
	}
	todo.Authority, todo.File, todo.Cookie = p.authority.File, p.file, strings.Join(cookies, "; ")
	todo.Endpoint = publicAddress + ":" + port + "/uploads"
	argument, err := json.Marshal(todo)
	p.must(err)
	script, err := filepath.Abs(filepath.Join("testdata", client))
	p.must(err)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, p.node, script, string(argument))
	command.Env = append(os.Environ(), "NODE_PATH="+p.modules)
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("the client ends with %v after %d cuts:\n%s", err, proxy.cuts.Load(), output)
	}
	t.Logf("%d cuts", proxy.cuts.Load())
	return strings.TrimSpace(string(output)), proxy.cuts.Load()
}

// whole checks what became of an upload.
func (p *peers) whole(t *testing.T, page string) {
	t.Helper()
	p.settle()
	p.pilot.get(page).expect(t, http.StatusOK, `data-sha256="`+hexSum(p.content)+`"`)
	if got := p.pilot.get(page + "/content"); got.body != string(p.content) {
		t.Errorf("of %d bytes %d come back, or others", len(p.content), len(got.body))
	}
}

// TestPublicClient: tus-js-client, as its makers publish it, brings a document
// through connections that break off at random bytes.
func TestPublicClient(t *testing.T) {
	p := newPeers(t)
	for name, todo := range map[string]task{
		"one request":      {ChunkSize: 1 << 30},
		"chunks":           {ChunkSize: 3<<20 + 7},
		"small chunks":     {ChunkSize: 100_000, First: true},
		"only POST passes": {ChunkSize: 2_000_000, Override: true},
	} {
		t.Run(name, func(t *testing.T) {
			todo.Metadata = map[string]string{"filename": "budget été.bin", "filetype": "application/octet-stream"}
			said, cuts := p.run(t, "tus-js-client.cjs", todo)
			p.whole(t, "/documents/"+path.Base(said))
			if cuts == 0 {
				t.Error("nothing was cut")
			}
		})
	}
}

// TestPageScript runs the upload page's script: through connections that break
// off, on from what an earlier page has begun, and where the form is refused.
func TestPageScript(t *testing.T) {
	p := newPeers(t)
	_, robert := p.user(p.pilot, "Robert")
	page := p.pilot.get("/documents/new").expect(t, http.StatusOK, "data-resumable")
	if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "script-src 'self'; connect-src 'self'") {
		t.Errorf("the policy is %q", policy)
	}
	script := p.pilot.get(between(page.body, `<script src="`, `"`)).expect(t, http.StatusOK, "use strict")
	fields := map[string]string{"filename": "budget été.bin", "days": "7", "recipients": robert}
	todo := task{Metadata: fields, Script: filepath.Join(t.TempDir(), "upload.js")}
	p.must(os.WriteFile(todo.Script, []byte(script.body), 0o600))

	said, cuts := p.run(t, "upload-page.cjs", todo)
	led := strings.Fields(said)
	where, notice, _ := strings.Cut(led[0], "?")
	if p.whole(t, where); notice != "notice=received" || cuts > 0 && led[2] != "true" {
		t.Errorf("the script leads to %q after %d cuts", said, cuts)
	}
	p.pilot.get(where).expect(t, http.StatusOK, robert)

	begun := maps.Clone(fields)
	begun["modified"] = "1234567890123"
	address := p.pilot.create(len(p.content), begun)
	p.pilot.patch(address, 0, p.content[:2_000_000]).expect(t, http.StatusNoContent, "")
	page = p.pilot.get("/documents/new").expect(t, http.StatusOK, "budget été.bin – 47")
	row := map[string]string{}
	_, item, _ := strings.Cut(page.body, "<li ")
	for _, name := range []string{"upload", "name", "length", "modified"} {
		row[name] = html.UnescapeString(between(item, "data-"+name+`="`, `"`))
	}
	todo.Unfinished = []map[string]string{row}
	said, _ = p.run(t, "upload-page.cjs", todo)
	if p.whole(t, "/documents/"+path.Base(address)); !strings.HasPrefix(said, "/documents/"+path.Base(address)+"?") {
		t.Errorf("what was begun is not gone on with: %q", said)
	}

	todo.Unfinished, fields["days"] = nil, "91"
	if said, _ := p.run(t, "upload-page.cjs", todo); !strings.Contains(said, "de 1 à 90") {
		t.Errorf("the script tells %q", said)
	}
}
