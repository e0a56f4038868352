package plugin

import (
	"encoding/csv"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/plugin/doctor"
	"voute.dev/voute/internal/tariff"
)

// TestCommands gives every command on a real API server, as people who have the
// rights that docs/kubectl.md lists, and no others.
func TestCommands(t *testing.T) {
	c := newCluster(t)
	c.MustKubectl(t, "", "create", "namespace", "people")
	t.Run("doctor before the installation", func(t *testing.T) { doctorBefore(t, c) })
	c.install(t)
	c.addClients(t)
	c.addStatements(t)
	c.bind(t, "reader", "", "", "voute-viewer")
	c.bind(t, "reader", operatorNamespace, "role", "voute-platform-viewer")
	t.Run("the page of the documentation", func(t *testing.T) { readPage(t, c) })
	t.Run("json and yaml", func(t *testing.T) { outputs(t, c) })
	t.Run("bill", func(t *testing.T) { billed(t, c) })
	t.Run("completion", func(t *testing.T) { completion(t, c) })
	t.Run("few rights", func(t *testing.T) { fewRights(t, c) })
	t.Run("what is not there", func(t *testing.T) { notThere(t, c) })
	t.Run("doctor", func(t *testing.T) { doctorAfter(t, c) })
	t.Run("resume", func(t *testing.T) { resumes(t, c) })
	t.Run("halt", func(t *testing.T) { halts(t, c) })
}

// outputs: what -o shows can be read again, and says the same in both forms.
func outputs(t *testing.T, c *cluster) {
	reader := c.as(t, "reader")
	for _, command := range []string{"status -A", "status -n justice justice", "windows", "windows -n culture culture --next 2", "rollout", "rollout 0.2.0", "pilots -A", "pilots -n justice justice", "bill -A", "bill -n justice justice --month 2026-10"} {
		words := strings.Fields(command)
		var fromJSON, fromYAML any
		text := reader.must(append(words, "-o", "json")...)
		if err := json.Unmarshal([]byte(text), &fromJSON); err != nil {
			t.Errorf("%s: %v", command, err)
		}
		if strings.Contains(text, "@") {
			t.Errorf("%s shows an address: %s", command, text)
		}
		if err := yaml.Unmarshal([]byte(reader.must(append(words, "-o", "yaml")...)), &fromYAML); err != nil {
			t.Errorf("%s: %v", command, err)
		}
		one, _ := json.Marshal(fromJSON)
		other, _ := json.Marshal(fromYAML)
		if string(one) != string(other) || len(one) < 20 {
			t.Errorf("%s: JSON says %s, YAML %s", command, one, other)
		}
	}
	if code, _, complaints := reader.run("status", "-A", "-o", "wide"); code != 1 || !strings.Contains(complaints, "-o wide is no output format: write json or yaml") {
		t.Errorf("code %d: %s", code, complaints)
	}
}

// billed: the rows of each form sum to what the statements say, a client sees its own
// month only, and what was tampered with is not shown.
func billed(t *testing.T, c *cluster) {
	c.bind(t, "billing", operatorNamespace, "role", "voute-platform-viewer") // and nothing else
	reader := c.as(t, "billing")
	for _, month := range []string{"2026-10", "2026-11"} {
		want := c.totalOf(t, month)
		for format, heading := range map[string]string{"csv": "amount", "focus": "BilledCost"} {
			text := reader.must("bill", "-A", "--month", month, "-o", format)
			if got := sumOf(t, text, heading); got != want {
				t.Errorf("the rows of %s sum to %s in %s, the statements to %s", month, got, format, want)
			}
		}
		if text := reader.must("bill", "-A", "--month", month); !strings.Contains(text, "\n"+want.String()+" CAD before taxes.\n") {
			t.Errorf("the table does not say %s:\n%s", want, text)
		}
	}
	paged := &connection{operatorNamespace: operatorNamespace, pageful: 2}
	if found, err := paged.statements(t.Context(), c.kube, "", nil, tariff.Month{Year: 2026, Month: time.November}); err != nil || len(found) != 3 {
		t.Errorf("of 5 statements, by twos, %d are of November, %v; want 3", len(found), err)
	}
	if text := reader.must("bill", "-n", "culture"); strings.Contains(text, "justice") || strings.Count(text, "culture") != 2 {
		t.Errorf("the month of culture's namespace is\n%s", text)
	}
	c.MustKubectl(t, "", "patch", "billingstatement", "-n", operatorNamespace, "culture.culture.2026-11", "--type=merge", "-p", `{"amounts":{"total":"1.00"}}`)
	code, out, complaints := reader.run("bill", "-A")
	if code != 1 || out != "" || !strings.Contains(complaints, `BillingStatement voute-system/culture.culture.2026-11 does not say what follows from its record: amounts.total is "1.00" and should be 291.67.`) {
		t.Errorf("code %d: %s%s", code, out, complaints)
	}
	c.MustKubectl(t, "", "patch", "billingstatement", "-n", operatorNamespace, "culture.culture.2026-11", "--type=merge", "-p", `{"amounts":{"total":"291.67"}}`)
}

