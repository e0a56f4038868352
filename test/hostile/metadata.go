package hostile

import (
	"fmt"
	"strings"
)

// Metadata is what the metadata of a document is tried with, whatever its kind.
// Own are labels, annotations and finalizers that mean something to the
// operator.
func Metadata(own map[string]string, finalizers []string) []Mutation {
	var all []Mutation
	add := func(name string, values ...any) {
		for _, value := range values {
			all = append(all, Mutation{Path: []any{"metadata", name}, Field: "metadata." + name, Value: value})
		}
	}
	for _, text := range texts {
		add("name", text)
	}
	for _, length := range []int{39, 40, 41, 62, 63, 64, 253, 254} {
		add("name", strings.Repeat("a", length))
	}
	for _, name := range []string{"labels", "annotations"} {
		add(name, entries(own)...)
	}
	add("annotations", map[string]any{"a": strings.Repeat("x", 200_000)}, map[string]any{"a": strings.Repeat("x", 300_000)})
	add("finalizers", []any{"example.org/other"}, []any{"none"}, []any{""}, []any{"a b/c"}, "example.org/other", crowdOf("example.org/f%d"))
	for _, finalizer := range finalizers {
		add("finalizers", []any{finalizer}, []any{finalizer, finalizer})
	}
	add("ownerReferences", owners()...)
	add("generateName", "a", "A_b", strings.Repeat("a", 300))
	add("generation", -1, int64(1)<<62)
	add("uid", "mine", "")
	add("creationTimestamp", nil, "1970-01-01T00:00:00Z", "yesterday")
	add("deletionTimestamp", "1970-01-01T00:00:00Z")
	add("deletionGracePeriodSeconds", -1)
	add("managedFields", []any{}, []any{map[string]any{"manager": "a"}}, []any{map[string]any{"manager": "voute-operator", "operation": "Apply", "fieldsType": "FieldsV1", "fieldsV1": map[string]any{"f:spec": map[string]any{}}}})
	add("selfLink", "/x")
	add("unknown", "x")
	return all
}

func entries(own map[string]string) []any {
	all := []any{
		nil, "x", []any{"x"}, map[string]any{"": "x"}, map[string]any{"a b": "x"}, map[string]any{"a": "a b\n"}, map[string]any{"a": 1},
		map[string]any{"a/b/c": "x"}, map[string]any{"kubernetes.io/x": "x"}, map[string]any{strings.Repeat("a", 64): "x"}, map[string]any{"a": "\u202E"},
	}
	for key, value := range own {
		all = append(all, map[string]any{key: value}, map[string]any{key: ""})
	}
	crowd := map[string]any{}
	for i := range many {
		crowd[fmt.Sprintf("example.org/key-%d", i)] = "value"
	}
	return append(all, crowd)
}

func crowdOf(format string) []any {
	crowd := make([]any, many)
	for i := range crowd {
		crowd[i] = fmt.Sprintf(format, i)
	}
	return crowd
}

func owners() []any {
	owner := func(kind, name, uid string, more ...any) map[string]any {
		reference := map[string]any{"apiVersion": "v1", "kind": kind, "name": name, "uid": uid}
		for i := 0; i+1 < len(more); i += 2 {
			reference[fmt.Sprint(more[i])] = more[i+1]
		}
		return reference
	}
	nobody := owner("ConfigMap", "nobody", "00000000-0000-0000-0000-000000000000")
	ruler := owner("Node", "a", "1", "controller", true, "blockOwnerDeletion", true)
	crowd := make([]any, many)
	for i := range crowd {
		crowd[i] = owner("ConfigMap", fmt.Sprintf("a%d", i), fmt.Sprint(i))
	}
	return []any{
		[]any{nobody}, []any{ruler}, []any{ruler, owner("Node", "b", "2", "controller", true)}, []any{owner("", "", "")}, []any{map[string]any{}}, "x", crowd,
	}
}
