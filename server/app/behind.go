package app

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"voute.dev/voute/server/certfile"
	"voute.dev/voute/server/config"
	"voute.dev/voute/server/keys"
	"voute.dev/voute/server/keys/vault"
	"voute.dev/voute/server/mail"
	"voute.dev/voute/server/mail/smtp"
	"voute.dev/voute/server/scan"
	"voute.dev/voute/server/scan/clamd"
)

// Services are those behind the server.
type Services struct {
	Keys    keys.Keys
	Scanner scan.Scanner
	Mailer  mail.Mailer
}

// Connect makes clients of the services that the configuration names.
func Connect(c *config.Config) (Services, error) {
	roots, err := certfile.Pool(c.TLS.TrustedCAFile)
	if err != nil {
		return Services{}, err
	}
	k, err := vault.New(vault.Config{VaultKeys: *c.Keys.Vault, RootCAs: roots, Zone: c.Location()})
	if err != nil {
		return Services{}, fmt.Errorf("keys.vault: %w", err)
	}
	s, err := scanner(c, roots)
	if err != nil {
		return Services{}, fmt.Errorf("scanner: %w", err)
	}
	m, err := smtp.New(smtp.Config{Mail: c.Mail, RootCAs: roots})
	if err != nil {
		return Services{}, fmt.Errorf("mail: %w", err)
	}
	return Services{Keys: k, Scanner: s, Mailer: m}, nil
}

func scanner(c *config.Config, roots *x509.CertPool) (scan.Scanner, error) {
	settings := clamd.Config{Scanner: c.Scanner, RootCAs: roots}
	if c.Scanner.Address != "" {
		pair, err := certfile.Open(c.Scanner.CertificateFile, c.Scanner.KeyFile)
		if err != nil {
			return nil, err
		}
		settings.Certificate = pair.GetClientCertificate
	}
	return clamd.New(settings)
}

// behind holds the services in force; it stands in for each of them.
type behind struct {
	connect func(*config.Config) (Services, error)
	inForce atomic.Pointer[Services]

	mu   sync.Mutex
	made string // what they were made from
}

// follow makes the services anew when what they are made from has changed.
func (b *behind) follow(c *config.Config) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	from, err := ingredients(c)
	if err != nil || from == b.made {
		return err
	}
	services, err := b.connect(c)
	if err != nil {
		return err
	}
	b.inForce.Store(&services)
	b.made = from
	return nil
}

// ingredients has the settings and the trusted certificates.
func ingredients(c *config.Config) (string, error) {
	settings, err := json.Marshal([]any{c.Keys, c.Scanner, c.Mail, c.TLS.TrustedCAFile, c.TimeZone})
	if err != nil || c.TLS.TrustedCAFile == "" {
		return string(settings), err
	}
	trusted, err := os.ReadFile(c.TLS.TrustedCAFile)
	if err != nil {
		return "", fmt.Errorf("cannot read the trusted certificates: %w", err)
	}
	return string(settings) + string(trusted), nil
}

type (
	liveKeys    struct{ *behind }
	liveScanner struct{ *behind }
	liveMailer  struct{ *behind }
)

func (l liveKeys) Create(ctx context.Context, bucket string) (keys.DataKey, error) {
	return l.inForce.Load().Keys.Create(ctx, bucket)
}

func (l liveKeys) Open(ctx context.Context, bucket, wrapped string) ([]byte, error) {
	return l.inForce.Load().Keys.Open(ctx, bucket, wrapped)
}

func (l liveKeys) Move(ctx context.Context, from, wrapped, to string) (string, error) {
	return l.inForce.Load().Keys.Move(ctx, from, wrapped, to)
}

func (l liveKeys) Check(ctx context.Context) error { return l.inForce.Load().Keys.Check(ctx) }

func (l liveScanner) Scan(ctx context.Context, r io.Reader) (scan.Verdict, error) {
	return l.inForce.Load().Scanner.Scan(ctx, r)
}

func (l liveScanner) Check(ctx context.Context) error { return l.inForce.Load().Scanner.Check(ctx) }

func (l liveMailer) Send(ctx context.Context, m mail.Message) error {
	return l.inForce.Load().Mailer.Send(ctx, m)
}

func (l liveMailer) Check(ctx context.Context) error { return l.inForce.Load().Mailer.Check(ctx) }

// every gives ticks until the context ends.
func every(ctx context.Context, interval time.Duration) <-chan time.Time {
	ticker := time.NewTicker(interval)
	context.AfterFunc(ctx, ticker.Stop)
	return ticker.C
}
