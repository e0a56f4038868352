package tenant

import (
	"strings"
	"testing"
)

// TestReference: the page is what the comments say.
func TestReference(t *testing.T) {
	page, err := Reference(read(t, chartPath+"/values.yaml"), read(t, chartPath+"/values.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	compare(t, root+"/docs/reference/values-sharing-tenant.md", page)
}

func TestReferenceFindsWhatIsMissing(t *testing.T) {
	schema := []byte(`{"properties": {"a": {"type": "string"}, "b": {"properties": {"c": {"enum": ["x", null]}}}}}`)
	for values, want := range map[string]string{
		"a: x\n# B.\nb:\n":                     "a has no comment",
		"# A.\na:\n# B.\nb:\n# Z.\nz: 1\n":     "line 6: z has no comment, or is not in values.schema.json",
		"# A.\na:\n":                           "b is not in values.yaml",
		"# A.\na:\n# B.\nb:\n  c: x\n":         "b.c has no comment",
		"# A.\na:\n# B.\nb:\n  # D.\n  d: x\n": "b.c is not in values.yaml",
		"# B.\nb: [\n":                         "values.yaml cannot be read",
		"# B.\nb:\n  # C.\n  c: x\n!":          "values.yaml cannot be read",
	} {
		if _, err := Reference([]byte(values), schema); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: it says %v; want %s", values, err, want)
		}
	}
	page, err := Reference([]byte("# Top.\n\n# A is\n# this.\na:\n# B.\nb:\n  # C.\n  c: x\n"), schema)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\nTop. How", "\n## a\n\nA is\nthis.\n\nstring; by default empty.\n", "| `b.c` | x | `x` | C. |\n"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in:\n%s", want, page)
		}
	}
}
