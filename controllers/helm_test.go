package controllers_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/test/program"
)

// releases are clients that are made with Helm and the chart of the tree, by
// somebody with the rights that docs/install.md gives to whoever does, and no
// others. Helm deletes in an order, owns fields and waits for states: all of that
// has to go together with what the operator holds.
var releases = []scenario{
	{"a release grows and goes back and is uninstalled", released}, // without a comma, at which Helm would cut the path of its values
	{"what somebody has changed by hand is not lost without a word", changedByHand},
	{"a release takes over what kubectl has made", takenOver},
	{"a release that would destroy waits for the word", destroyedByHelm},
}

const releaseValues = `
organization: {nameFr: Justice, nameEn: Justice, supportEmail: aide@justice.example}
production: {host: partage.NAMESPACE.example}
development: {host: partage-dev.NAMESPACE.example}
certificate: {issuer: voute-ca}
retention: {defaultDays: 30, maxDays: 90, policyName: courante}
pilots:
  marie: {name: Marie Tremblay, email: marie@justice.example}
`

// releaser releases the client justice of one namespace.
type releaser struct {
	*tenant
	program, kubeconfig, values string
}

func (n *tenant) releaser() *releaser {
	n.Helper()
	r := &releaser{tenant: n, program: program.Tool(n.T, "helm"), kubeconfig: filepath.Join(n.TempDir(), "kubeconfig"), values: filepath.Join(n.TempDir(), "justice.yaml")}
	page, err := os.ReadFile("../docs/install.md")
	if err != nil {
		n.Fatal(err)
	}
	given := 0
	for _, block := range strings.Split(string(page), "```yaml\n")[1:] {
		if block, _, _ = strings.Cut(block, "```"); strings.Contains(block, "name: client-releases") {
			n.apply(strings.ReplaceAll(block, "namespace: justice", "namespace: NAMESPACE"))
			given++
		}
	}
	if given != 2 {
		n.Fatalf("docs/install.md gives rights in %d blocks, want two", given)
	}
	r.signIn()
	content := strings.ReplaceAll(releaseValues, "NAMESPACE", n.namespace)
	if err := os.WriteFile(r.values, []byte(content), 0o600); err != nil {
		n.Fatal(err)
	}
	return r
}

func (r *releaser) signIn() {
	r.Helper()
	who := r.api.ServiceAccount(r.T, "voute-clients", "client-releases")
	config := clientcmdapi.NewConfig()
	config.Clusters["cluster"] = &clientcmdapi.Cluster{Server: who.Host, CertificateAuthorityData: who.CAData}
	config.AuthInfos["releaser"] = &clientcmdapi.AuthInfo{ClientCertificateData: who.CertData, ClientKeyData: who.KeyData}
	config.Contexts["releaser"] = &clientcmdapi.Context{Cluster: "cluster", AuthInfo: "releaser", Namespace: r.namespace}
	config.CurrentContext = "releaser"
	if err := clientcmd.WriteToFile(*config, r.kubeconfig); err != nil {
		r.Fatal(err)
	}
}

func (r *releaser) try(args ...string) (string, error) {
	command := exec.CommandContext(r.Context(), r.program, args...)
	command.Env = []string{"KUBECONFIG=" + r.kubeconfig, "HOME=" + filepath.Dir(r.kubeconfig)}
	output, err := command.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, output)
	}
	return string(output), err
}

func (r *releaser) helm(args ...string) string {
	r.Helper()
	output, err := r.try(args...)
	if err != nil {
		r.Fatalf("helm %s: %v", strings.Join(args, " "), err)
	}
	return output
}

// chart is a command on the release with its chart and values.
func (r *releaser) chart(verb string, more ...string) []string {
	return append([]string{verb, "justice", "../charts/sharing-tenant", "--values", r.values}, more...)
}

func (r *releaser) refused(want string, args ...string) {
	r.Helper()
	if _, err := r.try(args...); err == nil || !strings.Contains(err.Error(), want) {
		r.Errorf("helm %s is answered with %v; want %s", strings.Join(args, " "), err, want)
	}
}

// waits is how long Helm may wait on a busy machine.
var waits = []string{"--wait", "--timeout", patience.String()}

