package vault

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"voute.dev/voute/server/config"
)

// Config says which Vault to ask, and as whom.
type Config struct {
	config.VaultKeys
	// RootCAs are the authorities of Vault's certificate; the system's when nil.
	RootCAs *x509.CertPool
	// Zone is where a bucket's day begins.
	Zone *time.Location
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Timeout bounds one request; 10 seconds when 0.
	Timeout time.Duration
}

var (
	prefixPattern = regexp.MustCompile(`^[a-z0-9-]+\.[a-z0-9-]+$`)
	mountPattern  = regexp.MustCompile(`^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$`)
)

// New makes a client. It does not yet ask Vault anything: see Check.
func New(c Config) (*Client, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Timeout == 0 {
		c.Timeout = 10 * time.Second
	}
	address, err := c.check()
	if err != nil {
		return nil, fmt.Errorf("the settings of Vault do not serve: %w", err)
	}
	door := &door{address: address, timeout: c.Timeout, http: newHTTPClient(c.RootCAs)}
	return &Client{
		door: door, tokens: c.tokens(door),
		mount: c.TransitPath, prefix: c.Prefix, zone: c.Zone, now: c.Now,
	}, nil
}

func (c Config) check() (*url.URL, error) {
	address, err := url.Parse(c.Address)
	if err != nil || address.Host == "" || address.Path != "" && address.Path != "/" {
		return nil, fmt.Errorf("%q is no address; write one like https://vault.vault.svc:8200", c.Address)
	}
	if address.Scheme != "https" && (address.Scheme != "http" || !isLoopback(address.Hostname())) {
		return nil, errors.New("data keys travel over https only, or http to a loopback address")
	}
	if c.Zone == nil {
		return nil, errors.New("a time zone is needed, in which a bucket's day begins")
	}
	if !prefixPattern.MatchString(c.Prefix) {
		return nil, fmt.Errorf("the prefix %q is not <namespace>.<serviceaccount>", c.Prefix)
	}
	if !mountPattern.MatchString(c.TransitPath) {
		return nil, fmt.Errorf("%q is no transit mount", c.TransitPath)
	}
	return address, c.checkSignIn()
}

func (c Config) checkSignIn() error {
	kubernetes := c.Role != "" && c.ServiceAccountTokenFile != "" && mountPattern.MatchString(c.AuthPath)
	if kubernetes == (c.TokenFile != "") {
		return errors.New("set either authPath, role and serviceAccountTokenFile, or tokenFile")
	}
	return nil
}

func (c Config) tokens(door *door) tokens {
	if c.TokenFile != "" {
		return tokenFile(c.TokenFile)
	}
	return newSignIn(door, c)
}

func isLoopback(host string) bool {
	address := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || address != nil && address.IsLoopback()
}

// newHTTPClient uses no proxy of the environment, and follows no redirect with
// a token: a standby forwards requests by itself.
func newHTTPClient(roots *x509.CertPool) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			TLSClientConfig:     &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout: 10 * time.Second,
			MaxIdleConnsPerHost: 4,
			IdleConnTimeout:     time.Minute,
			ForceAttemptHTTP2:   true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
