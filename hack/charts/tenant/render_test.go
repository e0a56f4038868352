package tenant

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/loader"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/lint"
	"helm.sh/helm/v4/pkg/chart/v2/lint/support"
	"helm.sh/helm/v4/pkg/engine"
	release "helm.sh/helm/v4/pkg/release/v1"
	releaseutil "helm.sh/helm/v4/pkg/release/v1/util"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"

	"voute.dev/voute/api/v1alpha1"
)

const (
	root      = "../../.."
	chartPath = root + "/charts/sharing-tenant"
	notesFile = "NOTES.txt"
)

var update = flag.Bool("update", false, "write what is generated: the golden files and the page of values")

// cases are the three values files, with the release that each is installed as.
var cases = map[string]common.ReleaseOptions{
	"smallest":   {Name: "culture", Namespace: "culture", IsInstall: true},
	"ministry":   {Name: "justice", Namespace: "justice", IsInstall: true},
	"everything": {Name: "42.agence", Namespace: "revenu", IsInstall: true},
}

func loadChart(t testing.TB) *chart.Chart {
	t.Helper()
	loaded, err := loader.LoadDir(chartPath)
	if err != nil {
		t.Fatal(err)
	}
	return loaded.(*chart.Chart)
}

func values(t testing.TB, name string) map[string]any {
	t.Helper()
	return parse[map[string]any](t, read(t, filepath.Join("testdata", "values", name+".yaml")))
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func parse[T any](t testing.TB, content []byte) (into T) {
	t.Helper()
	if err := yaml.Unmarshal(content, &into); err != nil {
		t.Fatal(err)
	}
	return into
}

// render gives each template's text, as `helm install` would.
func render(c *chart.Chart, options common.ReleaseOptions, values map[string]any) (map[string]string, error) {
	with, err := util.ToRenderValues(c, values, options, nil)
	if err != nil {
		return nil, err
	}
	files, err := engine.Render(c, with)
	if err != nil {
		return nil, err
	}
	short := map[string]string{}
	for path, text := range files {
		if text = strings.TrimSpace(text); text != "" {
			short[strings.TrimPrefix(path, c.Name()+"/templates/")] = text + "\n"
		}
	}
	return short, nil
}

// objects are those of all templates, in the order of their files.
func objects(files map[string]string) (all []map[string]any, err error) {
	for _, path := range slices.Sorted(maps.Keys(files)) {
		if path == notesFile {
			continue
		}
		for text := range strings.SplitSeq(files[path], "\n---\n") {
			asJSON, err := yaml.YAMLToJSON([]byte(text))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			object := map[string]any{}
			// As the API server does, and other than encoding/json, it tells whole numbers from others.
			if err := json.Unmarshal(asJSON, &object); err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			if len(object) > 0 {
				all = append(all, object)
			}
		}
	}
	return all, nil
}

func mustRender(t testing.TB, name string) (map[string]string, []map[string]any) {
	t.Helper()
	files, err := render(loadChart(t), cases[name], values(t, name))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	all, err := objects(files)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return files, all
}

func TestGolden(t *testing.T) {
	for name := range cases {
		files, _ := mustRender(t, name)
		var whole strings.Builder
		for _, path := range slices.Sorted(maps.Keys(files)) {
			whole.WriteString("# Source: " + path + "\n" + files[path])
		}
		compare(t, filepath.Join("testdata", "golden", name+".yaml"), whole.String())
	}
}

// compare fails where a generated file is not what it should be, or writes it.
func compare(t *testing.T, path, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(read(t, path)), want); diff != "" {
		t.Errorf("%s is out of date: run go -C hack/charts test ./tenant -update and read what changes (- is there, + would be):\n%s", path, diff)
	}
}

// TestLint: the chart as it is, with a client's values, gives Helm no reason to
// warn.
func TestLint(t *testing.T) {
	for name, options := range cases {
		for _, message := range lint.RunAll(chartPath, values(t, name), options.Namespace).Messages {
			if message.Severity > support.InfoSev {
				t.Errorf("%s: %s", name, message)
			}
		}
	}
}

// TestStrictTypes: no field is misspelt, and none is lost.
func TestStrictTypes(t *testing.T) {
	for name := range cases {
		_, all := mustRender(t, name)
		kinds := map[string]int{}
		for _, object := range all {
			kind := object["kind"].(string)
			kinds[kind]++
			into := map[string]any{
				"SharingTenant": &v1alpha1.SharingTenant{}, "Pilot": &v1alpha1.Pilot{},
				"RetentionPolicy": &v1alpha1.RetentionPolicy{}, "Pod": &corev1.Pod{},
			}[kind]
			text, err := yaml.Marshal(object)
			if err != nil {
				t.Fatal(err)
			}
			if err := yaml.UnmarshalStrict(text, into); err != nil {
				t.Errorf("%s: %s: %v", name, kind, err)
			}
		}
		if kinds["SharingTenant"] != 1 || kinds["RetentionPolicy"] != 1 || kinds["Pilot"] == 0 || kinds["Pod"] == 0 {
			t.Errorf("%s renders %v", name, kinds)
		}
	}
}

