package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

const tenantChart = "../../charts/sharing-tenant"

// helmValuesYAML is a client's file. Pods do not reach the public addresses of a
// local cluster, whose certificates no browser knows.
const helmValuesYAML = `
organization: {nameFr: Organisme NAME, nameEn: Body NAME, supportEmail: soutien@NAME.example}
production: {host: partage.NAME.localhost}
certificate: {issuer: voute-ca}
retention: {defaultDays: 30, maxDays: 90, policyName: courante}
pilots:
  pilote: {name: Camille Pilote, email: pilote@NAME.example}
httpsPort: PORT
test:
  connectTo: {production: "NAME-production.NAME.svc:PORT"}
  ca: {secret: NAME-production-tls}
`

// releaser is somebody with the rights that docs/install.md gives to whoever
// releases clients, and with Helm.
type releaser struct {
	t          *testing.T
	program    string
	kubeconfig string
	folder     string // of clients' files
	binding    string // what gives the rights in a namespace
}

// newReleaser takes Helm from VOUTE_HELM, or from the cluster's description.
func newReleaser(t *testing.T) *releaser {
	t.Helper()
	program := os.Getenv("VOUTE_HELM")
	if program == "" {
		program = cluster.Helm
	}
	if program == "" {
		t.Skip("skipped: neither VOUTE_HELM nor the cluster's description names Helm; build it with: go -C hack/charts build -o /tmp/helm helm.sh/helm/v4/cmd/helm")
	}
	r := &releaser{t: t, program: program, folder: t.TempDir()}
	rights := documented(t, "install.md", "yaml", "name: voute-client-releases\nrules:")
	r.binding = documented(t, "install.md", "yaml", "kind: RoleBinding\nmetadata:\n  name: client-releases")
	cluster.kubectl(t, rights, "apply", "-f", "-")
	t.Cleanup(func() {
		if _, err := cluster.tryKubectl(rights, "delete", "--ignore-not-found", "--timeout=60s", "-f", "-"); err != nil {
			t.Errorf("cleaning up: %v", err)
		}
	})
	r.kubeconfig = accountKubeconfig(t, "voute-clients", "client-releases")
	return r
}

// documented is the block of a page, fenced for a language, that has a text in it.
func documented(t *testing.T, page, language, part string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("../../docs", page))
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range strings.Split(string(content), "```"+language+"\n")[1:] {
		if block, _, _ = strings.Cut(block, "```"); strings.Contains(block, part) {
			return block
		}
	}
	t.Fatalf("docs/%s has no %s block with %q", page, language, part)
	return ""
}

// accountKubeconfig writes a kubeconfig with a token of a ServiceAccount, and nothing
// of the administrator's.
func accountKubeconfig(t *testing.T, namespace, account string) string {
	t.Helper()
	config, err := clientcmd.LoadFromFile(cluster.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	token := strings.TrimSpace(cluster.kubectl(t, "", "-n", namespace, "create", "token", account, "--duration=1h"))
	cluster.witness.hide("a ServiceAccount's token", token)
	if err := clientcmd.ResolveLocalPaths(config); err != nil {
		t.Fatal(err)
	}
	own := config.Contexts[config.CurrentContext]
	config.AuthInfos = map[string]*clientcmdapi.AuthInfo{account: {Token: token}}
	config.Contexts = map[string]*clientcmdapi.Context{config.CurrentContext: {Cluster: own.Cluster, AuthInfo: account}}
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, file); err != nil {
		t.Fatal(err)
	}
	return file
}

// client prepares what an administrator prepares, and writes the client's file.
func (r *releaser) client(name string) (made *tenant, values string) {
	r.t.Helper()
	made = newTenant(r.t, name, strings.ReplaceAll(r.binding, "namespace: justice", "namespace: "+name))
	_, port, err := net.SplitHostPort(cluster.HTTPSDoor)
	if err != nil {
		r.t.Fatal(err)
	}
	values = filepath.Join(r.folder, name+".yaml")
	content := strings.NewReplacer("NAME", name, "PORT", port).Replace(helmValuesYAML)
	if err := os.WriteFile(values, []byte(content), 0o600); err != nil {
		r.t.Fatal(err)
	}
	return made, values
}

func (r *releaser) helm(args ...string) string {
	r.t.Helper()
	out, err := r.try(args...)
	if err != nil {
		r.t.Fatalf("helm %s: %v", strings.Join(args, " "), err)
	}
	return out
}

func (r *releaser) try(args ...string) (string, error) {
	return r.run(exec.Command(r.program, args...))
}

// run runs a command as the releaser, without anything of Helm's that this
// machine's user has.
func (r *releaser) run(command *exec.Cmd) (string, error) {
	home := r.t.TempDir()
	command.Env = []string{"KUBECONFIG=" + r.kubeconfig, "HOME=" + home, "PATH=" + r.tools() + ":" + os.Getenv("PATH")}
	out, err := command.CombinedOutput() // a test's own words come as errors do
	if err != nil {
		return string(out), fmt.Errorf("%w: %s", err, out)
	}
	return string(out), nil
}

