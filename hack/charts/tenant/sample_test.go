package tenant

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSample: the sample client is the same by kubectl and by Helm, but for the
// name of its policy, which is the release's.
func TestSample(t *testing.T) {
	folder := filepath.Join(root, "config", "samples")
	files, err := render(loadChart(t), cases["ministry"], parse[map[string]any](t, read(t, filepath.Join(folder, "helm-values.yaml"))))
	if err != nil {
		t.Fatal(err)
	}
	for kind, template := range map[string]string{
		"sharingtenant": "sharingtenant.yaml", "pilot": "pilots.yaml", "retentionpolicy": "retentionpolicy.yaml",
	} {
		want := specOf(t, read(t, filepath.Join(folder, "sharing_v1alpha1_"+kind+".yaml")))
		got := specOf(t, []byte(files[template]))
		if reference, found := want["retentionPolicyRef"].(map[string]any); found {
			reference["name"] = "justice"
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s by kubectl (-) and by Helm (+): %s", kind, diff)
		}
	}
}

func specOf(t *testing.T, content []byte) map[string]any {
	t.Helper()
	spec, _ := parse[map[string]any](t, content)["spec"].(map[string]any)
	if len(spec) == 0 {
		t.Fatalf("there is no spec in %s", content)
	}
	return spec
}
