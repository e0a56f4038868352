package status

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"voute.dev/voute/server/certfile"
	"voute.dev/voute/server/certfile/certtest"
)

// port is a status port with one server certificate and some pins.
type port struct {
	*httptest.Server
	authority *certtest.Authority
	pins      []string
}

func newPort(t *testing.T) *port {
	t.Helper()
	p := &port{authority: certtest.New(t)}
	own := load(t, p.authority.Issue(t, "vault.test"))
	p.Server = httptest.NewUnstartedServer(Only(func() []string { return p.pins },
		Handler(func(context.Context) (Report, error) { return Report{Version: "1"}, nil })))
	p.TLS = TLS(func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return own, nil }, func() []string { return p.pins })
	p.StartTLS()
	t.Cleanup(p.Close)
	return p
}

func load(t *testing.T, pair certtest.Pair) *tls.Certificate {
	t.Helper()
	r, err := certfile.Open(pair.CertFile, pair.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := r.Current()
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

func pin(t *testing.T, pair *tls.Certificate) string {
	t.Helper()
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(leaf.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}

func (p *port) get(path string, certificates ...tls.Certificate) (*http.Response, error) {
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: p.authority.Pool, Certificates: certificates, ServerName: "vault.test"}}
	defer transport.CloseIdleConnections()
	return (&http.Client{Transport: transport}).Get(p.URL + path)
}

// TestOnlyThePinnedKey lets in the operator, whoever signed its certificate,
// and nobody else, whoever signed theirs.
func TestOnlyThePinnedKey(t *testing.T) {
	p := newPort(t)
	operator, stranger := load(t, certtest.New(t).Issue(t, "operator")), load(t, p.authority.Issue(t, "operator"))
	refused := func(when string, certificates ...tls.Certificate) {
		t.Helper()
		if response, err := p.get(Path, certificates...); err == nil {
			_ = response.Body.Close()
			t.Errorf("%s: let in with status %d", when, response.StatusCode)
		}
	}
	refused("nobody is pinned", *operator)
	p.pins = []string{"not base64", pin(t, operator)}
	refused("no certificate")
	refused("another key", *stranger)
	response, err := p.get(Path, *operator)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var report Report
	if err := json.NewDecoder(response.Body).Decode(&report); err != nil || report.Version != "1" {
		t.Errorf("the report is %+v (%v)", report, err)
	}
	p.pins = append(p.pins, pin(t, stranger)) // during a rotation
	for _, certificate := range []*tls.Certificate{operator, stranger} {
		response, err := p.get(Path, *certificate)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
	}
	p.pins = p.pins[2:]
	refused("no longer pinned", *operator)
}

// TestPinRemovedDuringAConnection: the connection stays, the access does not.
func TestPinRemovedDuringAConnection(t *testing.T) {
	p := newPort(t)
	operator := load(t, p.authority.Issue(t, "operator"))
	p.pins = []string{pin(t, operator)}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: p.authority.Pool, Certificates: []tls.Certificate{*operator}, ServerName: "vault.test"}}
	defer transport.CloseIdleConnections()
	for _, want := range []int{http.StatusOK, http.StatusForbidden} {
		response, err := (&http.Client{Transport: transport}).Get(p.URL + Path)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, response.Body) // so that the connection is used again
		_ = response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("with pins %v: status %d, want %d", p.pins, response.StatusCode, want)
		}
		p.pins = nil
	}
}

func TestNothingButTheReport(t *testing.T) {
	p := newPort(t)
	operator := load(t, p.authority.Issue(t, "operator"))
	p.pins = []string{pin(t, operator)}
	for _, path := range []string{"/", "/status/", "/documents", "/debug/pprof/"} {
		response, err := p.get(path, *operator)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusNotFound {
			t.Errorf("%s has status %d", path, response.StatusCode)
		}
	}
}

func TestProbes(t *testing.T) {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	var failure error
	p := &Probes{Now: func() time.Time { return noon }, All: map[string]Probe{
		"a": {Look: func(context.Context) error { return failure }, Describe: func(err error) (string, string) { return "Down", err.Error() }},
	}}
	if check := p.Last("a"); check.OK || check.Reason == "" {
		t.Errorf("before the first look: %+v", check)
	}
	p.Refresh(t.Context())
	if check := p.Last("a"); check != (Check{OK: true, Time: noon}) {
		t.Errorf("answering: %+v", check)
	}
	failure = errors.New("no answer")
	p.Refresh(t.Context())
	if check := p.Last("a"); check != (Check{Reason: "Down", Message: "no answer", Time: noon}) {
		t.Errorf("not answering: %+v", check)
	}
}
