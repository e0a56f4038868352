package app

import (
	"encoding/json"
	"errors"
	"io"
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

func (c *cutter) draw() (bytes int64, up bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
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

// task is what the client is to do.
type task struct {
	Authority string            `json:"authority"`
	File      string            `json:"file"`
	Endpoint  string            `json:"endpoint"`
	Cookie    string            `json:"cookie"`
	Metadata  map[string]string `json:"metadata"`
	ChunkSize int               `json:"chunkSize"`
	First     bool              `json:"uploadDataDuringCreation,omitempty"`
	Override  bool              `json:"overridePatchMethod,omitempty"`
}

// TestPublicClient: tus-js-client, as its makers publish it, brings a document
// through connections that break off at random bytes.
func TestPublicClient(t *testing.T) {
	node, modules := program.Tool(t, "node"), program.Tool(t, "node_modules")
	w := newWorld(t, func(c *config.Config) { c.Storage.QuotaBytes = 100 << 20 })
	pilot := w.pilot()
	content := noise(scanLimit - 4321)
	file := filepath.Join(t.TempDir(), "budget.bin")
	w.must(os.WriteFile(file, content, 0o600))
	public, err := url.Parse(publicAddress)
	w.must(err)
	var cookies []string
	for _, cookie := range pilot.client.Jar.Cookies(public) {
		cookies = append(cookies, cookie.Name+"="+cookie.Value)
	}
	for name, todo := range map[string]task{
		"one request":      {ChunkSize: 1 << 30},
		"chunks":           {ChunkSize: 3<<20 + 7},
		"small chunks":     {ChunkSize: 100_000, First: true},
		"only POST passes": {ChunkSize: 2_000_000, Override: true},
	} {
		t.Run(name, func(t *testing.T) {
			proxy := newCutter(t, w.server.Listener.Addr().String(), 1500<<10)
			_, port, err := net.SplitHostPort(proxy.listener.Addr().String())
			w.must(err)
			todo.Authority, todo.File, todo.Cookie = w.authority.File, file, strings.Join(cookies, "; ")
			todo.Endpoint = publicAddress + ":" + port + "/uploads"
			todo.Metadata = map[string]string{"filename": "budget été.bin", "filetype": "application/octet-stream"}
			argument, err := json.Marshal(todo)
			w.must(err)
			script, err := filepath.Abs(filepath.Join("testdata", "tus-js-client.cjs"))
			w.must(err)
			client := exec.CommandContext(t.Context(), node, script, string(argument))
			client.Env = append(os.Environ(), "NODE_PATH="+modules)
			said, err := client.CombinedOutput()
			if err != nil {
				t.Fatalf("the client ends with %v after %d cuts:\n%s", err, proxy.cuts.Load(), said)
			}
			page := "/documents/" + path.Base(strings.TrimSpace(string(said)))
			w.settle()
			pilot.get(page).expect(t, http.StatusOK, `data-sha256="`+hexSum(content)+`"`)
			if got := pilot.get(page + "/content"); got.body != string(content) {
				t.Errorf("of %d bytes %d come back, or others", len(content), len(got.body))
			}
			t.Logf("%d cuts", proxy.cuts.Load())
			if proxy.cuts.Load() == 0 {
				t.Error("nothing was cut")
			}
		})
	}
}
