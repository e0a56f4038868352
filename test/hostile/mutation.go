package hostile

import (
	"encoding/json"
	"fmt"
)

// Mutation is one value at one place of a document.
type Mutation struct {
	// Path is where, and Field the same as a person writes it.
	Path  []any
	Field string
	// Value is what is put there.
	Value any
}

// String says what it puts where, in short.
func (m Mutation) String() string {
	text := fmt.Sprintf("%q", m.Value)
	switch value := m.Value.(type) {
	case missing:
		text = "left out"
	case json.RawMessage:
		text = fmt.Sprintf("%q", []byte(value))
	default:
		if written, err := json.Marshal(value); err == nil {
			text = string(written)
		}
	}
	if len(text) > 60 {
		text = fmt.Sprintf("%s… (%d bytes)", text[:60], len(text))
	}
	return m.Field + " = " + text
}

// Text is the value where it is a text, for those who look for it in a message.
func (m Mutation) Text() string {
	text, _ := m.Value.(string)
	return text
}

// Around is the field that the place lies in: who leaves out the last field of
// an object is told of the object.
func (m Mutation) Around() string { return write(m.Path[:len(m.Path)-1]) }

// Mutations are all that a kind is tried with, one by one: for each field of
// it, and for its metadata. Document is a good one that has every field.
func (k *Kind) Mutations(document map[string]any) []Mutation {
	var all []Mutation
	for _, field := range k.Fields {
		present, found := find(document, field.Path)
		if !found {
			continue
		}
		for _, value := range field.schema.values(present) {
			all = append(all, Mutation{Path: field.Path, Field: field.String(), Value: value})
		}
	}
	return all
}

// Has says whether a document has a field, so that mutations of it are tried.
func (f Field) Has(document map[string]any) bool {
	_, found := find(document, f.Path)
	return found
}

func find(value any, path []any) (any, bool) {
	for _, step := range path {
		switch at := step.(type) {
		case string:
			within, _ := value.(map[string]any)
			next, found := within[at]
			if !found {
				return nil, false
			}
			value = next
		case int:
			within, _ := value.([]any)
			if at >= len(within) {
				return nil, false
			}
			value = within[at]
		}
	}
	return value, true
}

// Apply puts mutations into a copy of a document, in their order: one below a
// place that another has replaced by something else has no effect.
func Apply(document map[string]any, mutations ...Mutation) map[string]any {
	var whole any = document
	for _, each := range mutations {
		whole = put(whole, each.Path, each.Value)
	}
	changed, _ := whole.(map[string]any)
	return changed
}

// put copies what it changes, and what it does not change it shares.
func put(value any, path []any, to any) any {
	if len(path) == 0 {
		return to
	}
	switch at := path[0].(type) {
	case string:
		within, isMap := value.(map[string]any)
		if !isMap && value != nil {
			return value
		}
		return putField(within, at, path[1:], to)
	case int:
		within, isList := value.([]any)
		if !isList || at >= len(within) {
			return value
		}
		return putItem(within, at, path[1:], to)
	}
	return value
}

func putField(within map[string]any, name string, path []any, to any) any {
	changed := map[string]any{}
	for key, value := range within {
		changed[key] = value
	}
	if _, leave := to.(missing); leave && len(path) == 0 {
		delete(changed, name)
		return changed
	}
	changed[name] = put(changed[name], path, to)
	return changed
}

func putItem(within []any, at int, path []any, to any) any {
	changed := make([]any, 0, len(within))
	for i, item := range within {
		if i != at {
			changed = append(changed, item)
			continue
		}
		if _, leave := to.(missing); leave && len(path) == 0 {
			continue
		}
		changed = append(changed, put(item, path, to))
	}
	return changed
}
