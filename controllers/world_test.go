package controllers_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/controllers"
	"voute.dev/voute/controllers/sharingtenant"
	"voute.dev/voute/internal/identity"
	"voute.dev/voute/internal/platform"
	"voute.dev/voute/internal/serverstatus"
	"voute.dev/voute/internal/vault/memory"
	"voute.dev/voute/test/apiserver"
	"voute.dev/voute/test/simulation"
)

const (
	operatorNamespace = "voute-system"
	patience          = 3 * time.Minute
)

// quick is a pace at which a test need not wait.
var quick = sharingtenant.Pace{Eager: 100 * time.Millisecond, Patient: 300 * time.Millisecond, Impatience: time.Minute, Settled: 500 * time.Millisecond}

// world is the operator, with the rights that config/rbac gives it, on a real
// API server. What a node, cert-manager and a storage driver do is done by a
// simulation; the servers' status ports are real, with the server's own code.
type world struct {
	api  *apiserver.Server
	kube client.WithWatch
	// simulated is the client of all that is simulated.
	simulated client.Client
	vault     *memory.Keeper
	servers   *simulation.Servers
	cluster   *simulation.Cluster
	watcher   *watcher
	wake      chan event.GenericEvent
	platform  atomic.Pointer[sharingtenant.Platform]
	written   *writes
	requests  *requests
	pace      sharingtenant.Pace
	// now is what the operator takes for the time.
	now func() time.Time

	// whole is the test as long as which the world lasts.
	whole        *testing.T
	namespaces   atomic.Int32
	reader       serverstatus.Reader
	publicKey    string
	config       *rest.Config
	stopOperator func()
	// log is the file with what the operator logs.
	log string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOf(t, "../config/crd/bases", apiserver.CertManagerCRDs(t))
}

// newWorldOf has the kinds of some files or folders.
func newWorldOf(t *testing.T, crds ...string) *world {
	t.Helper()
	w := &world{
		api:   apiserver.Start(t, crds...),
		vault: memory.New(), wake: make(chan event.GenericEvent, 1), written: &writes{},
		requests: newRequests(), pace: quick, now: time.Now, whole: t,
	}
	var err error
	if w.kube, err = client.NewWithWatch(w.api.Config, client.Options{Scheme: apiserver.Scheme(t, controllers.Scheme)}); err != nil {
		t.Fatal(err)
	}
	w.api.MustKubectl(t, "", "create", "namespace", operatorNamespace)
	w.api.MustKubectl(t, "", "apply", "-k", "../config/rbac")
	w.api.MustKubectl(t, storageClasses, "apply", "-f", "-")
	w.simulated = simulation.Cached(t, w.api.Config, w.kube.Scheme())
	w.cluster = simulation.Start(t, w.simulated)
	w.watcher = startWatcher(t, w.kube)
	w.startOperator(t)
	return w
}

// startOperator signs in as the operator's ServiceAccount, so that a right
// which config/rbac lacks fails the tests.
func (w *world) startOperator(t *testing.T) {
	t.Helper()
	config := w.api.ServiceAccount(t, operatorNamespace, "voute-operator")
	config.QPS, config.Burst = 200, 400
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return w.written.count(next) })
	config.Wrap(w.requests.record)
	own := w.identity(t, config)
	w.servers = simulation.StartServers(t, w.simulated, w.vault, own.PublicKey)
	w.servers.Now = func() time.Time { return w.now() }
	w.reader = serverstatus.NewClient(own.Certificate, w.servers.Authority.Pool, w.servers.Dial)
	w.config, w.publicKey = config, own.PublicKey
	w.load(t, platformFile(t))
	log := logFile(t)
	w.log = log.Name()
	operatorLog.Store(log)
	w.startManager(t)
}

func (w *world) startManager(t *testing.T) {
	t.Helper()
	before := &controllers.Predecessor{}
	manager, err := controllers.NewManager(w.config, controllers.Options{
		Namespace: operatorNamespace, MetricsAddress: "0", HealthAddress: "0", LeaderElection: true, Again: true, Predecessor: before,
	})
	if err != nil {
		t.Fatal(err)
	}
	parts := controllers.Parts{
		Platform: w.platform.Load, PublicKey: w.publicKey, Namespace: operatorNamespace, Wake: w.wake, Pace: w.pace, Now: w.now,
		Alive: before.LastAlive,
	}
	if err := controllers.Add(t.Context(), manager, parts); err != nil {
		t.Fatal(err)
	}
	endedByItself.Store(nil)
	w.stopOperator = run(w.whole, manager.Start)
}

// restart ends the operator's process and begins another, which remembers nothing.
func (w *world) restart(t *testing.T) {
	t.Helper()
	w.stopOperator()
	w.startManager(t)
}

