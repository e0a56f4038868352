package plugin

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"voute.dev/voute/test/apiserver"
)

// monday is the time at which the commands of the tests are given.
var monday = time.Date(2026, 11, 23, 13, 0, 0, 0, time.UTC)

// platformPart is what the tests have in the platform's file beside the default.
const platformPart = `
calendar: {freezes: [{from: "2026-12-14", to: "2027-01-05"}]}
rollout: {haltAfter: 1}
`

// cluster is a real API server on which Voûte is installed, with three clients whose
// statuses are as an operator leaves them. No operator runs.
type cluster struct {
	*apiserver.Server
	kube client.Client
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	server := apiserver.Start(t, apiserver.CertManagerCRDs(t))
	scheme, err := newScheme()
	if err != nil {
		t.Fatal(err)
	}
	kube, err := client.New(server.Config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	return &cluster{Server: server, kube: kube}
}

// install does what docs/install.md says.
func (c *cluster) install(t *testing.T) {
	t.Helper()
	c.MustKubectl(t, "", "apply", "--server-side", "-k", "../../config/default")
	c.MustKubectl(t, "", "wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
	file, err := os.ReadFile("../../config/default/platform.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c.setPlatform(t, strings.NewReplacer("defaultVersion: 0.1.0", "defaultVersion: 0.2.1",
		"- version: 0.1.0", "- {version: 0.2.0, image: localhost/voute-server:0.2.0}\n  - {version: 0.2.1, image: localhost/voute-server:0.2.1}\n  - version: 0.1.0",
	).Replace(string(file))+platformPart)
}

func (c *cluster) setPlatform(t *testing.T, file string) {
	t.Helper()
	patch, err := yaml.YAMLToJSON([]byte("data:\n  platform.yaml: |\n    " + strings.ReplaceAll(file, "\n", "\n    ")))
	if err != nil {
		t.Fatal(err)
	}
	c.MustKubectl(t, "", "patch", "configmap", "-n", operatorNamespace, platformConfigMap, "--type=merge", "-p", string(patch))
}

// addClients makes the objects of testdata/clients.yaml, with their statuses.
func (c *cluster) addClients(t *testing.T) {
	t.Helper()
	content, err := os.ReadFile("testdata/clients.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, namespace := range []string{"justice", "culture", "transports"} {
		c.MustKubectl(t, "", "create", "namespace", namespace)
	}
	for document := range strings.SplitSeq(string(content), "---\n") {
		object := &unstructured.Unstructured{}
		if err := yaml.UnmarshalStrict([]byte(document), &object.Object); err != nil {
			t.Fatal(err)
		}
		status := object.Object["status"]
		if err := c.kube.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
		object.Object["status"] = status
		if err := c.kube.Status().Update(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
}

// bind gives a person a role, in a namespace or, where it is empty, in all.
func (c *cluster) bind(t *testing.T, person, namespace, kind, role string) {
	t.Helper()
	args := []string{"create", "clusterrolebinding", person + "-" + role, "--clusterrole=" + role, "--user=" + account(person)}
	if namespace != "" {
		args = []string{"create", "rolebinding", "-n", namespace, person + "-" + role, "--" + kind + "=" + role, "--user=" + account(person)}
	}
	c.MustKubectl(t, "", args...)
}

func account(person string) string { return "system:serviceaccount:people:" + person }

// caller runs the plugin as a person.
type caller struct {
	*testing.T
	kubeconfig string
	input      string
}

func (c *cluster) as(t *testing.T, person string) caller {
	t.Helper()
	return callerOf(t, c.ServiceAccount(t, "people", person))
}

func callerOf(t *testing.T, config *rest.Config) caller {
	t.Helper()
	file := clientcmdapi.NewConfig()
	file.Clusters["test"] = &clientcmdapi.Cluster{Server: config.Host, CertificateAuthorityData: config.CAData}
	file.AuthInfos["person"] = &clientcmdapi.AuthInfo{ClientCertificateData: config.CertData, ClientKeyData: config.KeyData}
	file.Contexts["test"] = &clientcmdapi.Context{Cluster: "test", AuthInfo: "person"}
	file.CurrentContext = "test"
	c := caller{T: t, kubeconfig: filepath.Join(t.TempDir(), "kubeconfig")}
	if err := clientcmd.WriteToFile(*file, c.kubeconfig); err != nil {
		t.Fatal(err)
	}
	return c
}

// run gives a command, and what it shows.
func (c caller) run(args ...string) (code int, out, complaints string) {
	c.Helper()
	c.Setenv("KUBECONFIG", c.kubeconfig)
	var shown, said bytes.Buffer
	options := Options{Streams: Streams{In: strings.NewReader(c.input), Out: &shown, Err: &said}, Now: func() time.Time { return monday }}
	code = Run(context.WithoutCancel(c.Context()), options, args)
	return code, shown.String(), said.String()
}

// must fails the test where the command fails, or says anything beside.
func (c caller) must(args ...string) string {
	c.Helper()
	code, out, complaints := c.run(args...)
	if code != 0 || complaints != "" {
		c.Fatalf("kubectl voute %s: code %d: %s", strings.Join(args, " "), code, complaints)
	}
	return out
}
