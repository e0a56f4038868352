package availability

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

const (
	// timeout bounds one try from dialling to the answer's head.
	timeout = 5 * time.Second
	// tries before an address is said not to answer, with pause between them.
	tries = 2
	pause = time.Second
)

// Address is where and as what a client's people reach a server.
type Address struct {
	// Dial is host:port to connect to; Host is the name that is asked for.
	Dial, Host string
}

// Prober asks one address as a browser would; the error says why nobody gets
// through, in words that stay the same meanwhile.
type Prober interface {
	Probe(ctx context.Context, address Address) error
}

// Client is a Prober over the network. A certificate has to be for the host and
// within its time. Who has signed it is not looked at: it may be an authority of
// the client's that only its people trust.
type Client struct {
	dial  Dial
	now   func() time.Time
	pause time.Duration
}

// Dial opens a connection to an address.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

var _ Prober = (*Client)(nil)

// NewClient makes a client; now is the time by which certificates expire.
func NewClient(dial Dial, now func() time.Time) *Client {
	return &Client{dial: dial, now: now, pause: pause}
}

// Probe asks for the first page over a new connection. Any answer will do that
// is not a server's own failure.
func (c *Client) Probe(ctx context.Context, address Address) (err error) {
	for try := range tries {
		if try > 0 {
			select {
			case <-ctx.Done():
				return err
			case <-time.After(c.pause):
			}
		}
		if err = c.try(ctx, address); err == nil {
			return nil
		}
	}
	return err
}

func (c *Client) try(ctx context.Context, address Address) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, "https://"+address.Host+"/", nil)
	if err != nil {
		return fmt.Errorf("ask %s: %w", address.Host, err)
	}
	response, err := c.transport(address).RoundTrip(request)
	if err != nil {
		return explain(err)
	}
	_ = response.Body.Close() // a HEAD has none
	if response.StatusCode >= http.StatusInternalServerError {
		return fmt.Errorf("it answers %s", response.Status)
	}
	return nil
}

// transport makes one connection: one that is kept would prove nothing of the
// next, and a session that is resumed would show the certificate of the one before.
func (c *Client) transport(address Address) *http.Transport {
	return &http.Transport{
		DisableKeepAlives: true, MaxResponseHeaderBytes: 16 << 10,
		TLSHandshakeTimeout: timeout, ResponseHeaderTimeout: timeout,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return c.dial(ctx, network, address.Dial)
		},
		TLSClientConfig: &tls.Config{
			MinVersion: tls.VersionTLS12, ServerName: address.Host,
			InsecureSkipVerify: true, //nolint:gosec // isFor looks at the certificate instead
			VerifyConnection:   func(state tls.ConnectionState) error { return c.isFor(state, address.Host) },
		},
	}
}

// isFor: the certificate is one that a browser would take, if it trusts whoever
// has signed it.
func (c *Client) isFor(state tls.ConnectionState, host string) error {
	leaf := state.PeerCertificates[0] // there is one in every handshake that gets here
	if now := c.now(); now.After(leaf.NotAfter) || now.Before(leaf.NotBefore) {
		return &fault{"its certificate holds from " + day(leaf.NotBefore) + " to " + day(leaf.NotAfter)}
	}
	if leaf.VerifyHostname(host) != nil {
		return &fault{"its certificate is not for " + host}
	}
	return nil
}

func day(at time.Time) string { return at.UTC().Format(time.RFC3339) }

type fault struct{ text string }

func (f *fault) Error() string { return f.text }

// explain leaves out what differs from one look to the next, such as ports.
func explain(err error) error {
	var known *fault
	var lookup *net.DNSError
	var handshake tls.RecordHeaderError
	var timeoutErr net.Error
	var odd x509.CertificateInvalidError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &lookup):
		return &fault{"its name is not known to DNS"}
	case errors.As(err, &handshake), errors.As(err, &odd):
		return &fault{"what answers there does not speak TLS"}
	case errors.As(err, &timeoutErr) && timeoutErr.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return &fault{"it does not answer in time"}
	default:
		return &fault{"the connection is refused or cut"}
	}
}
