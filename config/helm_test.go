package config

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"voute.dev/voute/test/apiserver"
)

const (
	operatorChart = "../charts/voute-operator"
	installPage   = "../docs/install.md"
)

// TestRelease goes through what docs/install.md promises of Helm, on one API server
// on which kustomize has installed the operator before, and a client is.
func TestRelease(t *testing.T) {
	server := apiserver.Start(t, apiserver.CertManagerCRDs(t))
	server.MustKubectl(t, "", "apply", "-k", "default")
	server.MustKubectl(t, "", "wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
	server.MustKubectl(t, "", "apply", "-k", "samples")
	t.Run("the issuers", func(t *testing.T) {
		server.MustKubectl(t, "", "create", "namespace", "cert-manager")
		server.MustKubectl(t, documented(t, "yaml", "name: voute-self-signed"), "apply", "--validate=strict", "-f", "-")
	})
	t.Run("what kustomize installed is taken over as it is", func(t *testing.T) { takeOver(t, server) })
	t.Run("kinds are upgraded", func(t *testing.T) { upgradeKinds(t, server) })
	t.Run("a mistake changes nothing", func(t *testing.T) { refuseMistake(t, server) })
	t.Run("uninstalled, clients stay", func(t *testing.T) { uninstall(t, server) })
	t.Run("installed again", func(t *testing.T) { installAgain(t, server) })
	t.Run("installed under another name", func(t *testing.T) { installElsewhere(t, server) })
}

// documented is the block of docs/install.md that holds a text.
func documented(t *testing.T, language, with string) string {
	t.Helper()
	page, err := os.ReadFile(installPage)
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		if strings.Contains(block[1], with) {
			return block[1]
		}
	}
	t.Fatalf("%s has no block of %s with %q", installPage, language, with)
	return ""
}

func release(name string, more ...string) []string {
	return append([]string{"upgrade", "--install", name, operatorChart, "--namespace", operatorNamespace}, more...)
}

func mustHelm(t *testing.T, server *apiserver.Server, args ...string) {
	t.Helper()
	if _, err := server.Helm(t, args...); err != nil {
		t.Fatalf("helm %s: %v", strings.Join(args, " "), err)
	}
}

func wantRefused(t *testing.T, server *apiserver.Server, want string, args ...string) {
	t.Helper()
	if _, err := server.Helm(t, args...); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("helm %s: %v; want it refused: %s", strings.Join(args, " "), err, want)
	}
}

func takeOver(t *testing.T, server *apiserver.Server) {
	wantRefused(t, server, "invalid ownership metadata", release("voute")...)
	before := contents(t, server)
	mustHelm(t, server, release("voute", "--take-ownership", "--force-conflicts")...)
	if diff := cmp.Diff(before, contents(t, server)); diff != "" {
		t.Errorf("kustomize (-) and Helm (+) install something else:\n%s", diff)
	}
}

// contents are the objects of config/default as the API server has them, without
// what it notes of its own, and without Helm's marks.
func contents(t *testing.T, server *apiserver.Server) map[string]any {
	t.Helper()
	var list unstructured.UnstructuredList
	if err := json.Unmarshal([]byte(server.MustKubectl(t, "", "get", "-k", "default", "-o", "json")), &list); err != nil {
		t.Fatal(err)
	}
	all := map[string]any{}
	for _, object := range list.Items {
		name := object.GetKind() + " " + object.GetName()
		content := object.Object
		if object.GetKind() == "ConfigMap" {
			content["data"] = nil // another order of the same words: hack/charts compares what the operator reads
		}
		delete(content, "metadata")
		delete(content, "status")
		all[name] = content
	}
	if len(all) < 15 {
		t.Fatalf("only %d objects are there", len(all))
	}
	return all
}

// upgradeKinds: a chart of before had other definitions.
func upgradeKinds(t *testing.T, server *apiserver.Server) {
	before := filepath.Join(t.TempDir(), "voute-operator")
	if err := os.CopyFS(before, os.DirFS(operatorChart)); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(before, "templates", "crd", "sharing.voute.dev_pilots.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), "    - plt\n", "    - pil\n", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ chart, want string }{{before, `["pil"]`}, {operatorChart, `["plt"]`}} {
		// kubectl stays known as one who wrote the same fields.
		mustHelm(t, server, "upgrade", "voute", step.chart, "--namespace", operatorNamespace, "--force-conflicts")
		if got := server.MustKubectl(t, "", "get", "crd", "pilots.sharing.voute.dev", "-o", "jsonpath={.spec.names.shortNames}"); got != step.want {
			t.Errorf("after an upgrade to %s the short names are %s; want %s", step.chart, got, step.want)
		}
	}
}

func refuseMistake(t *testing.T, server *apiserver.Server) {
	version := func() string {
		return server.MustKubectl(t, "", "get", "configmap", "-n", operatorNamespace, "voute-platform", "-o", "jsonpath={.metadata.resourceVersion}")
	}
	before := version()
	wantRefused(t, server, "at '/platform/mail/security': value must be one of", release("voute", "--set", "platform.mail.security=ssl")...)
	if version() != before {
		t.Error("values that are refused have changed something")
	}
	mustHelm(t, server, release("voute", "--force-conflicts", "--set", "platform.mail.security=tls")...)
	mustHelm(t, server, "rollback", "voute", "--namespace", operatorNamespace, "--force-conflicts")
	if got := server.MustKubectl(t, "", "get", "configmap", "-n", operatorNamespace, "voute-platform", "-o", `jsonpath={.data.platform\.yaml}`); !strings.Contains(got, "security: starttls") {
		t.Errorf("rolled back, the platform configuration is\n%s", got)
	}
}

// What must be there, and what not, while no release is.
func uninstall(t *testing.T, server *apiserver.Server) {
	mustHelm(t, server, "uninstall", "voute", "--namespace", operatorNamespace)
	left := server.MustKubectl(t, "", "get", "-k", "default", "--ignore-not-found", "-o", "name")
	for name := range strings.SplitSeq(strings.TrimSpace(left), "\n") {
		if !strings.HasPrefix(name, "customresourcedefinition") && name != "namespace/"+operatorNamespace {
			t.Errorf("uninstalled, %s is still there", name)
		}
	}
	if got := server.MustKubectl(t, "", "get", "stn,plt,rtp", "-n", "justice", "-o", "name"); strings.Count(got, "\n") != 3 {
		t.Errorf("of the client is left: %s", got)
	}
}

func installAgain(t *testing.T, server *apiserver.Server) {
	mustHelm(t, server, release("voute", "--force-conflicts")...)
	server.MustKubectl(t, "", "get", "deployment", "-n", operatorNamespace, operatorName)
	mustHelm(t, server, "uninstall", "voute", "--namespace", operatorNamespace)
}

// installElsewhere takes the kinds over in both ways that the page names.
func installElsewhere(t *testing.T, server *apiserver.Server) {
	wantRefused(t, server, "invalid ownership metadata", release("vaults")...)
	mustHelm(t, server, release("vaults", "--take-ownership", "--force-conflicts")...)
	mustHelm(t, server, "uninstall", "vaults", "--namespace", operatorNamespace)
	wantRefused(t, server, "invalid ownership metadata", release("voute")...)
	marks := documented(t, "sh", "meta.helm.sh/release-name=")
	server.MustShell(t, strings.ReplaceAll(marks, "release-name=vaults", "release-name=voute"))
	mustHelm(t, server, release("voute", "--force-conflicts")...)
}
