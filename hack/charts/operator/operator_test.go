package operator_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/v2/lint"
	"helm.sh/helm/v4/pkg/chart/v2/lint/support"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"sigs.k8s.io/yaml"

	"voute.dev/voute/hack/charts"
	"voute.dev/voute/hack/charts/generate"
	"voute.dev/voute/internal/version"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	source = "../../.."
	chart  = source + "/charts/voute-operator"
)

var release = charts.Release{Name: "voute", Namespace: "voute-system"}

// render renders the operator's chart with the values of a file of testdata.
func render(t testing.TB, valuesFile string) []charts.Manifest {
	t.Helper()
	values := ""
	if valuesFile != "" {
		text, err := os.ReadFile(filepath.Join("testdata", valuesFile))
		if err != nil {
			t.Fatal(err)
		}
		values = string(text)
	}
	made, err := charts.Render(chart, release, values)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// TestGolden leaves out the generated templates: they are in the tree as they are.
func TestGolden(t *testing.T) {
	for name, values := range map[string]string{"default": "", "everything": "everything.values.yaml"} {
		t.Run(name, func(t *testing.T) {
			var own []charts.Manifest
			for _, one := range render(t, values) {
				if !isGenerated(one) {
					own = append(own, one)
				}
			}
			got, file := charts.Text(own), filepath.Join("testdata", name+".golden.yaml")
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("%v: go -C hack/charts test ./operator -update writes it", err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("not what %s says; if the change is meant, run go -C hack/charts test ./operator -update\n%s", file, diff)
			}
		})
	}
}

func isGenerated(one charts.Manifest) bool {
	content, err := os.ReadFile(filepath.Join(source, "charts", one.Template))
	return err == nil && bytes.HasPrefix(content, []byte("{{- /* Written by `make generate`"))
}

// TestGeneratedFilesAreUpToDate is what hack/check-generated.sh asks too, with the
// file's difference.
func TestGeneratedFilesAreUpToDate(t *testing.T) {
	files, err := generate.Files(source)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			t.Errorf("%v: make generate writes it", err)
		} else if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s is out of date: run make generate\n%s", name, diff)
		}
	}
	for _, folder := range generate.Owned() {
		found, err := filepath.Glob(filepath.Join(source, folder, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			name, err := filepath.Rel(source, path)
			if _, written := files[name]; err != nil || !written {
				t.Errorf("nothing writes %s: make generate removes it", path)
			}
		}
	}
}

func TestLint(t *testing.T) {
	for name, values := range map[string]string{"default": "", "everything": "everything.values.yaml"} {
		given := map[string]any{}
		if values != "" {
			text, err := os.ReadFile(filepath.Join("testdata", values))
			if err != nil {
				t.Fatal(err)
			}
			if err := yaml.Unmarshal(text, &given); err != nil {
				t.Fatal(err)
			}
		}
		kubernetes, err := common.ParseKubeVersion("v1.36.3")
		if err != nil {
			t.Fatal(err)
		}
		result := lint.RunAll(chart, given, release.Namespace, lint.WithKubeVersion(kubernetes))
		if len(result.Messages) == 0 {
			t.Error("the linter says nothing at all, not even that the chart has no icon")
		}
		for _, message := range result.Messages {
			if message.Severity >= support.WarningSev {
				t.Errorf("%s: %s", name, message.Error())
			}
		}
	}
}

// A chart comes with an operator: both have one version, that of the tree.
func TestVersionIsTheTrees(t *testing.T) {
	loaded, err := loader.Load(chart)
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Metadata.Version != version.Version || loaded.Metadata.AppVersion != version.Version {
		t.Errorf("the chart is %s for %s, and the tree is %s", loaded.Metadata.Version, loaded.Metadata.AppVersion, version.Version)
	}
	for _, file := range []string{"Makefile", "config/default/kustomization.yaml"} {
		text, err := os.ReadFile(filepath.Join(source, file))
		if err != nil || !strings.Contains(string(text), version.Version) {
			t.Errorf("%s does not have %s (%v)", file, version.Version, err)
		}
	}
}