func (w *world) identity(t *testing.T, config *rest.Config) *identity.Identity {
	t.Helper()
	direct, err := client.New(config, client.Options{Scheme: w.kube.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	own, err := identity.Ensure(t.Context(), direct, direct, operatorNamespace, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	again, err := identity.Ensure(t.Context(), direct, direct, operatorNamespace, time.Now())
	if err != nil || again.PublicKey != own.PublicKey {
		t.Fatalf("a second start has another identity: %v", err)
	}
	return own
}

// endedByItself is why the operator ended, as one does that could not renew its
// Lease, or what looks at its writes: no test need wait for what will not come.
var endedByItself atomic.Pointer[error]

// run ends something that runs with the test, and waits for its end.
func run(t *testing.T, start func(context.Context) error) (end func()) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var ended sync.WaitGroup
	ended.Go(func() {
		if err := start(ctx); err != nil {
			var still strings.Builder
			_ = pprof.Lookup("goroutine").WriteTo(&still, 1) // a builder takes everything
			endedByItself.Store(&err)
			t.Errorf("it ended: %v; still running:\n%s", err, still.String())
		}
	})
	end = func() {
		stop()
		ended.Wait()
	}
	t.Cleanup(end)
	return end
}

func platformFile(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile("../config/default/platform.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer("# className: voute-local", "className: voute-local", "image: localhost/voute-server:0.1.0", versions).
		Replace(string(content)) + strings.Replace(simulation.AnyTime(time.Now()), "slots: 1000", "slots: 1000\n  deadlineMinutes: 1", 1)
}

// versions are those of the sharing server that tenants may ask for.
const versions = `image: localhost/voute-server:0.1.0
  - {version: 0.1.1, image: localhost/voute-server:0.1.1}
  - {version: 0.1.2, image: localhost/voute-server:0.1.2-broken}
  - {version: 0.2.0, image: localhost/voute-server:0.2.0}
  - {version: 0.4.0, image: localhost/voute-server:0.4.0}`

// load puts a platform configuration into force.
func (w *world) load(t *testing.T, file string) {
	t.Helper()
	config, err := platform.Load([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	w.platform.Store(&sharingtenant.Platform{Config: config, Vault: w.vault, Server: w.reader, Prober: w.servers})
}

// operatorLog is where the test that runs wants the log. The logger itself is set
// once for the process: whoever sets it again is not heard.
var operatorLog atomic.Pointer[os.File]

type toOperatorLog struct{}

func (toOperatorLog) Write(line []byte) (int, error) { return operatorLog.Load().Write(line) }

func TestMain(m *testing.M) {
	ctrl.SetLogger(zap.New(zap.UseDevMode(true), zap.WriteTo(toOperatorLog{})))
	os.Exit(apiserver.RunTogether(m, 8))
}

// logFile keeps what the operator logs: shown when the test fails.
func logFile(t *testing.T) *os.File {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "operator.log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if content, err := os.ReadFile(file.Name()); err == nil && t.Failed() {
			t.Logf("the operator's log:\n%s", last(string(content), 20_000))
		}
	})
	return file
}

func last(text string, length int) string { return text[max(0, len(text)-length):] }

// eventually tries until there is no error.
func eventually(t *testing.T, what string, try func() error) {
	t.Helper()
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if err = try(); err == nil {
			return
		}
		if ended := endedByItself.Load(); ended != nil {
			t.Fatalf("%s: %v; and what runs with the test has ended: %v", what, err, *ended)
		}
	}
	t.Fatalf("%s: %v", what, err)
}

// writes counts what the operator asks the API server to change, but for the
// Lease that it holds and the events that it tells.
type writes struct {
	lock  sync.Mutex
	asked []string
	// failing is the end of a path for which every other read fails; reads counts them.
	failing string
	reads   int
	// once has the ends of paths to which a write fails once, and whether it did.
	once map[string]bool
}

// failOnce makes the next write to a path fail. The function returned tells
// whether it has.
func (w *writes) failOnce(path string) (failed func() bool) {
	w.lock.Lock()
	defer w.lock.Unlock()
	if w.once == nil {
		w.once = map[string]bool{}
	}
	w.once[path] = false
	return func() bool {
		w.lock.Lock()
		defer w.lock.Unlock()
		return w.once[path]
	}
}

// fail makes every other read of a path fail; none for the empty one. The
// function returned tells how many have failed.
func (w *writes) fail(path string) (failed func() int) {
	w.lock.Lock()
	defer w.lock.Unlock()
	w.failing, w.reads = path, 0
	return func() int {
		w.lock.Lock()
		defer w.lock.Unlock()
		return (w.reads + 1) / 2
	}
}

func (w *writes) fails(request *http.Request) bool {
	w.lock.Lock()
	defer w.lock.Unlock()
	for path, done := range w.once {
		if !done && request.Method != http.MethodGet && strings.HasSuffix(request.URL.Path, path) {
			w.once[path] = true
			return true
		}
	}
	if w.failing == "" || request.Method != http.MethodGet || !strings.HasSuffix(request.URL.Path, w.failing) {
		return false
	}
	w.reads++
	return w.reads%2 == 1
}

var errRead = errors.New("the connection is lost")

func (w *writes) count(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		path := request.URL.Path
		if w.fails(request) {
			return nil, errRead
		}
		if request.Method != http.MethodGet && !strings.Contains(path, "/leases") && !strings.Contains(path, "/events") {
			w.lock.Lock()
			w.asked = append(w.asked, request.Method+" "+path)
			w.lock.Unlock()
		}
		return next.RoundTrip(request)
	})
}

