package memoryapi

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

// Model is what is known of the kinds. It can serve many APIs.
type Model struct {
	scheme *runtime.Scheme
	custom map[schema.GroupKind]crd

	lock  sync.Mutex
	kinds map[schema.GroupVersionKind]*kind
}

// kind is one kind of object.
type kind struct {
	gvk      schema.GroupVersionKind
	resource schema.GroupResource
	// clustered: its objects are in no namespace.
	clustered bool
	// custom: it comes from a CustomResourceDefinition.
	custom bool
	// hasStatus: a status is written apart from the rest.
	hasStatus bool
	// counted: its objects have a generation.
	counted bool
	// defaults fills in what a new or changed object lacks.
	defaults func(object map[string]any)
	// finalizers are put on every new object.
	finalizers []string
	owners     managers
}

// crd is what is read of a CustomResourceDefinition.
type crd struct {
	Spec struct {
		Group string `json:"group"`
		Scope string `json:"scope"`
		Names struct {
			Kind   string `json:"kind"`
			Plural string `json:"plural"`
		} `json:"names"`
		Versions []struct {
			Name   string `json:"name"`
			Schema struct {
				OpenAPIV3Schema structure `json:"openAPIV3Schema"`
			} `json:"schema"`
			Subresources struct {
				Status *struct{} `json:"status"`
			} `json:"subresources"`
		} `json:"versions"`
	} `json:"spec"`
}

// NewModel knows the kinds of the scheme; those that are not built into
// Kubernetes are read from folders of CustomResourceDefinitions.
func NewModel(scheme *runtime.Scheme, folders ...string) (*Model, error) {
	m := &Model{scheme: scheme, custom: map[schema.GroupKind]crd{}, kinds: map[schema.GroupVersionKind]*kind{}}
	for _, folder := range folders {
		files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			if err := m.load(file); err != nil {
				return nil, fmt.Errorf("read the CustomResourceDefinition %s: %w", file, err)
			}
		}
	}
	return m, nil
}

func (m *Model) load(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var definition crd
	if err := yaml.Unmarshal(text, &definition); err != nil {
		return err
	}
	m.custom[schema.GroupKind{Group: definition.Spec.Group, Kind: definition.Spec.Names.Kind}] = definition
	return nil
}

// builtIn are the kinds of Kubernetes that the operator or its tests write.
var builtIn = map[schema.GroupVersionKind]kind{
	corev1.SchemeGroupVersion.WithKind("Namespace"):             {resource: schema.GroupResource{Resource: "namespaces"}, clustered: true},
	corev1.SchemeGroupVersion.WithKind("ConfigMap"):             {resource: schema.GroupResource{Resource: "configmaps"}},
	corev1.SchemeGroupVersion.WithKind("Secret"):                {resource: schema.GroupResource{Resource: "secrets"}},
	corev1.SchemeGroupVersion.WithKind("ServiceAccount"):        {resource: schema.GroupResource{Resource: "serviceaccounts"}},
	corev1.SchemeGroupVersion.WithKind("Service"):               {resource: schema.GroupResource{Resource: "services"}, hasStatus: true},
	corev1.SchemeGroupVersion.WithKind("Pod"):                   {resource: schema.GroupResource{Resource: "pods"}, hasStatus: true},
	corev1.SchemeGroupVersion.WithKind("PersistentVolumeClaim"): {resource: schema.GroupResource{Resource: "persistentvolumeclaims"}, hasStatus: true, finalizers: []string{"kubernetes.io/pvc-protection"}},
	appsv1.SchemeGroupVersion.WithKind("Deployment"):            {resource: schema.GroupResource{Group: "apps", Resource: "deployments"}, hasStatus: true, counted: true},
	appsv1.SchemeGroupVersion.WithKind("ControllerRevision"):    {resource: schema.GroupResource{Group: "apps", Resource: "controllerrevisions"}},
	networkingv1.SchemeGroupVersion.WithKind("NetworkPolicy"):   {resource: schema.GroupResource{Group: "networking.k8s.io", Resource: "networkpolicies"}, counted: true},
	storagev1.SchemeGroupVersion.WithKind("StorageClass"):       {resource: schema.GroupResource{Group: "storage.k8s.io", Resource: "storageclasses"}, clustered: true},
}

func (m *Model) kind(gvk schema.GroupVersionKind) (*kind, error) {
	m.lock.Lock()
	defer m.lock.Unlock()
	if known := m.kinds[gvk]; known != nil {
		return known, nil
	}
	known, err := m.describe(gvk)
	if err != nil {
		return nil, err
	}
	if known.owners, err = newManagers(known); err != nil {
		return nil, fmt.Errorf("own the fields of %s: %w", gvk.Kind, err)
	}
	m.kinds[gvk] = known
	return known, nil
}

func (m *Model) describe(gvk schema.GroupVersionKind) (*kind, error) {
	if known, found := builtIn[gvk]; found {
		known.gvk = gvk
		known.defaults = func(object map[string]any) { fill(object, builtInDefaults[gvk.Kind]) }
		return &known, nil
	}
	definition, found := m.custom[gvk.GroupKind()]
	if !found {
		return nil, fmt.Errorf("the API in memory does not know the kind %s", gvk)
	}
	known := &kind{
		gvk: gvk, custom: true, counted: true, clustered: definition.Spec.Scope == "Cluster",
		resource: schema.GroupResource{Group: gvk.Group, Resource: definition.Spec.Names.Plural},
	}
	for _, version := range definition.Spec.Versions {
		if version.Name == gvk.Version {
			known.hasStatus = version.Subresources.Status != nil
			known.defaults = version.Schema.OpenAPIV3Schema.complete
		}
	}
	return known, nil
}
