package crash

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/controllers"
	"voute.dev/voute/controllers/sharingtenant"
	"voute.dev/voute/internal/garbage"
	"voute.dev/voute/internal/identity"
	"voute.dev/voute/internal/logs"
	"voute.dev/voute/internal/platform"
	"voute.dev/voute/internal/serverstatus"
	"voute.dev/voute/internal/vault"
)

const (
	// operatorVariable names the settings of the process that is the operator.
	operatorVariable  = "VOUTE_CRASH_OPERATOR"
	operatorNamespace = "voute-system"
	// checkStands is shorter than as shipped, so that a test need not wait.
	checkStands = 200 * time.Millisecond
)

// quick is a pace at which a test need not wait.
var quick = sharingtenant.Pace{Eager: 100 * time.Millisecond, Patient: 200 * time.Millisecond, Impatience: time.Minute, Settled: 250 * time.Millisecond}

// settings are what the operator's process is told.
type settings struct {
	// Namespace is the only one that it sees.
	Namespace                                      string
	Kubeconfig, Platform, TokenFile, StatusAddress string
	// PairCert and PairKey are what stands before Vault shows.
	PairCert, PairKey string
	// Ahead is a file that says how far the time of its client is ahead of the machine's.
	Ahead          string
	LeaderElection bool
	// First is in force before anything is written.
	First order
}

// operate is cmd/operator, but that it sees one namespace, finds every sharing
// server at one address, and what it writes passes the cutter.
func operate(file string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var set settings
	if err := json.Unmarshal(content, &set); err != nil {
		return err
	}
	garbage.LetPile(controllers.HeapFloor) // as the one that ships
	ctx := ctrl.SetupSignalHandler()
	ctrl.SetLogger(logs.New(os.Stderr))
	c := newCutter(os.Stdout, set.First)
	go c.obey(bufio.NewScanner(os.Stdin))
	manager, err := set.manager(c)
	if err != nil {
		return err
	}
	direct, err := client.New(manager.GetConfig(), client.Options{Scheme: manager.GetScheme()})
	if err != nil {
		return err
	}
	own, err := identity.Ensure(ctx, direct, direct, operatorNamespace, time.Now())
	if err != nil {
		return err
	}
	inForce, err := set.platform(ctx, own, c)
	if err != nil {
		return err
	}
	if err := controllers.Add(ctx, manager, controllers.Parts{
		Platform: func() *sharingtenant.Platform { return inForce }, PublicKey: own.PublicKey, Namespace: operatorNamespace,
		Wake: make(chan event.GenericEvent), Pace: quick, Now: set.now,
	}); err != nil {
		return err
	}
	return manager.Start(ctx)
}

// now is the time of the client: the same for all processes that look after it,
// and for a new one what it was for the one before. Vault, which knows of no other
// time, is asked by the machine's.
func (set settings) now() time.Time {
	text, err := os.ReadFile(set.Ahead)
	if errors.Is(err, fs.ErrNotExist) {
		return time.Now() // no time was passed over
	}
	ahead, wrong := time.ParseDuration(string(text))
	if err := errors.Join(err, wrong); err != nil {
		panic(err)
	}
	return time.Now().Add(ahead)
}

func (set settings) manager(c *cutter) (ctrl.Manager, error) {
	config, err := clientcmd.BuildConfigFromFlags("", set.Kubeconfig)
	if err != nil {
		return nil, err
	}
	config.QPS, config.Burst = 500, 1000
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return narrow(set.Namespace, c.between(toKubernetes, next))
	})
	return controllers.NewManager(config, controllers.Options{
		Namespace: operatorNamespace, MetricsAddress: "0", HealthAddress: "0", LeaderElection: set.LeaderElection,
	})
}

func (set settings) platform(ctx context.Context, own *identity.Identity, c *cutter) (*sharingtenant.Platform, error) {
	config, err := platform.Load([]byte(set.Platform))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(config.TrustedCAs))
	before, err := set.standBefore(ctx, config.Vault.Address, roots, c)
	if err != nil {
		return nil, err
	}
	keeper, err := vault.New(vault.Options{
		Address: before, TransitPath: config.Vault.TransitPath, AuthPath: config.Vault.AuthPath,
		Role: config.Vault.OperatorRole, TokenFile: set.TokenFile, Roots: roots, Now: time.Now,
	})
	if err != nil {
		return nil, err
	}
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		c.looks.Add(1)
		return new(net.Dialer).DialContext(ctx, network, set.StatusAddress)
	}
	return &sharingtenant.Platform{
		Config: config,
		Vault:  vault.NewShared(keeper, checkStands, time.Now, func(bool) {}),
		Server: serverstatus.NewClient(own.Certificate, roots, dial),
	}, nil
}

// standBefore passes on to Vault what the operator's own client asks for: that
// client takes no other transport. What stands before it ends with the process,
// as a transport would.
func (set settings) standBefore(ctx context.Context, address string, roots *x509.CertPool, c *cutter) (string, error) {
	target, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	pair, err := tls.LoadX509KeyPair(set.PairCert, set.PairKey)
	if err != nil {
		return "", err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.Transport = c.between(toVault, &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}})
	// A Vault that does not answer is to look like one.
	proxy.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }
	server := &http.Server{Handler: proxy, ReadHeaderTimeout: time.Minute}
	go func() {
		_ = server.Serve(tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}))
	}()
	return "https://" + listener.Addr().String(), nil
}

// toKubernetes: everything that asks for a change, but for the Lease and for
// what is told to people.
func toKubernetes(r *http.Request) bool {
	return r.Method != http.MethodGet && !strings.Contains(r.URL.Path, "/leases") && !strings.Contains(r.URL.Path, "/events")
}

// toVault: everything that asks for a change, but for the sign-in.
func toVault(r *http.Request) bool {
	return r.Method != http.MethodGet && r.Method != "LIST" && !strings.HasSuffix(r.URL.Path, "/login")
}

// narrow has the operator list and watch one namespace where it asks for all:
// it works as shipped, and several of them work side by side.
func narrow(namespace string, next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
		last := len(parts) - 1
		if parts[last] == "billingstatements" && r.Method == http.MethodGet {
			r = r.Clone(r.Context())
			query := r.URL.Query()
			query.Set("labelSelector", query.Get("labelSelector")+","+v1alpha1.TenantNamespaceLabel+"="+namespace)
			r.URL.RawQuery = query.Encode()
			return next.RoundTrip(r)
		}
		everywhere := (parts[0] == "apis" && len(parts) == 4) || (parts[0] == "api" && len(parts) == 3)
		if r.Method != http.MethodGet || !everywhere || parts[last] == "namespaces" {
			return next.RoundTrip(r)
		}
		r = r.Clone(r.Context())
		r.URL.Path = "/" + strings.Join(parts[:last], "/") + "/namespaces/" + namespace + "/" + parts[last]
		return next.RoundTrip(r)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
