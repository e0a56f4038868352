package generate

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	yamlofjson "sigs.k8s.io/yaml"
)

const pages = "docs/reference/"

// reference writes the pages that list every field there is.
func reference(source string, files map[string][]byte) error {
	return errors.Join(valuesPage(files), configurationPage(files), kindsPage(source, files))
}

func header(title, origin string) *strings.Builder {
	page := &strings.Builder{}
	fmt.Fprintf(page, "<!-- Written by `make generate` from %s. -->\n\n# %s\n", origin, title)
	return page
}

func valuesPage(files map[string][]byte) error {
	root, err := document(files[chart+"/values.yaml"])
	if err != nil {
		return err
	}
	page := header("Values of the chart voute-operator", "charts/voute-operator/values.yaml")
	page.WriteString("\nA value that does not exist, or has another type, is refused when the chart is rendered (`values.schema.json`). How the chart is\n" +
		"installed is in [install.md](../install.md).\n\n| value | default | what it is |\n|---|---|---|\n")
	describe(page, root, "")
	page.WriteString("| `platform` | as `config/default/platform.yaml` | the platform configuration file, in its own words: [configuration.md](configuration.md) |\n")
	files[pages+"values-voute-operator.md"] = []byte(page.String())
	return nil
}

// describe writes a row for each value, the parts of one after what is said of
// the whole.
func describe(page *strings.Builder, mapping *yaml.Node, prefix string) {
	for i := 0; i < len(mapping.Content); i += 2 {
		key, value := mapping.Content[i], mapping.Content[i+1]
		name, said := strings.TrimPrefix(prefix+"."+key.Value, "."), plain(key.HeadComment)
		switch {
		case name == "platform":
		case value.Kind == yaml.MappingNode && len(value.Content) > 0:
			if said != "" {
				row(page, name, "", said)
			}
			describe(page, value, name)
		default:
			row(page, name, literal(value), said)
		}
	}
}

func row(page *strings.Builder, name, middle, said string) {
	if middle != "" {
		middle = "`" + middle + "`"
	}
	fmt.Fprintf(page, "| `%s` | %s | %s |\n", name, middle, strings.ReplaceAll(said, "|", `\|`))
}

// literal is a default as one would write it on one line.
func literal(value *yaml.Node) string {
	var plain any
	if err := value.Decode(&plain); err != nil {
		return value.Value
	}
	text, err := json.Marshal(plain)
	if err != nil {
		return value.Value
	}
	return string(text)
}

func configurationPage(files map[string][]byte) error {
	var all struct {
		Properties struct {
			Platform apiextensionsv1.JSONSchemaProps `json:"platform"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(simple(files[chart+"/values.schema.json"]), &all); err != nil {
		return err
	}
	page := header("The platform configuration", "api/config/v1alpha1")
	page.WriteString("\nThe file that the operator reads (`config/default/platform.yaml`, or the value `platform` of the chart). A field that is left out has\n" +
		"the default that is named; one that cannot be is refused with its line.\n\n| field | type | what it is |\n|---|---|---|\n")
	fields(page, all.Properties.Platform, "")
	files[pages+"configuration.md"] = []byte(page.String())
	return nil
}

// simple writes the types of quantities as the kinds have them, so that both
// schemas are read in the same way.
func simple(schema []byte) []byte {
	var root any
	if json.Unmarshal(schema, &root) != nil {
		return schema
	}
	text, err := json.Marshal(simplified(root))
	if err != nil {
		return schema
	}
	return text
}

func simplified(value any) any {
	switch within := value.(type) {
	case map[string]any:
		if _, isSeveral := within["type"].([]any); isSeveral {
			within["type"] = "quantity"
		}
		for key, inner := range within {
			within[key] = simplified(inner)
		}
	case []any:
		for i, inner := range within {
			within[i] = simplified(inner)
		}
	}
	return value
}

func kindsPage(source string, files map[string][]byte) error {
	page := header("The kinds", bases)
	page.WriteString("\nAll are namespaced and of the group `sharing.voute.dev`. `kubectl explain` tells the same on a cluster.\n")
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if path.Dir(name) != chart+"/templates/crd" {
			continue
		}
		text, err := read(source, bases, path.Base(name))
		if err != nil {
			return err
		}
		kind := apiextensionsv1.CustomResourceDefinition{}
		if err := yamlofjson.UnmarshalStrict(text, &kind); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		describeKind(page, &kind)
	}
	files[pages+"kinds.md"] = []byte(page.String())
	return nil
}

func describeKind(page *strings.Builder, kind *apiextensionsv1.CustomResourceDefinition) {
	names := kind.Spec.Names
	version := kind.Spec.Versions[len(kind.Spec.Versions)-1]
	whole := version.Schema.OpenAPIV3Schema
	fmt.Fprintf(page, "\n## %s\n\n%s\n\nShort name `%s`, version `%s`.\n", names.Kind, oneLine(whole.Description), strings.Join(names.ShortNames, "`, `"), version.Name)
	for _, part := range slices.Sorted(maps.Keys(whole.Properties)) {
		field := whole.Properties[part]
		if part == "apiVersion" || part == "kind" || part == "metadata" {
			continue // as with every kind
		}
		fmt.Fprintf(page, "\n| %s of %s | type | what it is |\n|---|---|---|\n", part, names.Kind)
		if len(field.Properties) == 0 {
			row(page, part, field.Type, oneLine(field.Description))
		}
		fields(page, field, part)
	}
}

// fields writes a row for each field below one, in the order of their names.
func fields(page *strings.Builder, parent apiextensionsv1.JSONSchemaProps, prefix string) {
	for _, key := range slices.Sorted(maps.Keys(parent.Properties)) {
		field := parent.Properties[key]
		name := strings.TrimPrefix(prefix+"."+key, ".")
		said := oneLine(field.Description)
		if slices.Contains(parent.Required, key) {
			said = strings.TrimSpace("**Required.** " + said)
		}
		kind, below := typeOf(field)
		row(page, name, kind, said)
		if key == "conditions" {
			continue // Kubernetes' own type
		}
		if below != nil {
			fields(page, *below, name+strings.Repeat("[]", strings.Count(kind, "[]")))
		}
	}
}

// typeOf names a field's type, and says which schema has the fields below it.
func typeOf(field apiextensionsv1.JSONSchemaProps) (name string, below *apiextensionsv1.JSONSchemaProps) {
	switch {
	case field.Items != nil && field.Items.Schema != nil:
		name, below = typeOf(*field.Items.Schema)
		return "[]" + name, below
	case field.AdditionalProperties != nil && field.AdditionalProperties.Schema != nil:
		name, _ = typeOf(*field.AdditionalProperties.Schema)
		return "map of " + name, nil
	case field.XIntOrString:
		return "quantity", nil
	case len(field.Enum) > 0:
		var words []string
		for _, one := range field.Enum {
			words = append(words, strings.Trim(string(one.Raw), `"`))
		}
		return strings.Join(slices.DeleteFunc(words, func(word string) bool { return word == "" }), ", "), nil
	case len(field.Properties) > 0:
		return "object", &field
	}
	return field.Type, nil
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
