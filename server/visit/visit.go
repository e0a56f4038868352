package visit

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"voute.dev/voute/server/version"
)

const (
	patience = 10 * time.Second // with one visit
	pause    = 2 * time.Second  // before the next
	pageSize = 1 << 20          // what is read of a page at most
)

// Visitor knows what to look for at one address.
type Visitor struct {
	// Address is https://host or https://host:port.
	Address string
	// ConnectTo is host:port to connect to in place of the address's own; what
	// is asked for, and what the certificate has to be for, stays the same.
	ConnectTo string
	// CAFile has PEM certificates of authorities, trusted beside the system's.
	CAFile string
	// Expect is what the page has to say, in French.
	Expect string
	// MinDaysLeft is for how many days more the certificate has to hold.
	MinDaysLeft int
	// Within is how long to try again until all is good; one visit when 0.
	Within time.Duration

	host, port string
	roots      *x509.CertPool
	now        func() time.Time
	pause      time.Duration
}

// Visit visits the address until all is good or time is up, tells out what the
// last visit found, and returns ErrNotGood where that was not all good.
func (v *Visitor) Visit(ctx context.Context, out io.Writer) error {
	if err := v.prepare(); err != nil {
		return err
	}
	findings, visits := v.untilGood(ctx)
	for _, finding := range findings {
		if _, err := fmt.Fprintln(out, finding); err != nil {
			return err
		}
	}
	if Good(findings) {
		return nil
	}
	return fmt.Errorf("%s: %w, at visit %d", v.Address, ErrNotGood, visits)
}

// prepare reads what was asked.
func (v *Visitor) prepare() error {
	parsed, err := url.Parse(v.Address)
	if err != nil || parsed.Scheme != "https" || parsed.Hostname() == "" || strings.Trim(parsed.Path, "/") != "" || parsed.RawQuery != "" || parsed.User != nil {
		return fmt.Errorf("%q is no address: write it like https://partage.justice.gouv.qc.ca, with a port where it has one", v.Address)
	}
	v.host, v.port = parsed.Hostname(), parsed.Port()
	if v.port == "" {
		v.port = "443"
	}
	if v.ConnectTo != "" {
		if _, _, err := net.SplitHostPort(v.ConnectTo); err != nil {
			return fmt.Errorf("cannot connect to %q: %w; write it like 10.0.0.1:443", v.ConnectTo, err)
		}
	}
	if v.now == nil {
		v.now, v.pause = time.Now, pause
	}
	v.roots, err = authorities(v.CAFile)
	return err
}

// authorities are the system's and those of a file; nil means the system's.
func authorities(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("the authorities cannot be read: %w", err)
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(content) {
		return nil, fmt.Errorf("%s has no certificate in PEM: name a file of an authority, such as ca.crt", file)
	}
	return roots, nil
}

func (v *Visitor) untilGood(ctx context.Context) (findings []Finding, visits int) {
	ctx, cancel := context.WithTimeout(ctx, max(v.Within, patience))
	defer cancel()
	for end := v.now().Add(v.Within); ; {
		findings = v.Look(ctx)
		visits++
		if Good(findings) || !v.now().Add(v.pause).Before(end) {
			return findings, visits
		}
		select {
		case <-ctx.Done():
			return findings, visits
		case <-time.After(v.pause):
		}
	}
}

// Look makes one visit.
func (v *Visitor) Look(ctx context.Context) []Finding {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	connection, found := v.connect(ctx)
	if !found.OK {
		return []Finding{found}
	}
	defer func() { _ = connection.Close() }()
	findings := []Finding{found, v.certificate(connection)}
	if !findings[1].OK {
		return findings
	}
	got, err := v.ask(ctx, connection)
	if err != nil {
		return append(findings, Finding{Step: "page", Text: fmt.Sprintf("there is no answer (%v); see the server's log", err)})
	}
	return append(findings, judgePage(got, v.Expect))
}

// connect goes where the name leads, and speaks TLS there.
func (v *Visitor) connect(ctx context.Context) (*tls.Conn, Finding) {
	target := net.JoinHostPort(v.host, v.port)
	if v.ConnectTo != "" {
		target = v.ConnectTo
	}
	bad := func(format string, args ...any) (*tls.Conn, Finding) {
		return nil, Finding{Step: "address", Text: fmt.Sprintf(format, args...)}
	}
	plain, err := new(net.Dialer).DialContext(ctx, "tcp", target)
	var unknown *net.DNSError
	switch {
	case errors.As(err, &unknown):
		return bad("the name %s is not known here (%v); publish it in DNS, or say where to connect to", unknown.Name, err)
	case err != nil:
		return bad("nobody answers at %s (%v); see whether the server runs, and whether this place may reach it", target, err)
	}
	connection := tls.Client(plain, &tls.Config{
		MinVersion: tls.VersionTLS12, ServerName: v.host,
		InsecureSkipVerify: true, //nolint:gosec // certificate looks at it before anything is asked, and says more
	})
	if err := connection.HandshakeContext(ctx); err != nil {
		_ = plain.Close()
		return bad("what answers at %s does not speak TLS for %s (%v); see whether it is the HTTPS port of a sharing server", target, v.host, err)
	}
	return connection, Finding{Step: "address", OK: true, Text: fmt.Sprintf("%s answers, at %s", target, connection.RemoteAddr())}
}

func (v *Visitor) certificate(connection *tls.Conn) Finding {
	return judgeCertificate(connection.ConnectionState().PeerCertificates, v.host, v.roots, v.MinDaysLeft, v.now())
}

// ask fetches the first page over a connection whose certificate is good. It
// follows no redirection: that would be another address.
func (v *Visitor) ask(ctx context.Context, connection *tls.Conn) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(v.Address, "/")+"/", nil)
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Accept-Language", "fr")
	request.Header.Set("User-Agent", "voute-server-check/"+version.Version)
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialTLSContext:    func(context.Context, string, string) (net.Conn, error) { return connection, nil },
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, pageSize))
	return answer{status: response.StatusCode, location: response.Header.Get("Location"), body: body}, err
}