// totalOf is the sum of what all statements of a month say.
func (c *cluster) totalOf(t *testing.T, month string) (sum tariff.Cents) {
	t.Helper()
	list := &v1alpha1.BillingStatementList{}
	if err := c.kube.List(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	for _, statement := range list.Items {
		if statement.Spec.Month == month {
			sum += cents(t, statement.Amounts.Total)
		}
	}
	if sum == 0 {
		t.Fatalf("no statement of %s costs anything: the test proves nothing", month)
	}
	return sum
}

// sumOf is the sum of a column.
func sumOf(t *testing.T, text, heading string) (sum tariff.Cents) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) < 3 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	column := slices.Index(rows[0], heading)
	for _, row := range rows[1:] {
		sum += cents(t, row[column])
	}
	return sum
}

func cents(t *testing.T, text string) tariff.Cents {
	t.Helper()
	amount, err := tariff.ParseCents(text)
	if err != nil {
		t.Fatal(err)
	}
	return amount
}

// completion is asked for as kubectl asks.
func completion(t *testing.T, c *cluster) {
	reader := c.as(t, "reader")
	for line, want := range map[string][]string{
		"status -n justice":  {"justice"},
		"windows -n culture": {"culture"},
		"pilots -n culture":  {"culture"},
		"rollout":            {"0.2.0", "0.2.1", "halt", "resume"},
		"rollout halt":       {"0.1.0", "0.2.0", "0.2.1"},
		"":                   {"bill", "doctor", "pilots", "rollout", "status", "windows"},
	} {
		args := append(strings.Fields(line), "")
		code, out, _ := reader.run(Arguments(append([]string{"/usr/bin/" + completer}, args...))...)
		for _, word := range want {
			if code != 0 || !strings.Contains("\n"+out, "\n"+word) {
				t.Errorf("%q: %d: %q lacks %s", line, code, out, word)
			}
		}
	}
}

// fewRights: who may see one namespace sees it, and is told what is left out.
func fewRights(t *testing.T, c *cluster) {
	c.bind(t, "clerk", "justice", "clusterrole", "voute-viewer")
	clerk := c.as(t, "clerk")
	code, out, complaints := clerk.run("status", "-n", "justice", "justice")
	if code != 0 || !strings.Contains(out, "Sunday 2026-11-15 11:10 UTC") || !strings.Contains(complaints, "note: times are in UTC: cannot read the platform configuration") {
		t.Errorf("code %d: %s\n%s", code, out, complaints)
	}
	for _, command := range []string{"status -A", "rollout", "windows", "pilots -A", "bill -n justice --month 2026-11", "bill -n justice justice --month 2026-11"} {
		code, _, complaints := clerk.run(strings.Fields(command)...)
		if code != 1 || !strings.Contains(complaints, "is forbidden") || (!strings.Contains(complaints, "docs/kubectl.md says what each command reads") &&
			!strings.Contains(complaints, "so that nobody sees what others pay. Ask whoever administers the cluster for the role voute-platform-viewer in namespace voute-system")) {
			t.Errorf("%s: code %d: %s", command, code, complaints)
		}
	}
	code, out, _ = clerk.run("doctor")
	if code != 0 || !strings.Contains(out, "You may not look at kinds and admission policies.") || strings.Contains(out, "Nothing of Voûte is installed") {
		t.Errorf("code %d: %s", code, out)
	}
}

