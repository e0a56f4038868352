package crash

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/controllers"
	"voute.dev/voute/internal/identity"
	"voute.dev/voute/test/apiserver"
	"voute.dev/voute/test/simulation"
	"voute.dev/voute/test/vaultserver"
)

// patience is how long a step may take on a busy machine.
const patience = 3 * time.Minute

// stage is a platform: a real API server and a real Vault with the operator's
// own rights, and a simulation of all else.
type stage struct {
	whole *testing.T // what is started lives as long as this test
	api   *apiserver.Server
	kube  client.Client
	// simulated is the client of all that is simulated.
	simulated client.Client
	vault     *vaultserver.Server
	cluster   *simulation.Cluster
	servers   *simulation.Servers

	settings settings
	log      *os.File // of every operator
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{whole: t, api: apiserver.Start(t, "../../config/crd/bases", apiserver.CertManagerCRDs(t)), vault: vaultserver.Start(t), log: logFile(t)}
	config := rest.CopyConfig(s.api.Config)
	config.QPS = -1
	var err error
	if s.kube, err = client.New(config, client.Options{Scheme: apiserver.Scheme(t, controllers.Scheme)}); err != nil {
		t.Fatal(err)
	}
	s.api.MustKubectl(t, "", "create", "namespace", operatorNamespace)
	s.api.MustKubectl(t, "", "apply", "-k", "../../config/rbac")
	s.api.MustKubectl(t, storageClass, "apply", "-f", "-")
	s.installVault(t)
	s.simulated = simulation.Cached(t, config, s.kube.Scheme())
	s.cluster = simulation.Start(t, s.simulated)
	s.prepare(t)
	return s
}

// installVault does what config/vault asks of a platform.
func (s *stage) installVault(t *testing.T) {
	t.Helper()
	s.api.MustKubectl(t, "", "create", "namespace", "vault")
	s.api.MustKubectl(t, "", "create", "serviceaccount", "-n", "vault", "vault")
	s.api.MustKubectl(t, "", "apply", "-f", "../../config/vault/token-review.yaml")
	s.vault.EnableKubernetes(t, vaultserver.Kubernetes{
		Host: s.api.Config.Host, CA: string(s.api.Config.CAData), ReviewerToken: s.token(t, "vault", "vault"),
	})
	s.vault.EnableOperator(t)
}

// prepare makes what the operator's processes are told, and the operator's
// identity, which servers must know before they answer.
func (s *stage) prepare(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	s.settings = settings{Kubeconfig: filepath.Join(dir, "kubeconfig"), TokenFile: filepath.Join(dir, "token")}
	if err := clientcmd.WriteToFile(kubeconfig(s.api.ServiceAccount(t, operatorNamespace, "voute-operator")), s.settings.Kubeconfig); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.settings.TokenFile, []byte(s.token(t, operatorNamespace, "voute-operator", "vault")), 0o600); err != nil {
		t.Fatal(err)
	}
	own := s.makeIdentity(t)
	s.servers = simulation.StartServers(t, s.simulated, s.vault, own.PublicKey)
	// Operators pass deadlines over, and with them days: no server is to be behind them.
	s.servers.Now = func() time.Time { return time.Now().AddDate(1, 0, 0) }
	pair := s.servers.Authority.Issue(t)
	s.settings.StatusAddress, s.settings.PairCert, s.settings.PairKey = s.servers.Address, pair.CertFile, pair.KeyFile
	s.settings.Platform = platformFile(t, s.vault.Address, string(read(t, s.vault.CAFile))+string(read(t, s.servers.Authority.File)))
}

