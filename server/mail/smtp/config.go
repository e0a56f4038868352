package smtp

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"voute.dev/voute/server/config"
)

// Config says which relay to use, and as whom.
type Config struct {
	config.Mail
	// RootCAs are the authorities of the relay's certificate; the system's when nil.
	RootCAs *x509.CertPool
	// Now is the clock for the Date header; time.Now when nil.
	Now func() time.Time
	// Timeout bounds one message from connection to acceptance; 30 seconds when 0.
	Timeout time.Duration
}

// What connections begin as.
const (
	startTLS = "starttls"
	implicit = "tls"
	clear    = "none"
)

// New checks the settings. It does not connect: see Check.
func New(c Config) (*Client, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Second
	}
	from, err := c.check()
	if err != nil {
		return nil, fmt.Errorf("the settings of the mail relay do not serve: %w", err)
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	return &Client{
		config: c, from: from, domain: domain,
		tls: &tls.Config{RootCAs: c.RootCAs, ServerName: c.Host, MinVersion: tls.VersionTLS12},
	}, nil
}

func (c Config) check() (*mail.Address, error) {
	if c.Host == "" || c.Port < 1 || c.Port > 65535 {
		return nil, fmt.Errorf("%q port %d is no address of a relay", c.Host, c.Port)
	}
	switch c.Security {
	case startTLS, implicit:
	case clear:
		if c.CredentialsDirectory != "" {
			return nil, errors.New("credentials are sent over TLS only; set security to starttls or tls")
		}
	default:
		return nil, fmt.Errorf("security is %q; write starttls, tls or none", c.Security)
	}
	from, err := mail.ParseAddress(c.From)
	if err != nil {
		return nil, fmt.Errorf("the sender %q is no address; write one like Voûte <voute@example.gouv.qc.ca>", c.From)
	}
	return from, nil
}