func notThere(t *testing.T, c *cluster) {
	reader := c.as(t, "reader")
	for command, want := range map[string]string{
		"status -n justice absent":         "cannot read SharingTenant justice/absent: ",
		"windows absent":                   "cannot read SharingTenant default/absent: ",
		"rollout 9.9.9":                    "no client is to have version 9.9.9, and none runs it: those there are 0.2.0, 0.2.1",
		"windows --next 0":                 "--next 0: write a number from 1 to 400",
		"status -A justice":                "a tenant is named, and -A asks for all",
		"windows --context elsewhere":      "find the cluster: ",
		"bill -A -o wide":                  "-o wide is no output format: write table, csv, focus, json or yaml",
		"bill -A --month november":         "--month: \"november\" is not a month: write it like 2026-11",
		"bill -A justice":                  "a tenant is named, and -A asks for all",
		"bill -n justice absent":           "cannot read BillingStatement voute-system/justice.absent.2026-11: ",
		"bill -A -o focus --provider=":     "--provider is empty, and FOCUS wants a name",
		"nothing":                          "unknown command",
		"windows --operator-namespace nix": "cannot read the platform configuration, ConfigMap nix/voute-platform: ",
	} {
		code, out, complaints := reader.run(strings.Fields(command)...)
		if code != 1 || out != "" || !strings.Contains(complaints, want) {
			t.Errorf("%s: code %d: %s%s", command, code, out, complaints)
		}
	}
	if code, out, complaints := reader.run("status", "-n", "default"); code != 0 || !strings.Contains(out, "0 of 0 ready.") {
		t.Errorf("code %d: %s%s", code, out, complaints)
	}
	if code, out, complaints := reader.run("bill", "-A", "--month", "2027-11", "-o", "csv"); code != 0 || strings.Count(out, "\n") != 1 || !strings.Contains(complaints, "No BillingStatements of 2027-11 in namespace voute-system for clients in all namespaces") {
		t.Errorf("code %d: %s%s", code, out, complaints)
	}
	if code, _, complaints := reader.run("pilots", "-n", "transports", "transports"); code != 0 || !strings.Contains(complaints, "No Pilots of transports in namespace transports") {
		t.Errorf("code %d: %s", code, complaints)
	}
}

// levels are the findings' by check.
func levels(t *testing.T, out string) map[string]string {
	t.Helper()
	var found report
	if err := json.Unmarshal([]byte(out), &found); err != nil {
		t.Fatal(err)
	}
	levels := map[string]string{}
	for _, f := range found.Findings {
		levels[f.Check] += string(f.Level) + ": " + f.Says + "\n"
	}
	return levels
}

func doctorBefore(t *testing.T, c *cluster) {
	administrator := callerOf(t, c.Config)
	for _, command := range []string{"status -A", "pilots -A"} {
		if code, _, complaints := administrator.run(strings.Fields(command)...); code != 1 || !strings.Contains(complaints, "This cluster does not know the kind") {
			t.Errorf("%s: code %d: %s", command, code, complaints)
		}
	}
	code, out, complaints := administrator.run("doctor", "-o", "json")
	found := levels(t, out)
	if code != 0 || complaints != "" || !strings.Contains(found["kinds and admission"], "warn: Nothing of Voûte is installed yet.") ||
		!strings.Contains(found["platform configuration"], "warn: There is no platform configuration yet") {
		t.Errorf("code %d: %s%s", code, complaints, out)
	}
	code, out, _ = administrator.run("doctor", "-o", "json", "--platform-config", "../../config/default/platform.yaml")
	found = levels(t, out)
	for check, want := range map[string]string{
		"platform configuration": "ok: ../../config/default/platform.yaml can be read.",
		"storage":                "fail: The platform configuration names no storage class, and the cluster has no default one.",
		"vault":                  "warn: Vault at https://vault.vault.svc:8200 is inside the cluster, and cannot be reached from here",
		"scanner":                "fail: There is no ClusterIssuer voute-scan-clients",
		"mail":                   "warn: The mail relay at smtp.mail.svc:587 is inside the cluster",
	} {
		if code != 1 || !strings.Contains(found[check], want) {
			t.Errorf("code %d, %s: %s; want %s", code, check, found[check], want)
		}
	}
}

