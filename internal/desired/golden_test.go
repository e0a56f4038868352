package desired

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestGolden(t *testing.T) {
	for name, build := range map[string]func(testing.TB) Input{
		"minimal":            minimal,
		"full":               full,
		"development":        development,
		"bought-certificate": boughtCertificate,
		"no-policy":          noPolicy,
		"uploads-closed":     uploadsClosed,
	} {
		t.Run(name, func(t *testing.T) {
			got := text(t, build(t))
			file := filepath.Join("testdata", name+".yaml")
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("%v: go test ./internal/desired -update writes it", err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("not what %s says; if the change is meant, run go test ./internal/desired -update\n%s", file, diff)
			}
		})
	}
}

// text is every wanted object as YAML.
func text(t testing.TB, in Input) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, object := range objects(t, in) {
		data, err := yaml.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		out.WriteString("---\n")
		out.Write(data)
	}
	return out.Bytes()
}
