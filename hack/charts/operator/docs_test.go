package operator_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"text/template"

	corev1 "k8s.io/api/core/v1"

	"voute.dev/voute/hack/charts"
	"voute.dev/voute/internal/platform"
)

// TestDocumentedValuesAreTaken: those of docs/install.md, by the chart and by the
// operator.
func TestDocumentedValuesAreTaken(t *testing.T) {
	page, err := os.ReadFile(source + "/docs/install.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```yaml\n(# values.yaml\n.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(blocks) != 1 {
		t.Fatalf("docs/install.md has %d files of values", len(blocks))
	}
	takes(t, blocks[0][1])
}

// TestLocalClustersValuesAreTaken: those of hack/values, of which a template is
// made there.
func TestLocalClustersValuesAreTaken(t *testing.T) {
	text, err := os.ReadFile(source + "/hack/values/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := template.New("values").Funcs(template.FuncMap{"indent": func(int, string) string { return "" }}).Parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	var values strings.Builder
	err = parsed.Execute(&values, map[string]any{"Version": "0.1.0", "ServerImage": "localhost/voute-server:0.1.0", "TrustedCAs": "", "HTTPSPort": 8443, "HTTPPort": 8080})
	if err != nil {
		t.Fatal(err)
	}
	takes(t, values.String())
}

func takes(t *testing.T, values string) {
	t.Helper()
	made, err := charts.Render(chart, release, values)
	if err != nil {
		t.Fatal(err)
	}
	object := decode(t, made)["ConfigMap voute-platform"]
	if _, err := platform.Load([]byte(object.(*corev1.ConfigMap).Data["platform.yaml"])); err != nil {
		t.Errorf("the operator refuses it: %v", err)
	}
}
