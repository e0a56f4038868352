package benchoperator

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"voute.dev/voute/controllers"
	"voute.dev/voute/test/apiserver"
	"voute.dev/voute/test/program"
)

const (
	operatorNamespace = "voute-system"
	operatorAccount   = "voute-operator"
	operatorUser      = "system:serviceaccount:" + operatorNamespace + ":" + operatorAccount
)

// readsCount is a group whose members' reads are in the audit log, too: the
// operator is in it where they are counted, and not where time is measured.
const readsCount = "bench:reads-count"

// auditPolicy keeps who wrote what, and not the content.
const auditPolicy = `{"apiVersion":"audit.k8s.io/v1","kind":"Policy","omitStages":["RequestReceived"],
"rules":[{"level":"Metadata","userGroups":["` + readsCount + `"]},{"level":"None","verbs":["get","list","watch"]},{"level":"Metadata"}]}`

const storageClass = `{"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"name":"voute-local"},
"provisioner":"example.org/simulated","allowVolumeExpansion":true}`

// place is a new API server with the clients' namespaces and the operator's rights.
type place struct {
	config      *rest.Config // an administrator whom nothing holds back
	kube        client.Client
	environment *envtest.Environment
	audit       string
}

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{audit: filepath.Join(t.TempDir(), "audit.log")}
	p.start(t)
	p.config = rest.CopyConfig(p.environment.Config)
	p.config.QPS = -1
	var err error
	if p.kube, err = client.New(p.config, client.Options{Scheme: apiserver.Scheme(t, controllers.Scheme)}); err != nil {
		t.Fatal(err)
	}
	p.kubectl(t, "", "create", "namespace", operatorNamespace)
	p.kubectl(t, "", "apply", "-k", "../../config/rbac")
	p.kubectl(t, storageClass, "apply", "-f", "-")
	each(t, 16, p.makeNamespace)
	return p
}

// lastBitmap is the last version that lets addresses of Services be kept in a
// bitmap. Since then the API server counts all of them at each creation, which at
// 25,000 Services takes 0.12 s (docs/performance.md).
const lastBitmap = "1.33"

// start differs from test/apiserver in the audit log, and in the addresses and
// node ports, of which each tenant needs two.
func (p *place) start(t *testing.T) {
	t.Helper()
	policy := filepath.Join(t.TempDir(), "policy.json")
	if err := os.WriteFile(policy, []byte(auditPolicy), 0o600); err != nil {
		t.Fatal(err)
	}
	p.environment = &envtest.Environment{
		CRDDirectoryPaths:     []string{"../../config/crd/bases", apiserver.CertManagerCRDs(t)},
		ErrorIfCRDPathMissing: true, ControlPlaneStartTimeout: 2 * time.Minute, ControlPlaneStopTimeout: 2 * time.Minute,
	}
	server := p.environment.ControlPlane.GetAPIServer()
	server.Path = program.Tool(t, "kube-apiserver")
	server.Configure().
		Set("service-cluster-ip-range", "10.0.0.0/15").Set("service-node-port-range", "20000-65535").
		Set("audit-policy-file", policy).Set("audit-log-path", p.audit).Set("audit-log-maxsize", "4096")
	if *tenants >= many {
		server.Configure().Set("emulated-version", lastBitmap).Set("feature-gates", "MultiCIDRServiceAllocator=false")
	}
	etcd := &envtest.Etcd{Path: program.Tool(t, "etcd")}
	etcd.Configure().Set("quota-backend-bytes", "8589934592") // its default is too small for ten thousand tenants
	p.environment.ControlPlane.Etcd = etcd
	t.Cleanup(func() {
		if err := p.environment.Stop(); err != nil {
			t.Errorf("the API server does not stop: %v", err)
		}
	})
	if _, err := p.environment.Start(); err != nil {
		t.Fatalf("cannot start the API server: %v", err)
	}
}

func (p *place) kubectl(t *testing.T, input string, args ...string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(file, p.environment.KubeConfig, 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), program.Tool(t, "kubectl"), args...)
	command.Env = []string{"KUBECONFIG=" + file, "HOME=" + filepath.Dir(file)}
	command.Stdin = strings.NewReader(input)
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("kubectl %s: %v: %s", strings.Join(args, " "), err, output)
	}
}