// TestRestrictedPods: a client's namespace enforces the restricted profile.
func TestRestrictedPods(t *testing.T) {
	restricted, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name := range cases {
		files, _ := mustRender(t, name)
		for _, pod := range pods(t, files) {
			result := policy.AggregateCheckResults(restricted.EvaluatePod(api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}, &pod.ObjectMeta, &pod.Spec))
			if !result.Allowed {
				t.Errorf("%s: Pod %s: %s", name, pod.Name, result.ForbiddenDetail())
			}
			if pod.Spec.AutomountServiceAccountToken == nil || *pod.Spec.AutomountServiceAccountToken {
				t.Errorf("%s: Pod %s may speak to the API server", name, pod.Name)
			}
		}
	}
}

func pods(t *testing.T, files map[string]string) (found []corev1.Pod) {
	t.Helper()
	for _, text := range strings.Split(files["tests/addresses.yaml"], "\n---\n") {
		if pod := parse[corev1.Pod](t, []byte(text)); pod.Kind != "" {
			found = append(found, pod)
		}
	}
	if len(found) == 0 {
		t.Fatal("there is no pod to test the addresses")
	}
	return found
}

// TestNoPodIsAServer: a test's pod must not take the place of a server behind
// its Service, nor that of the operator before its policy.
func TestNoPodIsAServer(t *testing.T) {
	files, _ := mustRender(t, "ministry")
	for _, pod := range pods(t, files) {
		for _, label := range []string{v1alpha1.TenantLabel, "sharing.voute.dev/environment"} {
			if metav1.HasLabel(pod.ObjectMeta, label) {
				t.Errorf("Pod %s has the label %s of servers", pod.Name, label)
			}
		}
		if pod.Labels["app.kubernetes.io/name"] == "voute-operator" {
			t.Errorf("Pod %s is labelled as the operator", pod.Name)
		}
	}
}

// TestNotes: both languages, the addresses, how to see the state, what stays.
func TestNotes(t *testing.T) {
	for name, wants := range map[string][]string{
		"ministry": {
			"https://partage.justice.example\n", "https://partage-dev.justice.example\n", "kubectl get stn -n justice justice",
			"Les documents et les clés restent", "Documents and keys stay", "Ministère de la Justice", "Ministry of Justice",
		},
		"smallest":   {"https://partage.culture.example\n"},
		"everything": {"https://partage.revenu.example:8443\n", "ATTENTION", "WARNING", "sharing.voute.dev/destroy=revenu", "helm test -n revenu 42.agence"},
	} {
		files, _ := mustRender(t, name)
		for _, want := range wants {
			if !strings.Contains(files[notesFile], want) {
				t.Errorf("the notes of %s do not say %q:\n%s", name, want, files[notesFile])
			}
		}
	}
	if files, _ := mustRender(t, "smallest"); strings.Contains(files[notesFile], "Development") {
		t.Errorf("the notes name a development address where there is none:\n%s", files[notesFile])
	}
}

// TestUninstallOrder: Helm deletes the pilots and the policy before the tenant
// that holds them. TestOperator in controllers deletes in this order, and sees
// everything go.
func TestUninstallOrder(t *testing.T) {
	files, _ := mustRender(t, "ministry")
	delete(files, notesFile)
	hooks, manifests, err := releaseutil.SortManifests(files, nil, releaseutil.UninstallOrder)
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, manifest := range manifests {
		order = append(order, manifest.Head.Kind)
	}
	if want := []string{"Pilot", "Pilot", "RetentionPolicy", "SharingTenant"}; !slices.Equal(order, want) {
		t.Errorf("Helm deletes %v, not %v: try that order in controllers/deletion_test.go (uninstall)", order, want)
	}
	for _, hook := range hooks {
		if hook.Kind != "Pod" || !slices.Equal(hook.Events, []release.HookEvent{release.HookTest}) {
			t.Errorf("%s %s is a hook of %v: nothing but the tests' pods is one", hook.Kind, hook.Name, hook.Events)
		}
	}
	if len(hooks) != 2 {
		t.Errorf("%d tests, want one an address", len(hooks))
	}
}

// TestPilotTakenOut: a later file takes a pilot out of an earlier one.
func TestPilotTakenOut(t *testing.T) {
	with := values(t, "ministry")
	with["pilots"].(map[string]any)["john-smith"] = nil
	files, err := render(loadChart(t), cases["ministry"], with)
	if err != nil {
		t.Fatal(err)
	}
	if text := files["pilots.yaml"]; strings.Contains(text, "john") || strings.Count(text, "kind: Pilot") != 1 || !strings.Contains(text, "marie-tremblay") {
		t.Errorf("the pilots are\n%s", text)
	}
}

// TestVersion: the image that is tested with by default is the one that this
// tree builds.
func TestVersion(t *testing.T) {
	metadata := loadChart(t).Metadata
	if want := "VERSION ?= " + metadata.AppVersion + "\n"; !strings.Contains(string(read(t, root+"/Makefile")), want) {
		t.Errorf("Chart.yaml has appVersion %s, and the Makefile another", metadata.AppVersion)
	}
}
