package mailbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/emersion/go-smtp"
)

// The one account of the mailbox, the same as in config/samples. It is no
// secret: nothing is behind it.
const (
	Username = "voute"
	Password = "local-demo-only"
)

const largestMessage = 10 << 20

// Config says where the mailbox listens and keeps its messages.
type Config struct {
	Listen            string // address of the SMTP service
	CertFile, KeyFile string // its certificate
	Folder            string
	Web               *os.File // listening socket of the HTTP pages
}

// Run receives and shows messages until the context ends.
func Run(ctx context.Context, config Config) error {
	if err := os.MkdirAll(config.Folder, 0o755); err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(config.CertFile, config.KeyFile)
	if err != nil {
		return fmt.Errorf("cannot use the mailbox's certificate: %w", err)
	}
	web, err := net.FileListener(config.Web)
	if err != nil {
		return fmt.Errorf("cannot use the socket of the mailbox's pages: %w", err)
	}
	store := &folder{path: config.Folder}
	mail := smtp.NewServer(backend{store})
	mail.Addr, mail.Domain = config.Listen, "smtp.mail.svc"
	mail.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	mail.MaxMessageBytes = largestMessage
	mail.ReadTimeout, mail.WriteTimeout = time.Minute, time.Minute
	pages := &http.Server{Handler: handler(store), ReadHeaderTimeout: 5 * time.Second}

	failed := make(chan error, 2)
	go func() { failed <- mail.ListenAndServe() }()
	go func() { failed <- pages.Serve(web) }()
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	return errors.Join(err, mail.Close(), pages.Close())
}