// tools is a folder with helm and kubectl by these names.
func (r *releaser) tools() string {
	folder := filepath.Join(r.folder, "..", "tools")
	for name, program := range map[string]string{"helm": r.program, "kubectl": cluster.Kubectl} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			r.t.Fatal(err)
		}
		if err := os.Symlink(program, filepath.Join(folder, name)); err != nil && !errors.Is(err, os.ErrExist) {
			r.t.Fatal(err)
		}
	}
	return folder
}

// TestClientByHelm goes through a client's life by Helm only, as a user with no
// rights but those documented.
func TestClientByHelm(t *testing.T) {
	t.Parallel()
	r := newReleaser(t)
	client, values := r.client("charte")
	name := client.name
	r.mayNoMore(name)

	notes := r.helm("install", name, tenantChart, "--namespace", name, "--values", values, "--wait", "--timeout", "150s")
	for _, want := range []string{client.address(), "kubectl get stn -n " + name + " " + name, "Documents and keys stay", "Les documents et les clés restent"} {
		if !strings.Contains(notes, want) {
			t.Errorf("the notes do not say %q:\n%s", want, notes)
		}
	}
	if err := client.isTrue(t.Context(), "Ready"); err != nil {
		t.Fatalf("helm install --wait has come back, and %v", err)
	}
	path, sender, sum := client.deliver()
	r.test(name, "page: good: it is the sign-in page of \"Organisme "+name+"\"")
	r.grow(client, values)
	r.refuse(client, values)
	r.helm("rollback", name, "1", "--namespace", name, "--wait", "--timeout", "150s")
	client.waitQuota("20G", "3500.00")
	r.uninstall(client)

	r.helm("install", name, tenantChart, "--namespace", name, "--values", values, "--wait", "--timeout", "150s")
	eventually(t, time.Minute, "the sender signs in again", func(context.Context) error {
		if answer := sender.get("/"); answer.status != 200 {
			return fmt.Errorf("status %d", answer.status)
		}
		return nil
	})
	sender.signIn()
	got := sha256.New()
	sender.download(path, got)
	if !bytes.Equal(got.Sum(nil), sum) {
		t.Errorf("the document found again has SHA-256 %x, want %x", got.Sum(nil), sum)
	}
	r.uninstall(client)
}

// mayNoMore: the rights are those that Helm needs, in clients' namespaces.
func (r *releaser) mayNoMore(namespace string) {
	r.t.Helper()
	for question, want := range map[string]string{
		"create sharingtenants.sharing.voute.dev -n " + namespace:       "yes",
		"delete persistentvolumeclaims -n " + namespace:                 "no",
		"create pods --subresource=exec -n " + namespace:                "no",
		"create deployments.apps -n " + namespace:                       "no",
		"create rolebindings.rbac.authorization.k8s.io -n " + namespace: "no",
		"list secrets -n voute-system":                                  "no",
		"create sharingtenants.sharing.voute.dev -n default":            "no",
		"create namespaces":                                             "no",
	} {
		args := append([]string{"auth", "can-i"}, strings.Fields(question)...)
		if answer, _ := r.run(exec.Command(cluster.Kubectl, args...)); !strings.HasSuffix(strings.TrimSpace(answer), want) {
			r.t.Errorf("may somebody who releases clients %s? %q, want %s", question, answer, want)
		}
	}
}

// test runs the chart's test, which shows what its pod has said and leaves
// nothing behind where all was good.
func (r *releaser) test(name, want string) {
	r.t.Helper()
	said := strings.ReplaceAll(r.helm("test", name, "--namespace", name, "--timeout", "150s"), `\"`, `"`) // Helm shows it as a line of a log
	if !strings.Contains(said, want) || !strings.Contains(said, "certificate: good") {
		r.t.Errorf("helm test does not say %q:\n%s", want, said)
	}
	if pods := cluster.kubectl(r.t, "", "-n", name, "get", "pods", "-o", "name", "-l", "app.kubernetes.io/component=test"); pods != "" {
		r.t.Errorf("a test that was good leaves %s", pods)
	}
	// A test that cannot fail would prove nothing.
	_, port, _ := net.SplitHostPort(cluster.HTTPSDoor)
	said, err := r.try("upgrade", name, tenantChart, "--namespace", name, "--reuse-values", "--wait",
		"--set", "test.connectTo.production=kubernetes.default.svc:443", "--set", "test.timeoutSeconds=1")
	if err != nil {
		r.t.Fatalf("%v: %s", err, said)
	}
	if said, err = r.try("test", name, "--namespace", name, "--timeout", "60s"); err == nil || !strings.Contains(said, "certificate: NOT GOOD") {
		r.t.Errorf("helm test at another server says %v:\n%s", err, said)
	}
	r.helm("upgrade", name, tenantChart, "--namespace", name, "--reuse-values", "--wait",
		"--set", "test.connectTo.production="+name+"-production."+name+".svc:"+port, "--set", "test.timeoutSeconds=60")
}