func namespaceOf(i int) string { return fmt.Sprintf("client-%05d", i) }

// makeNamespace is what a platform team does before a tenant, and is not timed.
func (p *place) makeNamespace(ctx context.Context, i int) error {
	name := namespaceOf(i)
	if err := p.kube.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil {
		return err
	}
	return p.kube.Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: "issued"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "voute-operator-issued-secrets"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: operatorNamespace, Name: operatorAccount}},
	})
}

// token is a ServiceAccount's, for an audience.
func (p *place) token(t *testing.T, namespace, name string, audiences ...string) string {
	t.Helper()
	life := int64(24 * time.Hour / time.Second)
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{Audiences: audiences, ExpirationSeconds: &life}}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	if err := p.kube.SubResource("token").Create(t.Context(), account, request); err != nil {
		t.Fatal(err)
	}
	return request.Status.Token
}

// each does something for every tenant, with a number of workers.
func each(t *testing.T, workers int, work func(context.Context, int) error) {
	t.Helper()
	var next atomic.Int64
	var crew sync.WaitGroup
	ctx, cancel := context.WithTimeout(t.Context(), *longest)
	defer cancel()
	for range workers {
		crew.Go(func() {
			for i := int(next.Add(1)); i <= *tenants && ctx.Err() == nil; i = int(next.Add(1)) {
				if err := work(ctx, i); err != nil {
					t.Errorf("tenant %d: %v", i, err)
					cancel()
				}
			}
		})
	}
	crew.Wait()
	if err := ctx.Err(); err != nil {
		t.Fatalf("not every tenant was worked on: %v", err)
	}
}

// written counts writes of one user, and its reads where they are audited. To
// open a watch is no read: what it tells comes by itself.
type written struct {
	byKind, reads, refused  map[string]int
	events, leases, watches int
}

func (w written) total() int { return sum(w.byKind) }

func sum(counts map[string]int) int {
	all := 0
	for _, count := range counts {
		all += count
	}
	return all
}

// of counts the writes to objects of a resource and to their statuses.
func (w written) of(resource string) int {
	sum := 0
	for what, count := range w.byKind {
		_, target, _ := strings.Cut(what, " ")
		if name, _, _ := strings.Cut(target, "/"); name == resource {
			sum += count
		}
	}
	return sum
}

// forTenants counts the writes to SharingTenants and to their objects.
func (w written) forTenants() int { return w.total() - w.of("pilots") - w.of("retentionpolicies") }

// writes reads what the operator wrote since a mark in the audit log.
func (p *place) writes(t *testing.T, mark int64) written {
	t.Helper()
	w := written{byKind: map[string]int{}, reads: map[string]int{}, refused: map[string]int{}}
	readLines(t, p.audit, mark, func(line []byte) error {
		var entry struct {
			Stage, Verb    string
			User           struct{ Username string }
			ObjectRef      struct{ Resource, Subresource string }
			ResponseStatus struct{ Code int }
		}
		if err := json.Unmarshal(line, &entry); err != nil {
			return err
		}
		if entry.User.Username == operatorUser && entry.Stage == "ResponseComplete" {
			w.add(entry.Verb, entry.ObjectRef.Resource, entry.ObjectRef.Subresource, entry.ResponseStatus.Code)
		}
		return nil
	})
	return w
}

func (w *written) add(verb, resource, subresource string, code int) {
	what := strings.TrimSuffix(verb+" "+resource+"/"+subresource, "/")
	switch {
	case verb == "watch":
		w.watches++
		return
	case verb == "get" || verb == "list":
		w.reads[fmt.Sprintf("%s (%d)", what, code)]++
		return
	case resource == "events":
		w.events++
	case resource == "leases":
		w.leases++
	default:
		w.byKind[what]++
	}
	if code >= 300 {
		w.refused[fmt.Sprintf("%s (%d)", what, code)]++
	}
}

// readLines reads whole lines from a mark on.
func readLines(t *testing.T, file string, mark int64, line func([]byte) error) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for text := range strings.Lines(string(content[min(mark, int64(len(content))):])) {
		if !strings.HasSuffix(text, "\n") {
			return
		}
		if err := line([]byte(text)); err != nil {
			t.Fatalf("read %s: %v", file, err)
		}
	}
}

func sizeOf(t *testing.T, file string) int64 {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
