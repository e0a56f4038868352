package memoryapi

import (
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/client-go/applyconfigurations"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// managers keep account of who owns which field, by subresource ("" or status).
type managers map[string]*managedfields.FieldManager

// builtInTypes knows which lists of built-in kinds are maps or sets.
var builtInTypes = sync.OnceValue(func() managedfields.TypeConverter {
	return applyconfigurations.NewTypeConverter(clientgoscheme.Scheme)
})

func newManagers(k *kind) (managers, error) {
	types, newManager := builtInTypes(), managedfields.NewDefaultFieldManager
	if k.custom {
		types, newManager = managedfields.NewDeducedTypeConverter(), managedfields.NewDefaultCRDFieldManager
	}
	version := fieldpath.APIVersion(k.gvk.GroupVersion().String())
	ignored := map[string]*fieldpath.Set{
		"":       fieldpath.NewSet(fieldpath.MakePathOrDie("status")),
		"status": fieldpath.NewSet(fieldpath.MakePathOrDie("spec"), fieldpath.MakePathOrDie("metadata")),
	}
	made := managers{}
	for subresource, set := range ignored {
		if !k.hasStatus {
			set = fieldpath.NewSet()
		}
		filters := map[fieldpath.APIVersion]fieldpath.Filter{version: fieldpath.NewExcludeSetFilter(set)}
		manager, err := newManager(types, sameVersion{}, noDefaults{}, empty{}, k.gvk, k.gvk.GroupVersion(), subresource, filters)
		if err != nil {
			return nil, err
		}
		made[subresource] = manager
	}
	return made, nil
}

// sameVersion converts between the versions of a kind, of which there is one.
type sameVersion struct{}

func (sameVersion) Convert(any, any, any) error { return nil }

func (sameVersion) ConvertToVersion(in runtime.Object, _ runtime.GroupVersioner) (runtime.Object, error) {
	return in, nil
}

func (sameVersion) ConvertFieldLabel(_ schema.GroupVersionKind, label, value string) (string, string, error) {
	return label, value, nil
}

// noDefaults: they are filled in afterwards, so that nobody owns them.
type noDefaults struct{}

func (noDefaults) Default(runtime.Object) {}

type empty struct{}

func (empty) New(gvk schema.GroupVersionKind) (runtime.Object, error) { return newObject(gvk), nil }

func newObject(gvk schema.GroupVersionKind) *unstructured.Unstructured {
	object := &unstructured.Unstructured{Object: map[string]any{}}
	object.SetGroupVersionKind(gvk)
	return object
}
