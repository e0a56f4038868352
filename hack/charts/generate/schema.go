package generate

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"golang.org/x/tools/go/packages"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/controller-tools/pkg/crd"
	"sigs.k8s.io/controller-tools/pkg/loader"
	"sigs.k8s.io/controller-tools/pkg/markers"
	yamlofjson "sigs.k8s.io/yaml"
)

// dialect is the one of JSON Schema in which the file is written.
const dialect = "http://json-schema.org/draft-07/schema#"

//go:embed constraints.yaml
var constraints []byte

type object = map[string]any

// schema says what values.yaml may hold: what it holds now, with the types that
// its defaults have, and the platform configuration as its Go type has it.
func schema(source string, files map[string][]byte) error {
	root, err := document(files[chart+"/values.yaml"])
	if err != nil {
		return err
	}
	narrow := map[string]object{}
	if err := yamlofjson.UnmarshalStrict(constraints, &narrow); err != nil {
		return fmt.Errorf("constraints.yaml: %w", err)
	}
	all := inferred(root, "", narrow)
	if len(narrow) > 0 {
		return fmt.Errorf("constraints.yaml names values that are not in values.yaml: %v", slices.Sorted(maps.Keys(narrow)))
	}
	platform, err := platformSchema(source)
	if err != nil {
		return err
	}
	properties := all["properties"].(object)
	properties["platform"] = platform
	properties["global"] = object{"type": "object", "description": "Helm's own, for all charts of a release; not used here."}
	all["$schema"] = dialect
	text, err := json.MarshalIndent(all, "", "  ")
	files[chart+"/values.schema.json"] = append(text, '\n')
	return err
}

// document is the mapping that a YAML file holds, with its comments.
func document(text []byte) (*yaml.Node, error) {
	var file yaml.Node
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("values.yaml: %w", err)
	}
	if len(file.Content) != 1 || file.Content[0].Kind != yaml.MappingNode {
		return nil, errors.New("values.yaml holds no fields")
	}
	return file.Content[0], nil
}

// inferred is the schema of a value whose default is given. What is written in
// constraints narrows it, and is taken out of them.
func inferred(value *yaml.Node, path string, narrow map[string]object) object {
	made := object{}
	switch {
	case value.Kind == yaml.SequenceNode:
		made["type"] = "array"
	case value.Kind == yaml.MappingNode && len(value.Content) == 0:
		made["type"] = "object"
	case value.Kind == yaml.MappingNode:
		made["type"], made["additionalProperties"] = "object", false
		made["properties"] = properties(value, path, narrow)
	default:
		made["type"] = map[string]string{"!!str": "string", "!!int": "integer", "!!bool": "boolean"}[value.Tag]
	}
	maps.Copy(made, narrow[path])
	delete(narrow, path)
	return made
}

func properties(mapping *yaml.Node, path string, narrow map[string]object) object {
	all := object{}
	for i := 0; i < len(mapping.Content); i += 2 {
		key, value := mapping.Content[i], mapping.Content[i+1]
		if path == "" && key.Value == "platform" {
			continue // its Go type says more
		}
		one := inferred(value, strings.TrimPrefix(path+"."+key.Value, "."), narrow)
		if said := plain(key.HeadComment); said != "" {
			one["description"] = said
		}
		all[key.Value] = one
	}
	return all
}

// plain is a comment as one line of text. A comment that begins the file speaks
// of all of it, and ends with an empty line.
func plain(comment string) string {
	_, own, found := strings.Cut(comment, "\n\n")
	if !found {
		own = comment
	}
	var words []string
	for line := range strings.Lines(own) {
		words = append(words, strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "#")))
	}
	return strings.TrimSpace(strings.Join(words, " "))
}

// platformSchema is made as the kinds' are, from the type and its comments.
func platformSchema(source string) (object, error) {
	found, err := loader.LoadRootsWithConfig(&packages.Config{Dir: source}, "./api/config/v1alpha1")
	if err != nil {
		return nil, fmt.Errorf("load the platform configuration's types: %w", err)
	}
	registry := &markers.Registry{}
	if err := (crd.Generator{}).RegisterMarkers(registry); err != nil {
		return nil, err
	}
	parser := &crd.Parser{
		Collector: &markers.Collector{Registry: registry},
		Checker:   &loader.TypeChecker{NodeFilters: []loader.NodeFilter{(crd.Generator{}).CheckFilter()}},
	}
	crd.AddKnownTypes(parser)
	parser.NeedPackage(found[0])
	identity := crd.TypeIdent{Package: found[0], Name: "PlatformConfiguration"}
	parser.NeedFlattenedSchemaFor(identity)
	if loader.PrintErrors(found, packages.TypeError) { // types that no field has are not loaded
		return nil, errors.New("the platform configuration's types cannot be read: see above")
	}
	made := jsonSchema(parser.FlattenedSchemata[identity])
	fields := made["properties"].(object)
	fields["apiVersion"] = object{"const": "config.sharing.voute.dev/v1alpha1"}
	fields["kind"] = object{"const": "PlatformConfiguration"}
	made["description"] = "The platform configuration file, in its own words: docs/reference/configuration.md."
	return made, nil
}

// matches is a rule of CEL that JSON Schema has a word for.
var matches = regexp.MustCompile(`^self\.matches\(r"(.*)"\)$`)

// jsonSchema leaves out what only Kubernetes understands, and refuses fields that
// do not exist.
func jsonSchema(from apiextensionsv1.JSONSchemaProps) object {
	made := object{}
	set := func(key string, value any, given bool) {
		if given {
			made[key] = value
		}
	}
	set("type", from.Type, from.Type != "" && !from.XIntOrString)
	set("type", []string{"integer", "string"}, from.XIntOrString)
	set("description", strings.Join(strings.Fields(from.Description), " "), from.Description != "")
	set("enum", from.Enum, len(from.Enum) > 0)
	set("pattern", from.Pattern, from.Pattern != "")
	set("minimum", from.Minimum, from.Minimum != nil)
	set("maximum", from.Maximum, from.Maximum != nil)
	set("minLength", from.MinLength, from.MinLength != nil)
	set("maxLength", from.MaxLength, from.MaxLength != nil)
	set("minItems", from.MinItems, from.MinItems != nil)
	set("required", from.Required, len(from.Required) > 0)
	for _, rule := range from.XValidations {
		if pattern := matches.FindStringSubmatch(rule.Rule); pattern != nil {
			made["pattern"] = pattern[1]
		}
	}
	if from.Items != nil && from.Items.Schema != nil {
		made["items"] = jsonSchema(*from.Items.Schema)
	}
	within(from, made)
	return made
}

func within(from apiextensionsv1.JSONSchemaProps, made object) {
	if from.AdditionalProperties != nil && from.AdditionalProperties.Schema != nil {
		made["additionalProperties"] = jsonSchema(*from.AdditionalProperties.Schema)
	}
	if len(from.Properties) == 0 {
		return
	}
	fields := object{}
	for name, field := range from.Properties {
		fields[name] = jsonSchema(field)
	}
	made["properties"], made["additionalProperties"] = fields, false
}
