package simulation

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/internal/availability"
	"voute.dev/voute/internal/desired"
	"voute.dev/voute/internal/serverstatus"
	"voute.dev/voute/server/certfile/certtest"
	serverconfig "voute.dev/voute/server/config"
	"voute.dev/voute/server/status"
)

// NotAfter is when every server's certificate expires.
var NotAfter = time.Date(2027, 2, 20, 12, 0, 0, 0, time.UTC)

var (
	errSilent      = errors.New("no server listens there")
	errUnreachable = errors.New("the network on the way there is cut")
)

// Vault says whether servers reach their keys.
type Vault interface {
	Check(ctx context.Context) error
}

// Servers are the sharing servers of all tenants: the server's own status port,
// over a report made of what the operator has written. One that no Deployment
// runs does not answer. The maps are changed within Set alone.
type Servers struct {
	// Used is in bytes, by namespace/Deployment.
	Used map[string]int64
	// Silent and Stale are by namespace: servers that do not answer, and servers
	// that have not taken their newest configuration up.
	Silent, Stale map[string]bool
	// Unreachable are the hosts at which nobody gets through to a server.
	Unreachable map[string]bool
	// Retention is what a server tells of its documents, by namespace/Deployment; of
	// others that it has none, and has swept just now.
	Retention map[string]*status.RetentionReport
	// Now is their clock.
	Now func() time.Time
	// Pilots are those who are farther than invited, by namespace/Pilot.
	Pilots map[string]status.PilotReport

	// Authority signs what the servers show; nil for those without a listener.
	Authority *certtest.Authority
	// Address is the one listener of them all; PublicAddress is that of what their
	// users see, which is nothing but an answer.
	Address, PublicAddress string

	kube  client.Reader
	vault Vault
	lock  sync.Mutex
	shown map[string]tls.Certificate
	read  map[client.ObjectKey]taken
}

// taken is what a server has read of its configuration.
type taken struct {
	version, hash string
	config        *serverconfig.Config
}

var (
	_ serverstatus.Reader = (*Servers)(nil)
	_ availability.Prober = (*Servers)(nil)
)

// NewServers makes servers without a listener, for Read.
func NewServers(kube client.Reader, vault Vault) *Servers {
	return &Servers{
		Used: map[string]int64{}, Silent: map[string]bool{}, Stale: map[string]bool{}, Unreachable: map[string]bool{}, Pilots: map[string]status.PilotReport{},
		Retention: map[string]*status.RetentionReport{}, Now: time.Now,
		kube: kube, vault: vault, shown: map[string]tls.Certificate{}, read: map[client.ObjectKey]taken{},
	}
}

// StartServers starts servers behind one TLS listener, which answers to the
// operator's key alone: ask them with a serverstatus.Client that uses Dial.
func StartServers(t testing.TB, kube client.Reader, vault Vault, operatorKey string) *Servers {
	t.Helper()
	s := NewServers(kube, vault)
	s.Authority = certtest.New(t)
	certificate := func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) { return s.show(t, hello.ServerName), nil }
	s.Address = Listen(t, s.serve, status.TLS(certificate, func() []string { return []string{operatorKey} }))
	s.PublicAddress = Listen(t, func(http.ResponseWriter, *http.Request) {}, &tls.Config{MinVersion: tls.VersionTLS13, GetCertificate: certificate})
	return s
}

// Listen serves until the end of the test, which ends every connection.
func Listen(t testing.TB, handler http.HandlerFunc, secure *tls.Config) (address string) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)}
	Run(t, func(ctx context.Context) error {
		context.AfterFunc(ctx, func() { _ = server.Close() })
		if err := server.Serve(tls.NewListener(listener, secure)); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	return listener.Addr().String()
}

// Set changes what servers tell, under the lock.
func (s *Servers) Set(change func()) {
	s.lock.Lock()
	defer s.lock.Unlock()
	change()
}

// Dial connects to a server by the address of its status Service.
func (s *Servers) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if err := s.reach(ctx, address); err != nil {
		return nil, err
	}
	return new(net.Dialer).DialContext(ctx, network, s.Address)
}

// Read asks a server without a network: the same handler answers.
func (s *Servers) Read(ctx context.Context, address, _ string) (*status.Report, error) {
	host := strings.TrimPrefix(address, "https://")
	if s.isSilent(host) {
		return nil, &serverstatus.Fault{NextStep: "the server does not answer.", Cause: errSilent}
	}
	answer, request := httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, address+status.Path, nil)
	s.serve(answer, request)
	report := &status.Report{}
	if err := json.Unmarshal(answer.Body.Bytes(), report); err != nil || answer.Code != http.StatusOK {
		return nil, &serverstatus.Fault{NextStep: "the server does not answer with a report.", Cause: fmt.Errorf("%d: %s", answer.Code, answer.Body)}
	}
	return report, nil
}

