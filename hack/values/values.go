// Package values adapts the chart of the operator to a local cluster, as a platform
// team would to its own: the images of this tree, and where everything is.
package values

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"
	"text/template"
)

//go:embed values.yaml
var text string

var functions = template.FuncMap{"indent": indent}

// Cluster is what the values depend on.
type Cluster struct {
	Version             string
	ServerImage         string
	TrustedCAs          string // PEM
	HTTPSPort, HTTPPort int
}

// For are the values for a cluster, as the file that Helm reads.
func For(cluster Cluster) ([]byte, error) {
	parsed, err := template.New("values.yaml").Funcs(functions).Parse(text)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, cluster); err != nil {
		return nil, fmt.Errorf("cannot write the chart's values: %w", err)
	}
	return out.Bytes(), nil
}

// indent moves every line to the right, for a YAML block.
func indent(spaces int, text string) string {
	margin := strings.Repeat(" ", spaces)
	return margin + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n"+margin)
}
