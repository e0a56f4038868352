// Package certfile serves a certificate from files that are replaced while the
// program runs: Kubernetes swaps a mounted Secret by moving a symbolic link,
// and an administrator overwrites files in place. Both files are read again on
// use, at most once an interval, and compared by content. A pair that does not
// parse or does not match (seen half-way through a swap) leaves the last good
// one in force, and Current tells why.
package certfile

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"sync"
	"time"
)

// Interval is how often the files are read again at most.
const Interval = 5 * time.Second

// Reloader holds the pair in force. It is safe for concurrent use.
type Reloader struct {
	certFile, keyFile string
	interval          time.Duration
	now               func() time.Time

	mu      sync.Mutex
	pair    *tls.Certificate
	content []byte // of both files, as in pair
	failure error
	checked time.Time
}

// Option changes a Reloader made by Open.
type Option func(*Reloader)

// WithInterval sets how often the files are read again at most.
func WithInterval(interval time.Duration) Option {
	return func(r *Reloader) { r.interval = interval }
}

// WithClock replaces the clock by which the interval is measured.
func WithClock(now func() time.Time) Option {
	return func(r *Reloader) { r.now = now }
}

// Open reads a PEM certificate chain and its key. The first pair must be good.
func Open(certFile, keyFile string, options ...Option) (*Reloader, error) {
	r := &Reloader{certFile: certFile, keyFile: keyFile, interval: Interval, now: time.Now}
	for _, option := range options {
		option(r)
	}
	if pair, err := r.Current(); pair == nil {
		return nil, err
	}
	return r, nil
}

// Current is the pair in force, with the reason why a newer one was not taken up.
func (r *Reloader) Current() (*tls.Certificate, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := r.now(); r.pair == nil || now.Sub(r.checked) >= r.interval || now.Before(r.checked) {
		r.checked = now
		r.failure = r.reload()
	}
	return r.pair, r.failure
}

// GetCertificate serves a listener: tls.Config.GetCertificate.
func (r *Reloader) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	pair, _ := r.Current()
	return pair, nil
}

// GetClientCertificate serves a client: tls.Config.GetClientCertificate.
func (r *Reloader) GetClientCertificate(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	pair, _ := r.Current()
	return pair, nil
}

func (r *Reloader) reload() error {
	cert, err := os.ReadFile(r.certFile)
	if err != nil {
		return fmt.Errorf("cannot read the certificate: %w", err)
	}
	key, err := os.ReadFile(r.keyFile)
	if err != nil {
		return fmt.Errorf("cannot read the certificate's key: %w", err)
	}
	content := bytes.Join([][]byte{cert, key}, []byte{0})
	if r.pair != nil && bytes.Equal(content, r.content) {
		return nil
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return fmt.Errorf("the certificate %s and the key %s are no pair: %w", r.certFile, r.keyFile, err)
	}
	r.pair, r.content = &pair, content
	return nil
}

// Pool is the system's certificate authorities and those of a PEM file; only
// the system's when the file's name is empty.
func Pool(caFile string) (*x509.CertPool, error) {
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if caFile == "" {
		return pool, nil
	}
	return pool, add(pool, caFile)
}

// PoolOf is the certificate authorities of a PEM file and no others.
func PoolOf(caFile string) (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	return pool, add(pool, caFile)
}

func add(pool *x509.CertPool, caFile string) error {
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return fmt.Errorf("cannot read the trusted certificates: %w", err)
	}
	if !pool.AppendCertsFromPEM(pem) {
		return fmt.Errorf("%s holds no PEM certificate; put the authority's certificate there", caFile)
	}
	return nil
}