// doctorAfter has the rights that the documentation lists, and sees everything.
func doctorAfter(t *testing.T, c *cluster) {
	c.bind(t, "doctor", "", "", "voute-viewer")
	c.bind(t, "doctor", "", "", "voute-doctor")
	c.bind(t, "doctor", operatorNamespace, "role", "voute-platform-viewer")
	c.MustKubectl(t, scanning, "apply", "-f", "-")
	// What view consists of: nobody aggregates roles where no controller runs.
	c.bind(t, "doctor", "scanning", "clusterrole", "system:aggregate-to-view")
	c.renew(t)
	person := c.as(t, "doctor")
	code, out, complaints := person.run("doctor", "-o", "json")
	found := levels(t, out)
	for check, want := range map[string]string{
		"kubernetes":             "ok: Kubernetes v1.",
		"cert-manager":           "ok: cert-manager's controller is at work.",
		"kinds and admission":    "ok: 9 kinds and admission policies are those of version 0.1.0.",
		"operator":               "fail: The operator does not run.",
		"platform configuration": "ok: ConfigMap voute-system/voute-platform can be read.",
		"storage":                "ok: Storage class keeping, the cluster's default, grows and retains.",
		"vault":                  "ok: KeysReady is True with all tenants, 3",
		"scanner":                "ok: clamd's limits hold the largest document.\nok: clamd's spool is in memory.",
	} {
		if !strings.Contains(found[check], want) {
			t.Errorf("%s: %s; want %s", check, found[check], want)
		}
	}
	if code != 1 || complaints != "" || strings.Contains(out, "You may not look at") || strings.Contains(found["kinds and admission"], string(doctor.Fail)) {
		t.Errorf("code %d: %s%s", code, complaints, out)
	}
	damaged(t, c, person)
}

// damaged: what is installed is no longer as it was.
func damaged(t *testing.T, c *cluster, person caller) {
	c.MustKubectl(t, "", "patch", "validatingadmissionpolicybinding", "voute-emergency-reason", "--type=merge", "-p", `{"spec":{"validationActions":["Audit"]}}`)
	c.MustKubectl(t, "", "patch", "crd", "pilots.sharing.voute.dev", "--type=json", "-p", `[{"op":"replace","path":"/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/email/maxLength","value":253}]`)
	defer c.MustKubectl(t, "", "apply", "--server-side", "--force-conflicts", "-k", "../../config/crd")
	_, out, _ := person.run("doctor", "-o", "json")
	found := levels(t, out)["kinds and admission"]
	for _, want := range []string{
		"fail: ValidatingAdmissionPolicyBinding voute-emergency-reason is not that of version 0.1.0: spec.validationActions[0] differs.",
		"fail: CustomResourceDefinition pilots.sharing.voute.dev is not that of version 0.1.0: spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.email.maxLength differs.",
		"ok: 7 kinds",
	} {
		if !strings.Contains(found, want) {
			t.Errorf("%s; want %s", found, want)
		}
	}
}

// renew does what cert-manager's controller does.
func (c *cluster) renew(t *testing.T) {
	t.Helper()
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: "kube-system", Name: "cert-manager-controller"}}
	renewed := metav1.NewMicroTime(monday.Add(-10 * time.Second))
	lease.Spec.RenewTime = &renewed
	if err := c.kube.Create(t.Context(), lease); err != nil {
		t.Fatal(err)
	}
}

const scanning = `
apiVersion: v1
kind: Namespace
metadata: {name: scanning}
---
apiVersion: v1
kind: Service
metadata: {name: clamd, namespace: scanning}
spec: {selector: {app: clamd}, ports: [{port: 3311}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: clamd, namespace: scanning}
data:
  clamd.conf: |
    # limits
    LocalSocket /run/clamav/clamd.sock
    TemporaryDirectory /spool
    AlertExceedsMax yes
    StreamMaxLength 2147483647
    MaxFileSize 2000M
    MaxScanSize 8G
    MaxScanTime 0
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: clamd, namespace: scanning}
spec:
  selector: {matchLabels: {app: clamd}}
  template:
    metadata: {labels: {app: clamd}}
    spec:
      containers: [{name: clamd, image: clamd, volumeMounts: [{name: spool, mountPath: /spool}, {name: configuration, mountPath: /etc/clamav}]}]
      volumes: [{name: spool, emptyDir: {medium: Memory}}, {name: configuration, configMap: {name: clamd}}]
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: keeping, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
provisioner: example.org/simulated
allowVolumeExpansion: true
reclaimPolicy: Retain
`

