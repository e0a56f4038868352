package hostile

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"voute.dev/voute/api/v1alpha1"
)

var kinds = map[string]any{
	"../../config/crd/bases/sharing.voute.dev_sharingtenants.yaml":    v1alpha1.SharingTenantSpec{},
	"../../config/crd/bases/sharing.voute.dev_pilots.yaml":            v1alpha1.PilotSpec{},
	"../../config/crd/bases/sharing.voute.dev_retentionpolicies.yaml": v1alpha1.RetentionPolicySpec{},
	"../../config/crd/bases/sharing.voute.dev_interventions.yaml":     v1alpha1.InterventionSpec{},
}

// TestEveryFieldIsTried: a field that somebody adds to a type is found here,
// and fails until the good documents have it and values follow from it.
func TestEveryFieldIsTried(t *testing.T) {
	for file, spec := range kinds {
		kind, err := Read(file)
		if err != nil {
			t.Fatal(err)
		}
		tried, err := tries(kind)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		fieldsOf(reflect.TypeOf(spec), "spec", &want)
		for _, field := range want {
			if tried[field] < len(wrongTypes) {
				t.Errorf("%s: %s is tried with %d values: give the good documents in documents.go that field", kind.Name, field, tried[field])
			}
		}
		if extra := len(tried) - len(want); extra > 0 {
			t.Errorf("%s: %d fields are tried that the type does not have", kind.Name, extra)
		}
	}
}

func tries(kind *Kind) (map[string]int, error) {
	documents, err := kind.Documents()
	tried := map[string]int{}
	for _, document := range documents {
		for _, mutation := range kind.Mutations(document) {
			tried[mutation.Field]++
		}
	}
	return tried, err
}

// fieldsOf lists a type's fields by the names that JSON gives them.
func fieldsOf(kind reflect.Type, path string, all *[]string) {
	*all = append(*all, path)
	switch kind.Kind() {
	case reflect.Pointer:
		*all = (*all)[:len(*all)-1]
		fieldsOf(kind.Elem(), path, all)
	case reflect.Slice:
		fieldsOf(kind.Elem(), path+"[0]", all)
	case reflect.Struct:
		for i := range kind.NumField() {
			name, _, _ := strings.Cut(kind.Field(i).Tag.Get("json"), ",")
			fieldsOf(kind.Field(i).Type, path+"."+name, all)
		}
	}
}

func TestApply(t *testing.T) {
	document := map[string]any{"spec": map[string]any{"list": []any{map[string]any{"a": "x"}, "y"}, "b": 1}}
	at := func(value any, path ...any) Mutation { return Mutation{Path: path, Value: value} }
	for want, mutations := range map[string][]Mutation{
		`{"spec":{"b":1,"list":[{"a":"x"},"y"]}}`: nil,
		`{"spec":{"b":2,"list":[{"a":"x"},"y"]}}`: {at(2, "spec", "b")},
		`{"spec":{"list":[{},"y"]}}`:              {at(missing{}, "spec", "b"), at(missing{}, "spec", "list", 0, "a")},
		`{"spec":{"b":1,"list":["y"]}}`:           {at(missing{}, "spec", "list", 0)},
		`{}`:                                      {at(missing{}, "spec")},
		`{"spec":null}`:                           {at(nil, "spec")},
		`{"spec":7}`:                              {at(7, "spec"), at("x", "spec", "b")},
		`{"m":{"n":"x"},"spec":{"b":1,"list":["a","y"]}}`:            {at("x", "m", "n"), at("a", "spec", "list", 0)},
		"{\"spec\":{\"b\":\"\xff\",\"list\":[{\"a\":\"x\"},\"y\"]}}": {at(json.RawMessage("\"\xff\""), "spec", "b")},
	} {
		got, err := json.Marshal(Apply(document, mutations...))
		if err != nil || string(got) != want {
			t.Errorf("%v: %q, %v; want %q", mutations, got, err, want)
		}
	}
	if text, _ := json.Marshal(document); !strings.Contains(string(text), `"b":1`) {
		t.Errorf("the document itself has changed: %s", text)
	}
}

// TestValuesReachTheBounds: a bound and what lies beyond it are tried.
func TestValuesReachTheBounds(t *testing.T) {
	kind, err := Read("../../config/crd/bases/sharing.voute.dev_sharingtenants.yaml")
	if err != nil {
		t.Fatal(err)
	}
	documents, err := kind.Documents()
	if err != nil {
		t.Fatal(err)
	}
	var lengths, sizes []int
	var numbers []int64
	for _, mutation := range kind.Mutations(documents[0]) {
		switch value := mutation.Value.(type) {
		case string:
			if mutation.Field == "spec.organization.nameFr" {
				lengths = append(lengths, len(value))
			}
		case int64:
			if mutation.Field == "spec.environments[0].storage.allocatedGB" {
				numbers = append(numbers, value)
			}
		case []any:
			if mutation.Field == "spec.environments" {
				sizes = append(sizes, len(value))
			}
		}
	}
	if !slices.Contains(lengths, 120) || !slices.Contains(lengths, 121) || !slices.Contains(numbers, 100_000) || !slices.Contains(numbers, 100_001) || !slices.Contains(sizes, many) {
		t.Errorf("lengths %v, numbers %v, sizes %v", lengths, numbers, sizes)
	}
}