func released(n *tenant) {
	r := n.releaser()
	r.helm(r.chart("install", waits...)...)
	if ready := n.get(); ready.Status.ObservedGeneration != ready.Generation || ready.Status.Environments[0].URL == "" {
		n.Errorf("Helm has not waited: %s", summary(ready))
	}
	r.helm(append(r.chart("upgrade", "--set", "production.allocatedGB=35"), waits...)...)
	n.waitQuota(35)
	r.refused("tenantName: cannot change from justice to culture", r.chart("upgrade", "--set", "tenantName=culture")...)
	r.refused("pilots: the client has none", r.chart("upgrade", "--set", "pilots.marie=null")...)
	// A pilot of another name with the same address, and another policy: what is
	// held until something else is there goes in one step.
	r.helm(append(r.chart("upgrade", "--set", "pilots.marie=null,pilots.marie-t.name=Marie,pilots.marie-t.email=marie@justice.example", "--set", "retention.policyName=longue"), waits...)...)
	n.waitPilots("marie-t")
	if err := missing(n, "courante", &v1alpha1.RetentionPolicy{}); err != nil {
		n.Error(err)
	}
	r.helm(append([]string{"rollback", "justice", "1"}, waits...)...)
	n.waitPilots("marie")
	n.waitQuota(20)
	r.uninstall()
	n.leaves(v1alpha1.RetainOnDeletion)
	r.helm(r.chart("install", waits...)...)
	r.uninstall()
}

// uninstall waits as Helm does, and then nothing is left that Helm has made.
func (r *releaser) uninstall() {
	r.Helper()
	r.helm(append([]string{"uninstall", "justice"}, waits...)...)
	eventually(r.T, "the release is gone", func() error {
		if left := r.kubectl("get", "sharingtenants,pilots,retentionpolicies", "-o", "name"); left != "" {
			return fmt.Errorf("helm uninstall --wait leaves %s", left)
		}
		return nil
	})
}

func changedByHand(n *tenant) {
	r := n.releaser()
	r.helm(r.chart("install", waits...)...)
	n.kubectl("patch", "retentionpolicy", "courante", "--type=merge", "-p", `{"spec":{"maxDays":60}}`)
	r.refused(`conflict with "kubectl-patch"`, r.chart("upgrade")...)
	r.helm(r.chart("upgrade", "--force-conflicts")...)
	if policy := fetch(n, "courante", &v1alpha1.RetentionPolicy{}); policy.Spec.MaxDays != 90 {
		n.Errorf("with --force-conflicts maxDays is %d, not the file's", policy.Spec.MaxDays)
	}
	n.kubectl("annotate", "stn", "justice", "example.org/note=kept")
	n.kubectl("patch", "stn", "justice", "--type=merge", "-p", `{"spec":{"version":"0.1.0"}}`)
	r.helm(append(r.chart("upgrade", "--set", "organization.nameEn=Law"), waits...)...)
	got := n.get()
	if got.Annotations["example.org/note"] != "kept" || got.Spec.Version != "0.1.0" || got.Spec.Organization.NameEn != "Law" {
		n.Errorf("what the file says nothing of has changed: %v, %+v", got.Annotations, got.Spec)
	}
	r.uninstall()
}

func takenOver(n *tenant) {
	r := n.releaser()
	n.becomeReady()
	server := n.template()
	r.refused("cannot be imported into the current release", r.chart("upgrade", "--install")...)
	r.helm(append(r.chart("upgrade", "--install", "--take-ownership", "--force-conflicts"), waits...)...)
	if after := n.template(); after.String() != server.String() {
		n.Errorf("the server's pods are others: %s, then %s", server.String(), after.String())
	}
	r.uninstall()
}

func destroyedByHelm(n *tenant) {
	r := n.releaser()
	notes := r.helm(append(r.chart("install", "--set", "deletionPolicy=Destroy"), waits...)...)
	if word := v1alpha1.DestroyAnnotation + "=justice"; !strings.Contains(notes, word) {
		n.Errorf("the notes do not say %s:\n%s", word, notes)
	}
	r.helm("uninstall", "justice")
	eventually(n.T, "pilot and policy go", func() error {
		return errors.Join(missing(n, "marie", &v1alpha1.Pilot{}), missing(n, "courante", &v1alpha1.RetentionPolicy{}))
	})
	n.waitFor(v1alpha1.ReadyCondition, metav1.ConditionFalse, "DestroyNotConfirmed")
	n.kubectl("annotate", "stn", "justice", v1alpha1.DestroyAnnotation+"=justice")
	n.waitGone()
	n.leaves(v1alpha1.DestroyOnDeletion)
}
