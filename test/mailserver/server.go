// Package mailserver is a mail relay for the length of a test: a real SMTP
// server in this process, which keeps what it takes.
package mailserver

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"voute.dev/voute/server/certfile/certtest"
	"voute.dev/voute/server/config"
)

// What the relay's one account signs in with.
const (
	Username = "voute"
	Password = "correct horse battery staple"
)

// Options say how the relay greets.
type Options struct {
	// Security is starttls, tls or none; starttls when empty.
	Security string
	// Open lets in everybody; else the account must sign in.
	Open bool
}

// Server is the running relay.
type Server struct {
	Host string
	Port int
	// CAFile and CAs have the authority of its certificate.
	CAFile string
	CAs    *x509.CertPool

	options     Options
	credentials string
	certificate tls.Certificate
	server      *smtp.Server
	serving     sync.WaitGroup

	mu       sync.Mutex
	taken    []Received
	refusals map[Stage]*smtp.SMTPError
}

// Start starts a relay on a loopback address.
func Start(t testing.TB, options Options) *Server {
	t.Helper()
	if options.Security == "" {
		options.Security = "starttls"
	}
	authority := certtest.New(t)
	s := &Server{
		CAFile: authority.File, CAs: authority.Pool, options: options, credentials: t.TempDir(),
		certificate: authority.Issue(t).Load(t), refusals: map[Stage]*smtp.SMTPError{},
	}
	s.SetCredentials(t, Username, Password)
	s.listen(t, "127.0.0.1:0")
	t.Cleanup(s.Stop)
	return s
}

// Config is what a client of this relay is configured with.
func (s *Server) Config() config.Mail {
	c := config.Mail{Host: s.Host, Port: s.Port, Security: s.options.Security, From: "Voûte <voute@example.test>"}
	if !s.options.Open {
		c.CredentialsDirectory = s.credentials
	}
	return c
}

// SetCredentials writes what clients sign in with, right or wrong.
func (s *Server) SetCredentials(t testing.TB, username, password string) {
	t.Helper()
	for name, value := range map[string]string{"username": username, "password": password} {
		if err := os.WriteFile(filepath.Join(s.credentials, name), []byte(value+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// Stop ends the relay; nothing listens on its address any more.
func (s *Server) Stop() {
	_ = s.server.Close() // it may be stopped already
	s.serving.Wait()
}

// Resume starts the relay again at the same address, after Stop.
func (s *Server) Resume(t testing.TB) {
	t.Helper()
	s.listen(t, net.JoinHostPort(s.Host, strconv.Itoa(s.Port)))
}

func (s *Server) listen(t testing.TB, address string) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	at := listener.Addr().(*net.TCPAddr)
	s.Host, s.Port = at.IP.String(), at.Port
	secured := &tls.Config{Certificates: []tls.Certificate{s.certificate}, MinVersion: tls.VersionTLS13}
	s.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{server: s, conn: c}, nil
	}))
	s.server.Domain = "relay.test"
	s.server.EnableSMTPUTF8 = true
	s.server.ErrorLog = log.New(io.Discard, "", 0) // clients that hang up are part of tests
	s.server.ReadTimeout, s.server.WriteTimeout = time.Minute, time.Minute
	switch s.options.Security {
	case "starttls":
		s.server.TLSConfig = secured
	case "tls":
		listener = tls.NewListener(listener, secured)
	}
	server := s.server
	s.serving.Go(func() { _ = server.Serve(listener) }) // it ends with Stop
}