// grow is a change that interrupts nobody.
func (r *releaser) grow(client *tenant, values string) {
	r.t.Helper()
	before := client.pod()
	r.helm("upgrade", client.name, tenantChart, "--namespace", client.name, "--values", values, "--set", "production.allocatedGB=35", "--wait", "--timeout", "150s")
	client.waitQuota("35G", "3556.25")
	if after := client.pod(); after.UID != before.UID {
		r.t.Errorf("a larger quota has restarted the server: pod %s, then %s", before.Name, after.Name)
	}
}

// refuse: what cannot be is refused in words, and becomes no revision.
func (r *releaser) refuse(client *tenant, values string) {
	r.t.Helper()
	history := r.helm("history", client.name, "--namespace", client.name)
	for set, want := range map[string]string{
		"production.allocatedGB=19":       "minimum: got 19, want 20",
		"production.host=https://x":       "is not a DNS name in lower case",
		"pilots.pilote=null":              "pilots: the client has none: name at least one",
		"tenantName=" + client.name + "2": "tenantName: cannot change from " + client.name + " to " + client.name + "2",
	} {
		_, err := r.try("upgrade", client.name, tenantChart, "--namespace", client.name, "--values", values, "--set", set)
		if err == nil || !strings.Contains(err.Error(), want) {
			r.t.Errorf("--set %s: %v; want %s", set, err, want)
		}
	}
	if after := r.helm("history", client.name, "--namespace", client.name); after != history {
		r.t.Errorf("what was refused is in the history:\n%s", after)
	}
}

// uninstall waits until the release is gone, and looks at what stays.
func (r *releaser) uninstall(client *tenant) {
	r.t.Helper()
	r.helm("uninstall", client.name, "--namespace", client.name, "--wait", "--timeout", "120s")
	eventually(r.t, time.Minute, "what Helm has made is gone", func(context.Context) error {
		if left := cluster.kubectl(r.t, "", "-n", client.name, "get", "sharingtenants,pilots,retentionpolicies", "-o", "name"); left != "" {
			return fmt.Errorf("there is still %s", left)
		}
		return nil
	})
	eventually(r.t, time.Minute, "only the volume is left", func(context.Context) error {
		if left := client.leftovers(); len(left) != 1 || left[0] != "persistentvolumeclaim/"+client.name+"-production" {
			return fmt.Errorf("%v", left)
		}
		return nil
	})
}

// waitQuota waits until an allocation is in force, and billed.
func (n *tenant) waitQuota(quota, annual string) {
	n.t.Helper()
	eventually(n.t, 2*time.Minute, "a quota of "+quota+" at "+annual+" a year", func(ctx context.Context) error {
		got, err := n.get(ctx)
		if err != nil {
			return err
		}
		for _, environment := range got.Status.Environments {
			if environment.Name == "production" && environment.Quota != nil && environment.Quota.String() == quota && got.Status.Billing != nil && got.Status.Billing.Annual == annual {
				return nil
			}
		}
		return fmt.Errorf("it is %+v, %+v", got.Status.Environments, got.Status.Billing)
	})
}

// TestTenClientsByHelm releases ten clients with the loop of docs/clients.md, and
// looks after them with the plugin.
func TestTenClientsByHelm(t *testing.T) {
	r := newReleaser(t)
	plugin := startPluginBuild(t)
	loop := documented(t, "clients.md", "sh", "for file in clients/*.yaml; do")
	loop, _, _ = strings.Cut(loop, "kubectl get stn --all-namespaces") // which needs the rights of a viewer
	place := t.TempDir()
	for link, target := range map[string]string{"charts": filepath.Dir(tenantChart), "clients": r.folder} {
		absolute, err := filepath.Abs(target)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(absolute, filepath.Join(place, link)); err != nil {
			t.Fatal(err)
		}
	}
	var clients []*tenant
	for i := range 10 {
		client, _ := r.client(fmt.Sprintf("dizaine-%02d", i+1))
		clients = append(clients, client)
	}
	for _, round := range []string{"made", "applied again"} {
		command := exec.Command("bash", "-euc", loop)
		command.Dir = place
		if said, err := r.run(command); err != nil {
			t.Fatalf("the ten are %s: %v: %s", round, err, said)
		}
	}
	for _, client := range clients {
		client.waitReady()
		visitor := newPerson(t, client.address(), "")
		visitor.mustSee(visitor.get("/"), 200, "Organisme "+client.name)
	}
	newSupporter(t, plugin).looksAfter(clients)
	for _, client := range clients { // all at once, so that the end takes no longer than one of them
		r.helm("uninstall", client.name, "--namespace", client.name)
	}
}
