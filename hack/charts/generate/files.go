package generate

import (
	"os"
	"path"
	"path/filepath"
)

// chart is the operator's chart, from the root of the tree.
const chart = "charts/voute-operator"

// Owned are the folders in which nothing else lies than what Files returns.
func Owned() []string { return []string{chart + "/templates/crd"} }

// Files are the generated files of a tree: contents by their paths from its root.
func Files(source string) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, part := range []func(string, map[string][]byte) error{
		definitions, manifests, values, schema, reference,
	} {
		if err := part(source, files); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func read(source string, elements ...string) ([]byte, error) {
	return os.ReadFile(filepath.Join(source, filepath.FromSlash(path.Join(elements...))))
}
