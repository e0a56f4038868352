package tenant

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
)

// kind judges objects of one kind as the API server does when one is created.
type kind struct {
	structural *schema.Structural
	validator  validation.SchemaValidator
	rules      *cel.Validator
}

// loadKinds reads the definitions that the operator is installed with.
func loadKinds(t testing.TB) map[string]*kind {
	t.Helper()
	files, err := filepath.Glob(root + "/config/crd/bases/*.yaml")
	if err != nil || len(files) < 3 {
		t.Fatalf("the kinds' definitions are not in config/crd/bases: %v, %v", files, err)
	}
	kinds := map[string]*kind{}
	for _, file := range files {
		definition := parse[apiextensionsv1.CustomResourceDefinition](t, read(t, file))
		kinds[definition.Spec.Names.Kind] = newKind(t, definition.Spec.Versions[0].Schema.OpenAPIV3Schema)
	}
	return kinds
}

func newKind(t testing.TB, v1 *apiextensionsv1.JSONSchemaProps) *kind {
	t.Helper()
	var internal apiextensions.JSONSchemaProps
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(v1, &internal, nil); err != nil {
		t.Fatal(err)
	}
	structural, err := schema.NewStructural(&internal)
	if err != nil {
		t.Fatal(err)
	}
	validator, _, err := validation.NewSchemaValidator(&internal)
	if err != nil {
		t.Fatal(err)
	}
	return &kind{structural: structural, validator: validator, rules: cel.NewValidator(structural, true, celconfig.PerCallLimit)}
}

// refuse says why the API server would; nil when it would not.
func (k *kind) refuse(object map[string]any) error {
	object = (&unstructured.Unstructured{Object: object}).DeepCopy().Object
	if unknown := pruning.PruneWithOptions(object, k.structural, true, schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}); len(unknown) > 0 {
		return fmt.Errorf("unknown fields %s", strings.Join(unknown, ", "))
	}
	defaulting.Default(object, k.structural)
	errs := validation.ValidateCustomResource(nil, object, k.validator)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, k.structural, object)...)
	if len(errs) == 0 {
		// With other errors the API server leaves the rules for later, too.
		var more field.ErrorList
		more, _ = k.rules.Validate(context.Background(), nil, k.structural, object, nil, celconfig.RuntimeCELCostBudget)
		errs = append(errs, more...)
	}
	return errs.ToAggregate()
}

// refuseAny says why the API server would refuse one of a release's objects.
func refuseAny(kinds map[string]*kind, objects []map[string]any) error {
	for _, object := range objects {
		k, ours := kinds[object["kind"].(string)]
		if !ours {
			continue
		}
		if err := k.refuse(object); err != nil {
			return fmt.Errorf("%s: %w", object["kind"], err)
		}
	}
	return nil
}

func TestKindsTakeWhatIsRendered(t *testing.T) {
	kinds := loadKinds(t)
	for name := range cases {
		if _, all := mustRender(t, name); refuseAny(kinds, all) != nil {
			t.Errorf("%s: %v", name, refuseAny(kinds, all))
		}
	}
}

// TestKindsJudge: the judge itself refuses what schema, sets and rules refuse.
func TestKindsJudge(t *testing.T) {
	kinds := loadKinds(t)
	for what, edit := range map[string]func(spec map[string]any){
		"storage.allocatedGB is at least 20": func(spec map[string]any) { environment(spec)["storage"] = map[string]any{"allocatedGB": int64(19)} },
		"unknown fields spec.colour":         func(spec map[string]any) { spec["colour"] = "blue" },
		"Required value":                     func(spec map[string]any) { delete(spec, "retentionPolicyRef") },
		"Duplicate value":                    func(spec map[string]any) { spec["environments"] = []any{environment(spec), environment(spec)} },
		"Unsupported value":                  func(spec map[string]any) { spec["deletionPolicy"] = "Forget" },
	} {
		_, all := mustRender(t, "smallest")
		for _, object := range all {
			if object["kind"] == "SharingTenant" {
				edit(object["spec"].(map[string]any))
			}
		}
		if err := refuseAny(kinds, all); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("it says %v; want %q", err, what)
		}
	}
}

func environment(spec map[string]any) map[string]any {
	return spec["environments"].([]any)[0].(map[string]any)
}