// resumes: who may only read changes nothing, and neither does a dry run or another
// answer than yes.
func resumes(t *testing.T, c *cluster) {
	reader := c.as(t, "reader")
	c.bind(t, "editor", "", "", "voute-editor")
	c.bind(t, "editor", operatorNamespace, "role", "voute-platform-viewer")
	editor := c.as(t, "editor")
	if code, out, complaints := reader.run("rollout", "resume", "--yes"); code != 1 || out != "" || !strings.Contains(complaints, "cannot annotate SharingTenant culture/culture: ") {
		t.Errorf("code %d: %s%s", code, out, complaints)
	}
	code, out, complaints := editor.run("rollout", "resume", "--dry-run")
	if code != 0 || !strings.Contains(out, "sharingtenant.sharing.voute.dev/justice annotated (server dry run)") || !strings.Contains(complaints, "transports/transports development: version 0.2.0 → 0.2.1: the server is not ready yet") {
		t.Errorf("code %d: %s%s", code, out, complaints)
	}
	for _, answer := range []string{"", "no\n", "y\n"} {
		editor.input = answer
		if code, out, complaints := editor.run("rollout", "resume"); code != 1 || out != "" || !strings.Contains(complaints, "nothing is changed: the answer was not yes") {
			t.Errorf("%q: code %d: %s%s", answer, code, out, complaints)
		}
	}
	c.annotated(t, "")
	editor.input = "yes\n"
	if code, out, complaints := editor.run("rollout", "resume"); code != 0 || strings.Count(out, " annotated\n") != 3 || !strings.Contains(complaints, "Annotate all 3 SharingTenants with "+v1alpha1.TryAgainAnnotation+"=yes?") {
		t.Errorf("code %d: %s%s", code, out, complaints)
	}
	c.annotated(t, "yes")
	c.MustKubectl(t, "", "patch", "stn", "-n", "transports", "transports", "--subresource=status", "--type=json", "-p", `[{"op":"remove","path":"/status/environments/1/rollout/failed"}]`)
	if out := editor.must("rollout", "resume"); out != "Nothing was taken back: there is nothing to try again.\n" {
		t.Errorf("it says %s", out)
	}
}

// annotated fails the test where a tenant's annotation is another one.
func (c *cluster) annotated(t *testing.T, want string) {
	t.Helper()
	list := &v1alpha1.SharingTenantList{}
	if err := c.kube.List(t.Context(), list); err != nil || len(list.Items) != 3 {
		t.Fatalf("%d tenants, %v", len(list.Items), err)
	}
	for _, tenant := range list.Items {
		if got := tenant.Annotations[v1alpha1.TryAgainAnnotation]; got != want {
			t.Errorf("%s has %q; want %q", tenant.Name, got, want)
		}
	}
}

// halts: only whoever may patch the file changes it, and not with a dry run, another
// answer than yes, or a file that is no longer the one that was read.
func halts(t *testing.T, c *cluster) {
	reader, manager := c.as(t, "reader"), c.as(t, "manager")
	before := c.platformText(t)
	command := []string{"rollout", "halt", "0.2.1", "--reason", "uploads are cut off"}
	for want, args := range map[string][]string{
		"--reason is empty":                       {"rollout", "halt", "0.2.1", "--yes", "--reason", " "},
		`"0.3.0" is not in server.images`:         {"rollout", "halt", "0.3.0", "--yes", "--reason", "a"},
		"is no line of at most 256 characters":    {"rollout", "halt", "0.2.1", "--yes", "--reason", "a\nb"},
		"has not halted version 0.2.1, but none.": {"rollout", "resume", "0.2.1", "--yes"},
		"the answer was not yes":                  command,
	} {
		if code, out, complaints := manager.run(args...); code != 1 || out != "" || !strings.Contains(complaints, want) {
			t.Errorf("%q: code %d: %s%s", args, code, out, complaints)
		}
	}
	if code, out, complaints := reader.run(append(command, "--yes")...); code != 1 || out != "" || !strings.Contains(complaints, "Ask whoever administers the cluster for the right to patch it: docs/kubectl.md, Rights") {
		t.Errorf("code %d: %s%s", code, out, complaints)
	}
	if code, out, complaints := manager.run(append(command, "--dry-run")...); code != 0 || out != "configmap/voute-platform patched (server dry run)\n" {
		t.Errorf("code %d: %s%s", code, out, complaints)
	}
	if after := c.platformText(t); after != before {
		t.Fatalf("it was changed: %s", cmp.Diff(before, after))
	}
	haltsAndLifts(t, c, before, command)
	t.Run("somebody else was quicker", func(t *testing.T) { quicker(t, c) })
	t.Run("the next apply is refused", func(t *testing.T) { refusesApply(t, c, manager) })
}