// Probe asks a public address without a network.
func (s *Servers) Probe(_ context.Context, address availability.Address) error {
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.Unreachable[address.Host] {
		return errUnreachable
	}
	return nil
}

// parse takes the address of a status Service apart.
func parse(address string) (namespace, name string) {
	service, rest, _ := strings.Cut(address, ".")
	namespace, _, _ = strings.Cut(rest, ".")
	return namespace, strings.TrimSuffix(service, "-status")
}

func (s *Servers) reach(ctx context.Context, address string) error {
	if s.isSilent(address) {
		return errSilent
	}
	namespace, name := parse(address)
	runs := &appsv1.Deployment{}
	if err := s.kube.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, runs); err != nil || runs.Status.AvailableReplicas == 0 {
		return errSilent
	}
	return nil
}

func (s *Servers) isSilent(address string) bool {
	namespace, _ := parse(address)
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.Silent[namespace]
}

// show makes a certificate for a host at the first question.
func (s *Servers) show(t testing.TB, host string) *tls.Certificate {
	s.lock.Lock()
	defer s.lock.Unlock()
	certificate, found := s.shown[host]
	if !found {
		certificate = s.Authority.Issue(t, host).Load(t)
		s.shown[host] = certificate
	}
	return &certificate
}

func (s *Servers) serve(w http.ResponseWriter, r *http.Request) {
	namespace, name := parse(r.Host)
	status.Handler(func(ctx context.Context) (status.Report, error) { return s.report(ctx, namespace, name) }).ServeHTTP(w, r)
}

func (s *Servers) report(ctx context.Context, namespace, name string) (status.Report, error) {
	key, file, runs := client.ObjectKey{Namespace: namespace, Name: name}, &corev1.ConfigMap{}, &appsv1.Deployment{}
	if err := errors.Join(s.kube.Get(ctx, key, file), s.kube.Get(ctx, key, runs)); err != nil {
		return status.Report{}, err
	}
	if runs.Status.AvailableReplicas == 0 {
		return status.Report{}, errSilent
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	known, err := s.take(file)
	if err != nil {
		return status.Report{}, err
	}
	report := status.Report{
		Version: VersionOf(runs), ConfigHash: known.hash, Ready: true,
		Storage:     status.StorageReport{QuotaBytes: known.config.Storage.QuotaBytes, UsedBytes: s.Used[namespace+"/"+name]},
		Keys:        s.keys(ctx),
		Scanner:     status.Check{OK: true},
		Mail:        status.Check{OK: true},
		Certificate: status.CertificateReport{NotAfter: NotAfter},
		Pilots:      s.pilots(namespace, known.config),
		Retention:   s.retention(namespace + "/" + name),
	}
	if s.Stale[namespace] {
		report.ConfigHash = "older"
	}
	return report, nil
}

// take reads a configuration once: servers are asked far more often than it changes.
func (s *Servers) take(file *corev1.ConfigMap) (taken, error) {
	key := client.ObjectKeyFromObject(file)
	if known := s.read[key]; known.config != nil && known.version == file.ResourceVersion {
		return known, nil
	}
	config, err := desired.ReadConfig(file)
	if err != nil {
		return taken{}, err
	}
	s.read[key] = taken{version: file.ResourceVersion, hash: desired.ConfigHash(file), config: config}
	return s.read[key], nil
}

func (s *Servers) keys(ctx context.Context) status.Check {
	if s.vault != nil && s.vault.Check(ctx) != nil {
		return status.Check{Reason: "Unavailable", Message: "Vault does not answer the server."}
	}
	return status.Check{OK: true}
}

func (s *Servers) retention(server string) *status.RetentionReport {
	now := s.Now()
	told := status.RetentionReport{}
	if known, found := s.Retention[server]; found {
		told = *known
	}
	if told.LastSweep == nil {
		told.LastSweep = &now
	}
	return &told
}

func (s *Servers) pilots(namespace string, config *serverconfig.Config) []status.PilotReport {
	told := make([]status.PilotReport, 0, len(config.Pilots))
	for _, pilot := range config.Pilots {
		report, found := s.Pilots[namespace+"/"+pilot.ID]
		if !found {
			report = status.PilotReport{ID: pilot.ID, State: "invited"}
		}
		told = append(told, report)
	}
	return told
}

// VersionOf is the tag of the image that runs.
func VersionOf(runs *appsv1.Deployment) string {
	for _, container := range runs.Spec.Template.Spec.Containers {
		return container.Image[strings.LastIndexByte(container.Image, ':')+1:]
	}
	return ""
}
