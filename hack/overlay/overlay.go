// Package overlay adapts config/default to a local cluster, as a platform team
// would to its own: another platform.yaml, and the images of this tree.
package overlay

import (
	"bytes"
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

//go:embed *.yaml
var files embed.FS

var functions = template.FuncMap{"indent": indent}

// Values are what the overlay depends on.
type Values struct {
	Base                string // config/default, relative to the overlay's folder
	Version             string
	ServerImage         string
	TrustedCAs          string // PEM
	HTTPSPort, HTTPPort int
}

// Write writes the overlay of the source tree into the folder, for kubectl apply -k.
func Write(dir, source string, values Values) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	// kustomize takes no absolute paths.
	base, err := filepath.Rel(dir, filepath.Join(source, "config", "default"))
	if err != nil {
		return err
	}
	values.Base = base
	for _, name := range []string{"kustomization.yaml", "platform.yaml"} {
		content, err := render(name, values)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func render(name string, values Values) ([]byte, error) {
	parsed, err := template.New(name).Funcs(functions).ParseFS(files, name)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, values); err != nil {
		return nil, fmt.Errorf("cannot write the overlay's %s: %w", name, err)
	}
	return out.Bytes(), nil
}

// indent moves every line to the right, for a YAML block.
func indent(spaces int, text string) string {
	margin := strings.Repeat(" ", spaces)
	return margin + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n"+margin)
}