// haltsAndLifts: the file has one thing more, and then is as before.
func haltsAndLifts(t *testing.T, c *cluster, before string, command []string) {
	reader, manager := c.as(t, "reader"), c.as(t, "manager")
	manager.input = "yes\n"
	if code, out, complaints := manager.run(command...); code != 0 || out != "configmap/voute-platform patched\n" || !strings.Contains(complaints, "Halt version 0.2.1 in ConfigMap voute-system/voute-platform? Write yes: ") {
		t.Errorf("code %d: %s%s", code, out, complaints)
	}
	want := strings.Replace(before, "rollout: {haltAfter", `rollout: {halted: [{version: 0.2.1, reason: "uploads are cut off"}], haltAfter`, 1)
	if diff := cmp.Diff(want, c.platformText(t)); diff != "" || want == before {
		t.Errorf("the file: %s", diff)
	}
	if code, _, complaints := reader.run("rollout", "resume"); code != 0 || !strings.Contains(complaints, "note: version 0.2.1 stays halted by the platform team (uploads are cut off): kubectl voute rollout resume 0.2.1 lifts that") {
		t.Errorf("code %d: %s", code, complaints)
	}
	manager.must("rollout") // who may halt sees that it is
	if code, out, complaints := manager.run("rollout", "resume", "0.2.1", "--yes"); code != 0 || c.platformText(t) != before {
		t.Errorf("code %d: %s%s", code, out, complaints)
	}
}

func (c *cluster) platformText(t *testing.T) string {
	t.Helper()
	text, err := (&connection{operatorNamespace: operatorNamespace}).platformFile(t.Context(), c.kube)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func quicker(t *testing.T, c *cluster) {
	here := &connection{operatorNamespace: operatorNamespace}
	from, err := here.platformObject(t.Context(), c.kube)
	if err != nil {
		t.Fatal(err)
	}
	c.setPlatform(t, c.platformText(t)+"# mine\n")
	if err := here.writePlatform(t.Context(), c.kube, from, "theirs", false); err == nil || !strings.Contains(err.Error(), "somebody else has changed it meanwhile. Nothing is changed") {
		t.Errorf("it says %v", err)
	}
	if !strings.HasSuffix(c.platformText(t), "# mine\n") {
		t.Error("what somebody else wrote is lost")
	}
}

// refusesApply: as docs/kubectl.md says.
func refusesApply(t *testing.T, c *cluster, manager caller) {
	apply := []string{"apply", "--server-side", "-k", "../../config/default"}
	c.MustKubectl(t, "", append(apply, "--force-conflicts")...)
	c.MustKubectl(t, "", apply...)
	if code, out, complaints := manager.run("rollout", "halt", "0.1.0", "--reason", "a", "--yes"); code != 0 {
		t.Fatalf("code %d: %s%s", code, out, complaints)
	}
	if said, err := c.Kubectl(t, "", apply...); err == nil || !strings.Contains(err.Error(), `conflict with "kubectl-voute"`) {
		t.Errorf("it is not refused: %v: %s", err, said)
	}
	c.MustKubectl(t, "", append(apply, "--force-conflicts")...)
	if code, _, complaints := manager.run("rollout", "resume", "0.1.0"); code != 1 || !strings.Contains(complaints, "but none.") {
		t.Errorf("code %d: %s", code, complaints)
	}
}
