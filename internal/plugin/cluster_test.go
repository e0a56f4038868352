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

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/billing"
	"voute.dev/voute/internal/tariff"
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

// addStatements writes those of docs/billing.md: October is closed, and November goes on.
func (c *cluster) addStatements(t *testing.T) {
	t.Helper()
	cfg, err := (&connection{operatorNamespace: operatorNamespace}).platform(t.Context(), c.kube)
	if err != nil {
		t.Fatal(err)
	}
	zone := zoneOf(cfg)
	for _, each := range []struct {
		tenant, organization string
		from                 time.Time
		gb                   int64
	}{
		{"justice", "Ministère de la Justice", time.Date(2026, 10, 13, 9, 2, 0, 0, zone), 20},
		{"culture", "Ministère de la Culture", time.Date(2026, 10, 13, 9, 2, 0, 0, zone), 20},
		{"transports", "Ministère des Transports", time.Date(2026, 11, 20, 9, 0, 0, 0, zone), 20},
	} {
		of := v1alpha1.TenantReference{Namespace: each.tenant, Name: each.tenant}
		statement, err := billing.Open(cfg, operatorNamespace, of, each.organization, tariff.MonthOf(each.from, zone), each.from, each.gb)
		if err != nil {
			t.Fatal(err)
		}
		for ; statement != nil; statement = c.goesOn(t, cfg, statement) {
			if err := c.kube.Create(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// goesOn closes a statement that is over, and gives the one of the month after it.
// In November justice has 35 GB from the 16th on, and an intervention.
func (c *cluster) goesOn(t *testing.T, cfg *configv1.PlatformConfiguration, statement *v1alpha1.BillingStatement) *v1alpha1.BillingStatement {
	t.Helper()
	end, err := billing.End(statement)
	if err != nil || monday.Before(end) {
		return nil
	}
	next, err := billing.Next(statement, cfg)
	if err != nil {
		t.Fatal(err)
	}
	billing.Close(statement, monday)
	if err := c.kube.Update(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
	if next.Spec.TenantRef.Name == "justice" {
		if _, err := billing.Record(next, time.Date(2026, 11, 16, 15, 0, 0, 0, time.UTC), 35); err != nil {
			t.Fatal(err)
		}
		next.Spec.Interventions = []v1alpha1.BilledIntervention{{UID: "1", Name: "import", DoneOn: "2026-11-17", Hours: "1.25"}}
		if err := billing.Refresh(next, cfg); err != nil {
			t.Fatal(err)
		}
	}
	return next
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
