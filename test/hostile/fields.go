package hostile

import (
	"fmt"
	"maps"
	"os"
	"slices"

	"sigs.k8s.io/yaml"
)

// schema is the part of an OpenAPI schema that values follow from.
type schema struct {
	Type       string            `json:"type"`
	Properties map[string]schema `json:"properties"`
	Items      *schema           `json:"items"`
	Enum       []any             `json:"enum"`
	MaxLength  *int              `json:"maxLength"`
	MaxItems   *int              `json:"maxItems"`
	Minimum    *int64            `json:"minimum"`
	Maximum    *int64            `json:"maximum"`
}

// Field is one field of a kind. Its path has numbers for the items of lists.
type Field struct {
	Path []any

	schema schema
}

// String is the path as a person writes it: spec.environments[0].host.
func (f Field) String() string { return write(f.Path) }

// Kind is a kind and its fields below spec, in their order.
type Kind struct {
	Name   string
	Plural string
	Fields []Field
}

type definition struct {
	Spec struct {
		Names struct {
			Kind   string `json:"kind"`
			Plural string `json:"plural"`
		} `json:"names"`
		Versions []struct {
			Schema struct {
				OpenAPI schema `json:"openAPIV3Schema"`
			} `json:"schema"`
		} `json:"versions"`
	} `json:"spec"`
}

// Read reads the kind of a CRD's file.
func Read(file string) (*Kind, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var crd definition
	if err := yaml.Unmarshal(data, &crd); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(crd.Spec.Versions) != 1 {
		return nil, fmt.Errorf("%s has %d versions: say which one is to be tried", file, len(crd.Spec.Versions))
	}
	kind := &Kind{Name: crd.Spec.Names.Kind, Plural: crd.Spec.Names.Plural}
	kind.walk(Field{Path: []any{"spec"}, schema: crd.Spec.Versions[0].Schema.OpenAPI.Properties["spec"]})
	return kind, nil
}

func (k *Kind) walk(field Field) {
	k.Fields = append(k.Fields, field)
	for _, name := range slices.Sorted(maps.Keys(field.schema.Properties)) {
		k.walk(Field{Path: below(field.Path, name), schema: field.schema.Properties[name]})
	}
	if field.schema.Items != nil {
		k.walk(Field{Path: below(field.Path, 0), schema: *field.schema.Items})
	}
}

func below(path []any, step any) []any { return append(slices.Clone(path), step) }

func write(path []any) string {
	text := ""
	for _, step := range path {
		switch step := step.(type) {
		case int:
			text += fmt.Sprintf("[%d]", step)
		case string:
			if text != "" {
				text += "."
			}
			text += step
		}
	}
	return text
}

// IsLeaf says that it has a value of its own, and no fields below it.
func (f Field) IsLeaf() bool { return len(f.schema.Properties) == 0 && f.schema.Items == nil }