// since gives the writes from the nth on.
func (w *writes) since(n int) []string {
	w.lock.Lock()
	defer w.lock.Unlock()
	return append([]string(nil), w.asked[n:]...)
}

func (w *writes) total() int { return len(w.since(0)) }

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

const storageClasses = `
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: voute-local}
provisioner: example.org/simulated
allowVolumeExpansion: true
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: rigid}
provisioner: example.org/simulated
allowVolumeExpansion: false
`

// client is one client of the platform, in a namespace of its own.
type tenant struct {
	*testing.T
	*world
	namespace string
}

func (w *world) newTenant(t *testing.T) *tenant {
	t.Helper()
	n := &tenant{T: t, world: w, namespace: fmt.Sprintf("client-%d", w.namespaces.Add(1))}
	w.api.MustKubectl(t, "", "create", "namespace", n.namespace)
	w.api.MustKubectl(t, "", "create", "rolebinding", "-n", n.namespace, "issued", "--clusterrole=voute-operator-issued-secrets",
		"--serviceaccount="+operatorNamespace+":voute-operator")
	t.Cleanup(n.leave)
	return n
}

// leave deletes the tenants that the test has made, in whatever state they are:
// else those of all tests before would be looked at twice a second.
func (n *tenant) leave() {
	if err := n.kube.DeleteAllOf(context.WithoutCancel(n.Context()), &v1alpha1.SharingTenant{}, client.InNamespace(n.namespace)); err != nil {
		n.Error(err)
	}
}

// gone waits until every tenant that was deleted is gone.
func (w *world) gone(t *testing.T) {
	eventually(t, "every tenant that a test has left goes", func() error {
		left := &v1alpha1.SharingTenantList{}
		if err := w.kube.List(t.Context(), left); err != nil {
			return err
		}
		for i := range left.Items {
			if each := &left.Items[i]; each.DeletionTimestamp != nil {
				return fmt.Errorf("%s is still there: %s", each.Namespace, summary(each))
			}
		}
		return nil
	})
}

func (n *tenant) apply(documents ...string) {
	n.Helper()
	text := strings.NewReplacer("NAMESPACE", n.namespace).Replace(strings.Join(documents, "\n---\n"))
	n.api.MustKubectl(n.T, text, "apply", "--server-side", "--field-manager=platform-team", "-f", "-")
}

func (n *tenant) kubectl(args ...string) string {
	n.Helper()
	return n.api.MustKubectl(n.T, "", append([]string{"-n", n.namespace}, args...)...)
}

func (n *tenant) get() *v1alpha1.SharingTenant {
	n.Helper()
	return fetch(n, "justice", &v1alpha1.SharingTenant{})
}

func fetch[T client.Object](n *tenant, name string, object T) T {
	n.Helper()
	if err := n.kube.Get(n.Context(), client.ObjectKey{Namespace: n.namespace, Name: name}, object); err != nil {
		n.Fatal(err)
	}
	return object
}

func missing(n *tenant, name string, object client.Object) error {
	err := n.kube.Get(n.Context(), client.ObjectKey{Namespace: n.namespace, Name: name}, object)
	if err == nil {
		return fmt.Errorf("%T %s is there", object, name)
	}
	return client.IgnoreNotFound(err)
}

// leftBehind is what the garbage collector would still have to remove: nothing
// of a tenant that is gone may be without an owner.
func (n *tenant) leftBehind(kinds ...client.ObjectList) error {
	for _, list := range kinds {
		if err := n.kube.List(n.Context(), list, client.InNamespace(n.namespace), client.HasLabels{v1alpha1.TenantLabel}); err != nil {
			return err
		}
		if err := eachOf(list, func(object metav1.Object) error {
			if metav1.GetControllerOf(object) == nil {
				return fmt.Errorf("%T %s has no owner", object, object.GetName())
			}
			return nil
		}); err != nil && !apierrors.IsNotFound(err) {
			return err
		}
	}
	return nil
}

const retentionYAML = `{"apiVersion":"sharing.voute.dev/v1alpha1","kind":"RetentionPolicy","metadata":{"name":"courante","namespace":"NAMESPACE"},"spec":{"defaultDays":30,"maxDays":90}}`

const pilotYAML = `{"apiVersion":"sharing.voute.dev/v1alpha1","kind":"Pilot","metadata":{"name":"marie","namespace":"NAMESPACE"},
"spec":{"tenantRef":{"name":"justice"},"email":"marie@NAMESPACE.example","name":"Marie"}}`

const tenantYAML = `
apiVersion: sharing.voute.dev/v1alpha1
kind: SharingTenant
metadata: {name: justice, namespace: NAMESPACE}
spec:
  organization: {nameFr: Justice, nameEn: Justice, supportEmail: aide@justice.example}
  retentionPolicyRef: {name: courante}
  environments:
  - name: production
    host: partage.NAMESPACE.example
    certificate: {issuerRef: {name: voute-ca}}
  - name: development
    host: partage-dev.NAMESPACE.example
    certificate: {issuerRef: {name: voute-ca}}
`
