package charts

import (
	"bytes"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	"sigs.k8s.io/yaml"
)

// Release is what of a release its manifests depend on.
type Release struct{ Name, Namespace string }

// Manifest is one object of a rendered chart, and where in the chart it is from.
type Manifest struct {
	Template, Text string
}

// Render renders the chart in a folder with values, as YAML, over its defaults. As
// with Helm, values that the chart's schema refuses are an error.
func Render(folder string, release Release, values string) ([]Manifest, error) {
	chart, err := loader.Load(folder)
	if err != nil {
		return nil, err
	}
	given := map[string]any{}
	if err := yaml.UnmarshalStrict([]byte(values), &given); err != nil {
		return nil, fmt.Errorf("the values: %w", err)
	}
	options := common.ReleaseOptions{Name: release.Name, Namespace: release.Namespace, IsInstall: true, Revision: 1}
	all, err := util.ToRenderValues(chart, given, options, common.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	files, err := engine.Render(chart, all)
	if err != nil {
		return nil, err
	}
	return manifests(files), nil
}

// manifests are the objects of the rendered files, in the order of their names.
func manifests(files map[string]string) []Manifest {
	var all []Manifest
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if path.Ext(name) != ".yaml" {
			continue // notes for people
		}
		for text := range strings.SplitSeq("\n"+files[name], "\n---\n") {
			if !isEmpty(text) {
				all = append(all, Manifest{Template: name, Text: strings.Trim(text, "\n") + "\n"})
			}
		}
	}
	return all
}

// isEmpty: nothing but comments.
func isEmpty(text string) bool {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			return false
		}
	}
	return true
}

// Text is what `helm template` prints.
func Text(all []Manifest) []byte {
	var out bytes.Buffer
	for _, one := range all {
		fmt.Fprintf(&out, "---\n# Source: %s\n%s", one.Template, one.Text)
	}
	return out.Bytes()
}
