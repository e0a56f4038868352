package generate

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

const (
	bases = "config/crd/bases"
	// keep has Helm leave an object in place when its release goes.
	keep = "    helm.sh/resource-policy: keep\n"
)

// definitions puts every kind into the chart as a template, not into Helm's own
// folder for them: what lies there is installed once and never upgraded.
func definitions(source string, files map[string][]byte) error {
	found, err := filepath.Glob(filepath.Join(source, filepath.FromSlash(bases), "*.yaml"))
	if err != nil || len(found) == 0 {
		return errors.Join(fmt.Errorf("there is no kind in %s: run controller-gen first", bases), err)
	}
	for _, file := range found {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		kept, err := annotate(text)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		name := filepath.Base(file)
		files[chart+"/templates/crd/"+name] = []byte(note(bases+"/"+name) + "{{- if .Values.crds.install }}\n" + template(kept) + "{{- end }}\n")
	}
	return nil
}

// annotate adds one line to a definition, and leaves the others as they are.
func annotate(definition []byte) ([]byte, error) {
	mark := []byte("\n  annotations:\n")
	if bytes.Count(definition, mark) != 1 {
		return nil, errors.New("it has no annotations of its own, where this one could be added: has controller-gen changed its style?")
	}
	return bytes.Replace(definition, mark, append(mark, keep...), 1), nil
}

// manifests are those that kustomize makes of a folder.
func manifests(source string, files map[string][]byte) error {
	for _, folder := range []string{"rbac", "admission"} {
		made, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), filepath.Join(source, "config", folder))
		if err != nil {
			return fmt.Errorf("kustomize config/%s: %w", folder, err)
		}
		text, err := made.AsYaml()
		if err != nil {
			return err
		}
		files[chart+"/templates/"+folder+".yaml"] = []byte(note("config/"+folder) + template(text))
	}
	return nil
}

func note(origin string) string {
	return "{{- /* Written by `make generate` from " + origin + ": change it there. */ -}}\n"
}

var treeNamespace = regexp.MustCompile(`(^|[^A-Za-z0-9-])voute-system($|[^A-Za-z0-9-])`)

// template makes a text one that Helm renders as it is, but for the namespace.
func template(text []byte) string {
	plain := strings.ReplaceAll(string(text), "{{", `{{ "{{" }}`)
	return treeNamespace.ReplaceAllString(plain, "${1}{{ .Release.Namespace }}${2}")
}
