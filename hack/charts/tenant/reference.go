package tenant

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v3"
)

const introduction = `# Values of the chart sharing-tenant

<!-- Written from charts/sharing-tenant/values.yaml by: go -C hack/charts test ./tenant -update -->

%s How a platform team uses it: [clients.md](../clients.md).
`

// Reference is the page of a chart's values: what the comments of values.yaml
// say, with the types of the schema and the defaults.
func Reference(values, schema []byte) (string, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(values, &document); err != nil {
		return "", fmt.Errorf("values.yaml cannot be read: %w", err)
	}
	var types schemaNode
	if err := json.Unmarshal(schema, &types); err != nil {
		return "", fmt.Errorf("values.schema.json cannot be read: %w", err)
	}
	p := page{definitions: types.Definitions}
	fmt.Fprintf(&p.text, introduction, sentence(document.HeadComment))
	if err := p.sections(document.Content[0], types); err != nil {
		return "", err
	}
	return p.text.String(), nil
}

// schemaNode is what the page needs to know of a schema.
type schemaNode struct {
	Ref         string                `json:"$ref"`
	Type        any                   `json:"type"`
	Enum        []any                 `json:"enum"`
	Properties  map[string]schemaNode `json:"properties"`
	Definitions map[string]schemaNode `json:"definitions"`
}

type page struct {
	text        strings.Builder
	definitions map[string]schemaNode
}

// sections writes one for each value at the top.
func (p *page) sections(top *yaml.Node, types schemaNode) error {
	delete(types.Properties, "global") // Helm's own
	if err := allIn(top, "", types); err != nil {
		return err
	}
	for i := 0; i < len(top.Content); i += 2 {
		key, value := top.Content[i], top.Content[i+1]
		known, ok := types.Properties[key.Value]
		if !ok || key.HeadComment == "" {
			return fmt.Errorf("values.yaml, line %d: %s has no comment, or is not in values.schema.json: each value is in both", key.Line, key.Value)
		}
		fmt.Fprintf(&p.text, "\n## %s\n\n%s\n", key.Value, plain(key.HeadComment))
		if len(value.Content) == 0 {
			fmt.Fprintf(&p.text, "\n%s; by default %s.\n", p.describe(known), byDefault(value))
			continue
		}
		p.text.WriteString("\n| value | type | default | meaning |\n|---|---|---|---|\n")
		if err := p.rows(key.Value, value, p.resolve(known)); err != nil {
			return err
		}
	}
	return nil
}

// rows writes a line for each value below one at the top.
func (p *page) rows(path string, parent *yaml.Node, types schemaNode) error {
	if err := allIn(parent, path+".", types); err != nil {
		return err
	}
	for i := 0; i < len(parent.Content); i += 2 {
		key, value := parent.Content[i], parent.Content[i+1]
		full := path + "." + key.Value
		known, ok := types.Properties[key.Value]
		if !ok || key.HeadComment == "" {
			return fmt.Errorf("values.yaml, line %d: %s has no comment, or is not in values.schema.json: each value is in both", key.Line, full)
		}
		if len(value.Content) > 0 {
			fmt.Fprintf(&p.text, "| `%s` | | | %s |\n", full, sentence(key.HeadComment))
			if err := p.rows(full, value, p.resolve(known)); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(&p.text, "| `%s` | %s | %s | %s |\n", full, p.describe(known), byDefault(value), sentence(key.HeadComment))
	}
	return nil
}

// allIn: values.yaml shows every value that the schema knows.
func allIn(parent *yaml.Node, prefix string, types schemaNode) error {
	shown := map[string]bool{}
	for i := 0; i < len(parent.Content); i += 2 {
		shown[parent.Content[i].Value] = true
	}
	for _, name := range slices.Sorted(maps.Keys(types.Properties)) {
		if !shown[name] {
			return fmt.Errorf("values.schema.json: %s%s is not in values.yaml: each value is in both", prefix, name)
		}
	}
	return nil
}

func (p *page) resolve(node schemaNode) schemaNode {
	if name, ok := strings.CutPrefix(node.Ref, "#/definitions/"); ok {
		return p.definitions[name]
	}
	return node
}

// describe names the types that a value may have; that it may be left empty
// goes without saying.
func (p *page) describe(node schemaNode) string {
	node = p.resolve(node)
	options, several := node.Type.([]any)
	if !several {
		options = []any{node.Type}
	}
	if len(node.Enum) > 0 {
		options = node.Enum
	}
	var words []string
	for _, option := range options {
		if option == nil || option == "null" {
			continue
		}
		words = append(words, fmt.Sprint(option))
	}
	return strings.Join(words, " or ")
}

func byDefault(value *yaml.Node) string {
	switch {
	case value.Kind == yaml.ScalarNode && value.Value == "":
		return "empty"
	case value.Kind == yaml.ScalarNode:
		return "`" + value.Value + "`"
	default:
		return "none"
	}
}

// plain is a comment without its marks.
func plain(comment string) string {
	lines := strings.Split(comment, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(strings.TrimPrefix(line, "#"), " ")
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// sentence is a comment on one line, as a table has it.
func sentence(comment string) string {
	return strings.Join(strings.Fields(plain(comment)), " ")
}
