package gateway_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"voute.dev/voute/server/certfile"
	"voute.dev/voute/server/certfile/certtest"
	"voute.dev/voute/server/config"
	"voute.dev/voute/server/scan"
	"voute.dev/voute/server/scan/clamd"
	"voute.dev/voute/server/scan/gateway"
	"voute.dev/voute/server/scan/scantest"
	"voute.dev/voute/test/clamdserver"
)

// site is a gateway before a real clamd, and what its clients need.
type site struct {
	clamd            *clamdserver.Server
	address          string
	servers, clients *certtest.Authority
	pair             certtest.Pair // what the gateway shows
}

func start(t *testing.T, limits clamdserver.Limits, change func(*gateway.Config)) *site {
	t.Helper()
	s := &site{clamd: clamdserver.Start(t, limits), servers: certtest.New(t), clients: certtest.New(t)}
	s.pair = s.servers.Issue(t)
	c := gateway.Config{
		Socket: s.clamd.Socket, CertificateFile: s.pair.CertFile, KeyFile: s.pair.KeyFile,
		ClientCAFile: s.clients.File, Log: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&c)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = listener.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- gateway.Serve(ctx, listener, c) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return s
}

// client shows the gateway a certificate of an authority.
func (s *site) client(t *testing.T, authority *certtest.Authority) *clamd.Client {
	t.Helper()
	pair := authority.Issue(t)
	certificate, err := certfile.Open(pair.CertFile, pair.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	c, err := clamd.New(clamd.Config{
		Scanner: config.Scanner{Address: s.address}, RootCAs: s.servers.Pool,
		Certificate: certificate.GetClientCertificate,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// dial is a connection of a client that is let in.
func (s *site) dial(t *testing.T) *tls.Conn {
	t.Helper()
	conn, err := tls.Dial("tcp", s.address, &tls.Config{
		RootCAs: s.servers.Pool, Certificates: []tls.Certificate{s.clients.Issue(t).Load(t)},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func TestContract(t *testing.T) {
	const limit = 8 << 20
	scantest.Contract(t, func(t *testing.T) scantest.Service {
		s := start(t, clamdserver.Limits{StreamMaxLength: limit}, nil)
		return scantest.Service{
			Scanner: s.client(t, s.clients), Limit: limit,
			Interrupt: s.clamd.Stop, Resume: s.clamd.Resume,
		}
	})
}

func TestGateway(t *testing.T) {
	s := start(t, clamdserver.Limits{}, nil)
	t.Run("a client of another authority is kept out", func(t *testing.T) {
		unavailable(t, s.client(t, s.servers).Check(t.Context()))
	})
	t.Run("a client without a certificate is kept out", func(t *testing.T) {
		s.keepsOut(t, &tls.Config{RootCAs: s.servers.Pool})
	})
	t.Run("TLS 1.2 is kept out", func(t *testing.T) {
		s.keepsOut(t, &tls.Config{
			RootCAs: s.servers.Pool, MaxVersion: tls.VersionTLS12,
			Certificates: []tls.Certificate{s.clients.Issue(t).Load(t)},
		})
	})
	t.Run("clamd's other commands are kept out", s.refusesCommands)
	t.Run("nothing after a command's end reaches clamd", s.passesOneCommand)
	t.Run("a client that breaks off gets no verdict and leaves no scan", s.breaksOff)
	t.Run("a clamd killed in mid-stream is unavailable", s.losesClamd)
}

func (s *site) keepsOut(t *testing.T, c *tls.Config) {
	t.Helper()
	conn, err := tls.Dial("tcp", s.address, c)
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	_, _ = conn.Write([]byte("zPING\x00"))
	if answer, err := io.ReadAll(conn); err == nil || len(answer) > 0 {
		t.Errorf("the gateway answers %q", answer)
	}
}

func (s *site) refusesCommands(t *testing.T) {
	for _, command := range []string{
		"zSHUTDOWN\x00", "nSHUTDOWN\n", "SHUTDOWN", "zSCAN /etc/passwd\x00", "zIDSESSION\x00", "zVERSION\x00", "nPING\n\x00",
	} {
		conn := s.dial(t)
		if _, err := conn.Write([]byte(command)); err != nil {
			t.Fatal(err)
		}
		if err := conn.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if answer, err := io.ReadAll(conn); len(answer) > 0 {
			t.Errorf("%q is answered %q (error %v)", command, answer, err)
		}
	}
	if err := s.client(t, s.clients).Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func (s *site) passesOneCommand(t *testing.T) {
	conn := s.dial(t)
	if _, err := conn.Write([]byte("zINSTREAM\x00\x00\x00\x00\x01a\x00\x00\x00\x00zSHUTDOWN\x00")); err != nil {
		t.Fatal(err)
	}
	if answer, err := bufio.NewReader(conn).ReadString(0); answer != "stream: OK\x00" {
		t.Errorf("the answer is %q (error %v)", answer, err)
	}
	if err := s.client(t, s.clients).Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func (s *site) breaksOff(t *testing.T) {
	conn := s.dial(t)
	if _, err := conn.Write(append([]byte("zINSTREAM\x00\x00\x00\x01\x00"), scantest.EICAR()...)); err != nil {
		t.Fatal(err)
	}
	if err := conn.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if answer, err := io.ReadAll(conn); strings.Contains(string(answer), "OK") || strings.Contains(string(answer), "FOUND") {
		t.Errorf("a part of a document gets the verdict %q (error %v)", answer, err)
	}
	s.clamd.AwaitSpooled(t, 0)
}

func (s *site) losesClamd(t *testing.T) {
	document := io.MultiReader(io.LimitReader(rand.Reader, 4<<20), call(s.clamd.Kill), io.LimitReader(rand.Reader, 32<<20))
	verdict, err := s.client(t, s.clients).Scan(t.Context(), document)
	unavailable(t, err)
	if verdict != (scan.Verdict{}) {
		t.Errorf("the verdict is %v", verdict)
	}
	s.clamd.Resume()
}

// call is an empty document whose reading does something.
type call func()

func (c call) Read([]byte) (int, error) {
	c()
	return 0, io.EOF
}

func TestScansWaitTheirTurn(t *testing.T) {
	s := start(t, clamdserver.Limits{}, func(c *gateway.Config) { c.MaxScans, c.Queue = 1, time.Millisecond })
	first := s.dial(t)
	if _, err := first.Write([]byte("zINSTREAM\x00\x00\x00\x00\x01a")); err != nil {
		t.Fatal(err)
	}
	s.clamd.AwaitSpooled(t, 1)
	client := s.client(t, s.clients)
	_, err := client.Scan(t.Context(), bytes.NewReader([]byte("b")))
	unavailable(t, err)
	if err == nil || !strings.Contains(err.Error(), "busy") {
		t.Errorf("the error does not say that the scanner is busy: %v", err)
	}
	if err := client.Check(t.Context()); err != nil {
		t.Errorf("a busy scanner does not answer a ping: %v", err)
	}
	if _, err := first.Write(make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	if answer, err := bufio.NewReader(first).ReadString(0); answer != "stream: OK\x00" {
		t.Errorf("the answer is %q (error %v)", answer, err)
	}
}

func TestIdleClientsAreEnded(t *testing.T) {
	s := start(t, clamdserver.Limits{}, func(c *gateway.Config) { c.Idle = 50 * time.Millisecond })
	conn := s.dial(t)
	if _, err := conn.Write([]byte("zINSTREAM\x00\x00\x00\x00\x01a")); err != nil {
		t.Fatal(err)
	}
	if answer, err := io.ReadAll(conn); strings.Contains(string(answer), "OK") {
		t.Errorf("a part of a document gets the verdict %q (error %v)", answer, err)
	}
}

func TestCertificatesAreReadAgain(t *testing.T) {
	s := start(t, clamdserver.Limits{}, nil)
	former := s.client(t, s.clients)
	if err := former.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	authority := certtest.New(t)
	authority.CopyTo(t, s.clients.File)
	unavailable(t, former.Check(t.Context()))
	if err := s.client(t, authority).Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestRunRefusesSettings(t *testing.T) {
	pair := certtest.New(t).Issue(t)
	for name, c := range map[string]gateway.Config{
		"no certificate": {Listen: "127.0.0.1:0", ClientCAFile: pair.CertFile},
		"no authorities": {Listen: "127.0.0.1:0", CertificateFile: pair.CertFile, KeyFile: pair.KeyFile},
		"no address":     {Listen: "nowhere", CertificateFile: pair.CertFile, KeyFile: pair.KeyFile, ClientCAFile: pair.CertFile},
	} {
		if err := gateway.Run(t.Context(), c); err == nil {
			t.Errorf("Run takes %s", name)
		}
	}
}

func unavailable(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, scan.ErrUnavailable) {
		t.Errorf("the error is %v, not %v", err, scan.ErrUnavailable)
	}
}
