package generate

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const source = "../../.."

// TestWhatIsAddedIsTaken: another kind, and another policy, need no change here.
func TestWhatIsAddedIsTaken(t *testing.T) {
	tree := t.TempDir()
	if err := os.CopyFS(filepath.Join(tree, "config"), os.DirFS(source+"/config")); err != nil {
		t.Fatal(err)
	}
	change(t, tree, "config/crd/bases/sharing.voute.dev_statements.yaml", func(string) string {
		return "---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  annotations:\n    a: b\n  name: statements.sharing.voute.dev\nspec: {description: '{{ braces }}'}\n"
	})
	change(t, tree, "config/admission/statements.yaml", func(string) string {
		return "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: statements}\n" +
			"spec: {validations: [{expression: \"request.userInfo.username == 'system:serviceaccount:voute-system:voute-operator'\"}]}\n"
	})
	change(t, tree, "config/admission/kustomization.yaml", func(text string) string {
		return strings.Replace(text, "resources:\n", "resources:\n- statements.yaml\n", 1)
	})
	files := map[string][]byte{}
	for _, part := range []func(string, map[string][]byte) error{definitions, manifests} {
		if err := part(tree, files); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"templates/crd/sharing.voute.dev_statements.yaml": "  annotations:\n    helm.sh/resource-policy: keep\n    a: b\n  name: statements.sharing.voute.dev\nspec: {description: '{{ \"{{\" }} braces }}'}\n",
		"templates/admission.yaml":                        "'system:serviceaccount:{{ .Release.Namespace }}:voute-operator'",
	} {
		if got := string(files[chart+"/"+name]); !strings.Contains(got, want) {
			t.Errorf("%s does not have %q:\n%s", name, want, got)
		}
	}
}

func change(t *testing.T, tree, name string, edit func(string) string) {
	t.Helper()
	path := filepath.Join(tree, name)
	text, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(edit(string(text))), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestDefinitionsAreByteForByte: but for one line, and what keeps Helm from reading
// a brace as its own.
func TestDefinitionsAreByteForByte(t *testing.T) {
	files := map[string][]byte{}
	if err := definitions(source, files); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		base, err := read(source, bases, filepath.Base(name))
		if err != nil {
			t.Fatal(err)
		}
		text := string(content)
		text = text[strings.Index(text, "---\n"):strings.LastIndex(text, "{{- end }}")]
		text = strings.ReplaceAll(strings.Replace(text, keep, "", 1), `{{ "{{" }}`, "{{")
		if text != string(base) {
			t.Errorf("%s is another definition than %s", name, bases)
		}
	}
	if len(files) < 3 {
		t.Errorf("only %d definitions", len(files))
	}
}

func TestNamespaces(t *testing.T) {
	for text, want := range map[string]string{
		"namespace: voute-system\n":                       "namespace: {{ .Release.Namespace }}\n",
		"voute-system":                                    "{{ .Release.Namespace }}",
		"system:serviceaccount:voute-system:operator":     "system:serviceaccount:{{ .Release.Namespace }}:operator",
		"voute-system-two, my-voute-system, voute.system": "voute-system-two, my-voute-system, voute.system",
	} {
		if got := template([]byte(text)); got != want {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}

func TestMarksAreNeeded(t *testing.T) {
	if _, err := splice("a\n"+begin+"old\n", "new\n"); err == nil || !strings.Contains(err.Error(), "END platform") {
		t.Errorf("without the end: %v", err)
	}
	got, err := splice("a\n"+begin+"old\n"+end+"b\n", "new\n")
	if want := "a\n" + begin + "new\n" + end + "b\n"; err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := annotate([]byte("metadata:\n  name: x\n")); err == nil {
		t.Error("a definition without annotations is taken: nothing would keep it")
	}
}

// A comment says what a value is for, in one line; that of the file is no value's.
func TestComments(t *testing.T) {
	for comment, want := range map[string]string{
		"# The first\n# and the second.":  "The first and the second.",
		"# Of the file.\n\n# Of a value.": "Of a value.",
		"":                                "",
	} {
		if got := plain(comment); got != want {
			t.Errorf("%q is %q", comment, got)
		}
	}
}
