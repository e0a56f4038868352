// Package serverstatus reads what sharing servers tell of themselves, and
// keeps the last word of each in memory.
//
// A server is asked over TLS on an internal address, and must show the
// certificate of its public host; the operator shows its own key, which the
// server has pinned. Answers are bounded in size and time: a server that hangs
// or floods holds up nothing.
package serverstatus

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"voute.dev/voute/server/status"
)

const (
	// timeout bounds one question from dialling to the last byte.
	timeout = 4 * time.Second
	// maxReport bounds an answer: a report with a thousand pilots has some 100 kB.
	maxReport = 1 << 20
)

// Reader asks one server. Address is https://host:port without a path; host is
// the name that its certificate must be for.
type Reader interface {
	Read(ctx context.Context, address, host string) (*status.Report, error)
}

// Fault is why a server gave no report. NextStep is a sentence for a person that
// stays the same while the fault does; Cause is for the log.
type Fault struct {
	NextStep string
	Cause    error
}

// Error is the cause.
func (f *Fault) Error() string { return f.Cause.Error() }

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.Cause }

// odd is an answer that no sharing server gives to its own operator.
func odd(format string, args ...any) *Fault {
	return &Fault{
		NextStep: "what the server answers on its status port is not a report: check that its version is one of this platform, and look at its log.",
		Cause:    fmt.Errorf(format, args...),
	}
}

// Client is a Reader over the network.
type Client struct {
	certificate tls.Certificate
	roots       *x509.CertPool
	dial        Dial
}

// Dial opens a connection to an address.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

var _ Reader = (*Client)(nil)

// NewClient makes a client that shows the certificate and trusts the roots.
func NewClient(certificate tls.Certificate, roots *x509.CertPool, dial Dial) *Client {
	return &Client{certificate: certificate, roots: roots, dial: dial}
}

// Read asks for the report. Each question is a connection of its own: servers
// are asked rarely, and a kept connection would go on showing an old certificate.
func (c *Client) Read(ctx context.Context, address, host string) (*status.Report, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+status.Path, nil)
	if err != nil {
		return nil, fmt.Errorf("ask the server at %s: %w", address, err)
	}
	response, err := c.transport(host).RoundTrip(request)
	if err != nil {
		return nil, explain(fmt.Errorf("ask the server at %s: %w", address, err), host)
	}
	defer func() { _ = response.Body.Close() }() // what was read is whole, or told as an error
	if response.StatusCode != http.StatusOK {
		return nil, odd("the server at %s answers %s to a question for its status", address, response.Status)
	}
	return decode(response.Body, address)
}

func (c *Client) transport(host string) *http.Transport {
	return &http.Transport{
		DialContext:            c.dial,
		DisableKeepAlives:      true,
		TLSHandshakeTimeout:    timeout,
		ResponseHeaderTimeout:  timeout,
		MaxResponseHeaderBytes: 16 << 10,
		TLSClientConfig: &tls.Config{
			MinVersion:   tls.VersionTLS13,
			ServerName:   host,
			RootCAs:      c.roots,
			Certificates: []tls.Certificate{c.certificate},
		},
	}
}

func decode(body io.Reader, address string) (*status.Report, error) {
	text, err := io.ReadAll(io.LimitReader(body, maxReport+1))
	if err != nil {
		return nil, odd("read the report of the server at %s: %w", address, err)
	}
	if len(text) > maxReport {
		return nil, odd("the report of the server at %s has more than %d bytes", address, maxReport)
	}
	report := &status.Report{}
	if err := json.Unmarshal(text, report); err != nil {
		return nil, odd("read the report of the server at %s: %w", address, err)
	}
	return report, nil
}

// explain gives a failed question its next step.
func explain(err error, host string) *Fault {
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	step := "the server does not answer on its status port: look at its log, and whether a NetworkPolicy keeps the operator out."
	switch {
	case errors.As(err, &authority):
		step = "the certificate that the server shows for " + host + " is signed by an authority that is not trusted: add it to trustedCAs of the platform configuration."
	case errors.As(err, &name):
		step = "the certificate that the server shows is not for " + host + ": correct the host or the certificate."
	}
	return &Fault{NextStep: step, Cause: err}
}
