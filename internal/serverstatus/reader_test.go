package serverstatus_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"voute.dev/voute/internal/identity"
	"voute.dev/voute/internal/serverstatus"
	"voute.dev/voute/server/certfile/certtest"
	"voute.dev/voute/server/status"
)

const host = "partage.justice.example"

var report = status.Report{
	Version: "0.1.0", ConfigHash: "abc", Ready: true,
	Storage: status.StorageReport{QuotaBytes: 20_000_000_000, UsedBytes: 12},
	Pilots:  []status.PilotReport{{ID: "marie", State: "active"}},
}

// port is a server's real status port.
type port struct {
	address   string
	authority *certtest.Authority
}

// open opens a status port that pins a key and shows a certificate for a name.
func open(t *testing.T, pinned, name string, handler http.Handler) port {
	t.Helper()
	authority := certtest.New(t)
	pair := authority.Issue(t, name)
	certificate, err := tls.LoadX509KeyPair(pair.CertFile, pair.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(&bytes.Buffer{}, "", 0)
	server.Listener = tls.NewListener(server.Listener, status.TLS(
		func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &certificate, nil },
		func() []string { return []string{pinned} }))
	server.Start()
	t.Cleanup(server.Close)
	return port{address: "https://" + server.Listener.Addr().String(), authority: authority}
}

func reports() http.Handler {
	return status.Handler(func(context.Context) (status.Report, error) { return report, nil })
}

func newKey(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key, Leaf: leaf}, identity.Fingerprint(leaf)
}

func TestRead(t *testing.T) {
	own, pin := newKey(t)
	_, otherPin := newKey(t)
	odd := func(write func(http.ResponseWriter)) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { write(w) })
	}
	for name, test := range map[string]struct {
		pinned, certificate string
		handler             http.Handler
		distrust            bool
		want                string // part of the next step; empty for a report
	}{
		"a report":                   {pin, host, reports(), false, ""},
		"a key that is not pinned":   {otherPin, host, reports(), false, "does not answer"},
		"an authority not trusted":   {pin, host, reports(), true, "trustedCAs"},
		"another's certificate":      {pin, "other.example", reports(), false, "is not for " + host},
		"an error":                   {pin, host, odd(func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) }), false, "is not a report"},
		"a redirect is not followed": {pin, host, http.RedirectHandler("/status", http.StatusFound), false, "is not a report"},
		"no JSON":                    {pin, host, odd(func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>")) }), false, "is not a report"},
		"a flood":                    {pin, host, odd(func(w http.ResponseWriter) { _, _ = w.Write(bytes.Repeat([]byte(" "), 2<<20)) }), false, "is not a report"},
	} {
		t.Run(name, func(t *testing.T) {
			server := open(t, test.pinned, test.certificate, test.handler)
			roots := server.authority.Pool
			if test.distrust {
				roots = x509.NewCertPool()
			}
			got, err := serverstatus.NewClient(own, roots, new(net.Dialer).DialContext).Read(t.Context(), server.address, host)
			var fault *serverstatus.Fault
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want == "":
				if diff := cmp.Diff(&report, got); diff != "" {
					t.Errorf("report (-want +got):\n%s", diff)
				}
			case !errors.As(err, &fault) || !strings.Contains(fault.NextStep, test.want):
				t.Errorf("the error is %v, want %q in its next step", err, test.want)
			}
		})
	}
}

// A server that accepts and then says nothing must not hold the operator up:
// the question ends with its context.
func TestReadEnds(t *testing.T) {
	own, pin := newKey(t)
	hang := make(chan struct{})
	server := open(t, pin, host, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	defer close(hang)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	_, err := serverstatus.NewClient(own, server.authority.Pool, new(net.Dialer).DialContext).Read(ctx, server.address, host)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

func TestStore(t *testing.T) {
	store, key := serverstatus.NewStore(), serverstatus.Key{Namespace: "justice", Tenant: "justice", Environment: "production"}
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	if !store.Answered(key, &report, noon) {
		t.Error("the first report is no news of pilots")
	}
	again := report
	again.Storage.UsedBytes = 99
	if store.Answered(key, &again, noon) {
		t.Error("another use is taken for news of pilots")
	}
	store.Silent(key, errors.New("no"), noon.Add(time.Minute))
	if word := store.Last(key); word.Report != &again || !word.Time.Equal(noon) || !word.Asked.Equal(noon.Add(time.Minute)) || word.Err == nil {
		t.Errorf("after a silence: %+v", word)
	}
	moved := report
	day := noon.Truncate(24 * time.Hour)
	moved.Pilots = []status.PilotReport{{ID: "marie", State: "active", LastSignIn: &day}}
	if !store.Answered(key, &moved, noon) {
		t.Error("a sign-in is no news of pilots")
	}
	store.Forget(key)
	if word := store.Last(key); word.Report != nil {
		t.Errorf("forgotten: %+v", word)
	}
}