// makeIdentity has an operator make its identity, and end with that write: those
// that come after it find it, or no server would answer them.
func (s *stage) makeIdentity(t *testing.T) *identity.Identity {
	t.Helper()
	o := s.startOperator(t, operatorNamespace, order{Mode: unanswered, Write: 1})
	eventually(t, "an operator ends with its first write", func() error {
		if !o.hasEnded() {
			return errors.New("it runs")
		}
		return nil
	})
	if !o.wasKilled() || !strings.Contains(o.cut, "/secrets") {
		t.Fatalf("the operator's first write is %q, and it ended so: %s", o.cut, o.command.ProcessState)
	}
	own, err := identity.Ensure(t.Context(), s.kube, client.NewDryRunClient(s.kube), operatorNamespace, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return own
}

func kubeconfig(config *rest.Config) clientcmdapi.Config {
	return clientcmdapi.Config{
		Clusters:       map[string]*clientcmdapi.Cluster{"test": {Server: config.Host, CertificateAuthorityData: config.CAData}},
		AuthInfos:      map[string]*clientcmdapi.AuthInfo{"operator": {ClientCertificateData: config.CertData, ClientKeyData: config.KeyData}},
		Contexts:       map[string]*clientcmdapi.Context{"test": {Cluster: "test", AuthInfo: "operator"}},
		CurrentContext: "test",
	}
}

// platformFile is the one of config/default, with this Vault and the authorities.
// A change that fails with one client is halted.
func platformFile(t *testing.T, vault, authorities string) string {
	t.Helper()
	text := strings.NewReplacer("https://vault.vault.svc:8200", vault, "# className: voute-local", "className: voute-local",
		"image: localhost/voute-server:0.1.0", "image: localhost/voute-server:0.1.0\n"+versions()).
		Replace(string(read(t, "../../config/default/platform.yaml")))
	return text + strings.Replace(simulation.AnyTime(time.Now()), "haltAfter: 1000", "haltAfter: 1", 1) + "\ntrustedCAs: |\n  " + strings.ReplaceAll(strings.TrimSpace(authorities), "\n", "\n  ") + "\n"
}

// token is a ServiceAccount's, for an audience.
func (s *stage) token(t *testing.T, namespace, name string, audiences ...string) string {
	t.Helper()
	life := int64(24 * time.Hour / time.Second)
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{Audiences: audiences, ExpirationSeconds: &life}}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	if err := s.kube.SubResource("token").Create(t.Context(), account, request); err != nil {
		t.Fatal(err)
	}
	return request.Status.Token
}

// aheadOf is where the processes of a client read how far its time is ahead.
func (s *stage) aheadOf(namespace string) string {
	return filepath.Join(filepath.Dir(s.settings.TokenFile), namespace+".ahead")
}

// makeNamespace is what a platform team does before a tenant.
func (s *stage) makeNamespace(t *testing.T, name string) {
	t.Helper()
	for _, object := range []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"sharing.voute.dev/clients": "true"}}},
		&rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: "issued"},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "voute-operator-issued-secrets"},
			Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: operatorNamespace, Name: "voute-operator"}},
		},
	} {
		if err := s.kube.Create(t.Context(), object); err != nil && !apierrors.IsAlreadyExists(err) {
			t.Fatal(err)
		}
	}
}

// logFile keeps what every operator logs: its end is shown when the test fails.
func logFile(t *testing.T) *os.File {
	t.Helper()
	file, err := os.OpenFile(filepath.Join(t.TempDir(), "operator.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if content, err := os.ReadFile(file.Name()); err == nil && t.Failed() {
			t.Logf("the operators' log:\n%s", content[max(0, len(content)-12_000):])
		}
		_ = file.Close()
	})
	return file
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// eventually tries until there is no error.
func eventually(t testing.TB, what string, try func() error) {
	t.Helper()
	var err error
	// To look costs the API server more than to work: less and less often.
	for wait, end := 50*time.Millisecond, time.Now().Add(patience); time.Now().Before(end); wait = min(wait*3/2, 400*time.Millisecond) {
		if err = try(); err == nil {
			return
		}
		time.Sleep(wait)
	}
	t.Fatalf("%s: %v", what, err)
}

const storageClass = `{"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"name":"voute-local"},
"provisioner":"example.org/simulated","allowVolumeExpansion":true}`
