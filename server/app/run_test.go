package app

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"

	"voute.dev/voute/server/certfile/certtest"
	"voute.dev/voute/server/config"
	"voute.dev/voute/server/keys"
	"voute.dev/voute/server/scan"
	"voute.dev/voute/server/status"
	"voute.dev/voute/server/visit"
)

// freePorts asks the system for three.
func freePorts(t *testing.T) config.Listen {
	t.Helper()
	var free [3]string
	for i := range free {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = listener.Close() }()
		free[i] = listener.Addr().String()
	}
	return config.Listen{HTTPS: free[0], HTTP: free[1], Status: free[2]}
}

// running is a server with its ports, its workers and the real clock.
type running struct {
	*world
	operator tls.Certificate
	stopped  chan error
	cancel   context.CancelFunc
}

func run(t *testing.T, change ...func(*config.Config)) *running {
	t.Helper()
	pair := certtest.New(t).Issue(t, "operator")
	operator, err := tls.LoadX509KeyPair(pair.CertFile, pair.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, append(change, func(c *config.Config) {
		c.Listen = freePorts(t)
		c.Operator.PublicKeys = []string{spki(t, operator)}
	})...)
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{world: w, operator: operator, stopped: make(chan error, 1), cancel: cancel}
	go func() { r.stopped <- w.app.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err, open := <-r.stopped; open && err != nil {
			t.Error(err)
		}
	})
	r.until("ready", func() bool { return r.plain("/readyz") == http.StatusOK })
	return r
}

func spki(t *testing.T, pair tls.Certificate) string {
	t.Helper()
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(leaf.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// until waits for what workers do on their own.
func (r *running) until(what string, done func() bool) {
	r.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if done() {
			return
		}
	}
	r.t.Fatalf("never: %s", what)
}

func (r *running) plain(path string) int {
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Get("http://" + r.settings.Listen.HTTP + path)
	if err != nil {
		return 0
	}
	defer func() { _ = response.Body.Close() }()
	return response.StatusCode
}

func (r *running) report() (report status.Report) {
	r.t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: r.authority.Pool, Certificates: []tls.Certificate{r.operator}, ServerName: "vault.test"}}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Get("https://" + r.settings.Listen.Status + status.Path)
	r.must(err)
	defer func() { _ = response.Body.Close() }()
	r.must(json.NewDecoder(response.Body).Decode(&report))
	return report
}

// TestReport follows what the operator sees, workers running on their own.
func TestReport(t *testing.T) {
	r := run(t)
	r.until("all services looked at, the pilot invited", func() bool {
		report := r.report()
		return report.Keys.OK && report.Scanner.OK && report.Mail.OK && len(report.Pilots) == 1 && report.Pilots[0].State == "invited"
	})
	report := r.report()
	if !report.Ready || report.Version != "0.1.0" || report.ConfigError != "" || report.Storage != (status.StorageReport{QuotaBytes: 10 << 20}) {
		t.Errorf("the report is %+v", report)
	}
	if len(report.Certificate.SHA256) != 64 || report.Certificate.NotAfter.Before(time.Now()) {
		t.Errorf("the certificate is %+v", report.Certificate)
	}

	r.settings.Storage.QuotaBytes = 20 << 20
	r.writeConfig()
	r.until("the quota in force", func() bool {
		now := r.report()
		return now.Storage.QuotaBytes == 20<<20 && now.ConfigHash != report.ConfigHash
	})
	r.settings.Retention.MinDays = 0
	r.writeConfig()
	r.until("the mistake reported", func() bool { return strings.Contains(r.report().ConfigError, "retention.minDays") })

	r.keys.Fail(keys.ErrRefused)
	r.scanner.Fail(scan.ErrUnavailable)
	r.app.probes.Refresh(t.Context())
	report = r.report()
	if report.Keys.Reason != "KeysRefused" || report.Scanner.Reason != "ScannerUnavailable" || !report.Mail.OK || !report.Ready {
		t.Errorf("with services away: %+v", report)
	}

	r.keys.Fail(nil)
	r.scanner.Fail(nil)
	r.pilot()
	report = r.report()
	if report.Pilots[0].State != "active" || report.Pilots[0].LastSignIn == nil || report.Pilots[0].LastSignIn.Format(time.TimeOnly) != "00:00:00" {
		t.Errorf("the pilot is %+v", report.Pilots[0])
	}
}

// TestPorts asks each port over the network, as another machine would.
func TestPorts(t *testing.T) {
	r := run(t)
	if code := r.plain("/documents/new"); code != http.StatusPermanentRedirect {
		t.Errorf("plain HTTP answers %d", code)
	}
	for name, maximum := range map[string]uint16{"TLS 1.1": tls.VersionTLS11, "TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
		connection, err := tls.Dial("tcp", r.settings.Listen.HTTPS, &tls.Config{
			RootCAs: r.authority.Pool, ServerName: "vault.test", MinVersion: tls.VersionTLS10, MaxVersion: maximum, NextProtos: []string{"h2"},
		})
		if (err == nil) != (maximum >= tls.VersionTLS12) {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			if protocol := connection.ConnectionState().NegotiatedProtocol; protocol != "h2" {
				t.Errorf("%s speaks %q", name, protocol)
			}
			_ = connection.Close()
		}
	}
	// A renewed certificate is served without a restart.
	before := r.report().Certificate.SHA256
	r.authority.IssueInto(t, certtest.Pair{CertFile: r.settings.TLS.CertificateFile, KeyFile: r.settings.TLS.KeyFile}, "vault.test")
	r.until("the renewed certificate", func() bool { return r.report().Certificate.SHA256 != before })
}

// TestAVisitorIsContent: what `voute-server check` looks for is what a server
// shows, and says which client's it is.
func TestAVisitorIsContent(t *testing.T) {
	r := run(t)
	visitor := visit.Visitor{
		Address: publicAddress, ConnectTo: r.settings.Listen.HTTPS, CAFile: r.authority.File, Expect: r.settings.Organization.NameFr,
	}
	var said strings.Builder
	if err := visitor.Visit(t.Context(), &said); err != nil {
		t.Errorf("%v:\n%s", err, said.String())
	}
	visitor.Expect = "Ministère de la Culture"
	if err := visitor.Visit(t.Context(), &said); !errors.Is(err, visit.ErrNotGood) {
		t.Errorf("it takes the server for another client's: %v", err)
	}
}
