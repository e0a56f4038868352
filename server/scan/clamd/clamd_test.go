package clamd_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"path/filepath"
	"testing"
	"time"

	"voute.dev/voute/server/config"
	"voute.dev/voute/server/scan"
	"voute.dev/voute/server/scan/clamd"
	"voute.dev/voute/server/scan/scantest"
	"voute.dev/voute/test/clamdserver"
)

func client(t *testing.T, server *clamdserver.Server) *clamd.Client {
	t.Helper()
	return clientOf(t, server.Socket)
}

func clientOf(t *testing.T, socket string) *clamd.Client {
	t.Helper()
	c, err := clamd.New(clamd.Config{Scanner: config.Scanner{Socket: socket}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestContract(t *testing.T) {
	const limit = 8 << 20
	for name, limits := range map[string]clamdserver.Limits{
		"limited by the stream": {StreamMaxLength: limit},
		"limited by the file":   {MaxFileSize: limit},
	} {
		t.Run(name, func(t *testing.T) {
			scantest.Contract(t, func(t *testing.T) scantest.Service {
				server := clamdserver.Start(t, limits)
				return scantest.Service{
					Scanner: client(t, server), Limit: limit,
					Interrupt: server.Stop, Resume: server.Resume,
				}
			})
		})
	}
}

func TestClamd(t *testing.T) {
	server := clamdserver.Start(t, clamdserver.Limits{})
	c := client(t, server)
	t.Run("an encrypted archive is not scanned", func(t *testing.T) {
		verdict, err := c.Scan(t.Context(), bytes.NewReader(encryptedZip(t)))
		if want := (scan.Verdict{Outcome: scan.NotScanned, Detail: "Heuristics.Encrypted.Zip", Limit: scan.Encrypted}); verdict != want || err != nil {
			t.Errorf("the verdict is %v (error %v), not %v", verdict, err, want)
		}
	})
	t.Run("nothing stays in the spool", func(t *testing.T) {
		server.AwaitSpooled(t, 0)
	})
	t.Run("a call cancelled while the document is sent ends", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := c.Scan(ctx, &watched{left: 64 << 20, at: 32 << 20, do: cancel})
		if !errors.Is(err, scan.ErrUnavailable) || !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v, not %v", err, context.Canceled)
		}
	})
	t.Run("a clamd that is killed in mid-stream is unavailable", func(t *testing.T) {
		verdict, err := c.Scan(t.Context(), &watched{left: 64 << 20, at: 32 << 20, do: server.Kill})
		if !errors.Is(err, scan.ErrUnavailable) || verdict != (scan.Verdict{}) {
			t.Errorf("the verdict is %v, the error %v, not %v", verdict, err, scan.ErrUnavailable)
		}
	})
}

// encryptedZip has the mark of encryption, which is what a scanner goes by.
func encryptedZip(t *testing.T) []byte {
	t.Helper()
	var content bytes.Buffer
	archive := zip.NewWriter(&content)
	entry, err := archive.CreateRaw(&zip.FileHeader{
		Name: "letter.txt", Flags: 1, CompressedSize64: 64, UncompressedSize64: 52, CRC32: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(entry, rand.Reader, 64); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return content.Bytes()
}

// watched gives random bytes, and does something once on its way.
type watched struct {
	left, at int
	do       func()
}

func (w *watched) Read(p []byte) (int, error) {
	if w.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), w.left)
	rand.Read(p[:n])
	w.left -= n
	if w.left <= w.at && w.do != nil {
		w.do()
		w.do = nil
	}
	return n, nil
}

// What answers at clamd's socket may be anything; only its own words for a
// whole document release one.
func TestWhatIsNotClamdIsUnavailable(t *testing.T) {
	for name, answer := range map[string]string{
		"nothing":                 "",
		"half an answer":          "stream: OK",
		"another's words":         "HTTP/1.1 400 Bad Request\r\n\r\n\x00",
		"a fault":                 "stream: Can't allocate memory ERROR\x00",
		"a full spool":            "Error writing to temporary file. ERROR\x00",
		"clean before the end":    "stream: OK\x00",
		"another document's":      "/etc/passwd: OK\x00",
		"a word that holds OK":    "stream: NOT OK\x00",
		"a verdict that says two": "stream: OK stream: OK\x00",
	} {
		t.Run(name, func(t *testing.T) {
			c := clientOf(t, answers(t, answer))
			verdict, err := c.Scan(t.Context(), &watched{left: 64 << 20})
			if !errors.Is(err, scan.ErrUnavailable) || verdict != (scan.Verdict{}) {
				t.Errorf("the verdict is %v, the error %v, not %v", verdict, err, scan.ErrUnavailable)
			}
			if err := c.Check(t.Context()); !errors.Is(err, scan.ErrUnavailable) {
				t.Errorf("the error is %v, not %v", err, scan.ErrUnavailable)
			}
		})
	}
}

// answers is a socket that reads a little, answers, and hangs up.
func answers(t *testing.T, answer string) string {
	t.Helper()
	listener, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 6))
			_, _ = io.WriteString(conn, answer)
			_ = conn.Close()
		}
	}()
	return listener.Addr().String()
}

// A clamd that takes nothing, and one that says nothing.
func TestASilentClamdIsUnavailable(t *testing.T) {
	listener, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	c, err := clamd.New(clamd.Config{
		Scanner: config.Scanner{Socket: listener.Addr().String()}, Idle: 50 * time.Millisecond, Patience: 50 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{1, 64 << 20} {
		if _, err := c.Scan(t.Context(), &watched{left: size}); !errors.Is(err, scan.ErrUnavailable) {
			t.Errorf("%d bytes: the error is %v, not %v", size, err, scan.ErrUnavailable)
		}
	}
}

func TestNewRefusesSettings(t *testing.T) {
	for name, c := range map[string]config.Scanner{
		"nothing":        {},
		"both":           {Address: "localhost:3311", Socket: "/run/clamd.sock"},
		"no certificate": {Address: "localhost:3311"},
	} {
		if _, err := clamd.New(clamd.Config{Scanner: c, Idle: time.Second}); err == nil {
			t.Errorf("New takes %s", name)
		}
	}
}
