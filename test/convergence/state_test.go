package convergence

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/apply"
)

// kinds are everything that the operator or people make in a namespace.
var kinds = []schema.GroupVersionKind{
	v1alpha1.GroupVersion.WithKind("SharingTenant"), v1alpha1.GroupVersion.WithKind("Pilot"), v1alpha1.GroupVersion.WithKind("RetentionPolicy"),
	appsv1.SchemeGroupVersion.WithKind("Deployment"), appsv1.SchemeGroupVersion.WithKind("ControllerRevision"), corev1.SchemeGroupVersion.WithKind("Service"), corev1.SchemeGroupVersion.WithKind("ConfigMap"),
	corev1.SchemeGroupVersion.WithKind("ServiceAccount"), corev1.SchemeGroupVersion.WithKind("PersistentVolumeClaim"),
	corev1.SchemeGroupVersion.WithKind("Secret"), networkingv1.SchemeGroupVersion.WithKind("NetworkPolicy"), certmanagerv1.SchemeGroupVersion.WithKind("Certificate"),
}

// state is every object of a namespace, by kind and name, without what two runs
// cannot have in common.
type state map[string]*unstructured.Unstructured

func stateOf(ctx context.Context, kube client.Client, in string) (state, error) {
	found := state{}
	for _, gvk := range kinds {
		list := &unstructured.UnstructuredList{}
		list.SetGroupVersionKind(gvk)
		if err := kube.List(ctx, list, client.InNamespace(in)); err != nil {
			return nil, err
		}
		for i := range list.Items {
			object := &list.Items[i]
			if err := normalise(object, in); err != nil {
				return nil, err
			}
			found[gvk.Kind+" "+object.GetName()] = object
		}
	}
	return found, nil
}

// chance are fields that follow from when and where something was made.
var chance = [][]string{
	{"metadata", "uid"}, {"metadata", "resourceVersion"}, {"metadata", "creationTimestamp"}, {"metadata", "generation"},
	{"metadata", "annotations", apply.HashAnnotation}, {"metadata", "annotations", "deployment.kubernetes.io/revision"},
	{"spec", "clusterIP"}, {"spec", "clusterIPs"}, {"spec", "healthCheckNodePort"}, {"spec", "volumeName"},
}

// revisionNames end in a hash, in which the namespace is.
var revisionNames = regexp.MustCompile(`(-(?:production|development))-[0-9a-f]{10}\b`)

// anywhere are names of fields that do, wherever they are.
var anywhere = []string{"lastTransitionTime", "usageTime", "figuresTime", "lastSweep", "keysClosedThrough", "nodePort", "healthySince", "monthTotal", "growth", "fullOn"}

func normalise(object *unstructured.Unstructured, in string) error {
	if err := generations(object.Object, object.GetGeneration(), object.GetKind()); err != nil {
		return err
	}
	references := object.GetOwnerReferences()
	for i := range references {
		references[i].UID = "owner"
	}
	object.SetOwnerReferences(references)
	for _, path := range chance {
		unstructured.RemoveNestedField(object.Object, path...)
	}
	drop(object.Object)
	object.SetManagedFields(nil)
	text, err := json.Marshal(object.Object)
	if err != nil {
		return err
	}
	named := revisionNames.ReplaceAllString(strings.ReplaceAll(string(text), in, "NAMESPACE"), "$1-HASH")
	return object.UnmarshalJSON([]byte(named))
}

// generations replaces each observedGeneration by whether it is the current one.
func generations(value any, current int64, of string) error {
	switch value := value.(type) {
	case map[string]any:
		if seen, found := value["observedGeneration"]; found {
			value["observedGeneration"] = fmt.Sprint(seen) == fmt.Sprint(current)
			if value["observedGeneration"] == false {
				return fmt.Errorf("a %s is not up to date: %v of %d", of, seen, current)
			}
		}
		for _, field := range value {
			if err := generations(field, current, of); err != nil {
				return err
			}
		}
	case []any:
		for _, item := range value {
			if err := generations(item, current, of); err != nil {
				return err
			}
		}
	}
	return nil
}

func drop(value any) {
	switch value := value.(type) {
	case map[string]any:
		for _, name := range anywhere {
			delete(value, name)
		}
		for _, field := range value {
			drop(field)
		}
	case []any:
		for _, item := range value {
			drop(item)
		}
	}
}

// differences compares the state after a sequence with that of a fresh tenant.
// Two things may rightly differ: a volume does not shrink, and the volume of an
// environment that is no longer wanted is kept.
func differences(got, want state) []string {
	names := map[string]bool{}
	for name := range got {
		names[name] = true
	}
	for name := range want {
		names[name] = true
	}
	var found []string
	for name := range names {
		is, should := got[name], want[name]
		switch {
		case should == nil && is.GetKind() == "PersistentVolumeClaim":
		case should == nil:
			found = append(found, name+" should not be there")
		case is == nil:
			found = append(found, name+" is missing")
		default:
			shrink(is, should)
			found = append(found, differ(name, is.Object, should.Object)...)
		}
	}
	slices.Sort(found)
	return found
}

// shrink makes a volume that is larger than it need be as small as the other.
func shrink(is, should *unstructured.Unstructured) {
	for _, path := range [][]string{{"spec", "resources", "requests", "storage"}, {"status", "capacity", "storage"}} {
		has, _, _ := unstructured.NestedString(is.Object, path...)
		needs, found, _ := unstructured.NestedString(should.Object, path...)
		large, err := resource.ParseQuantity(has)
		small, other := resource.ParseQuantity(needs)
		if found && err == nil && other == nil && large.Cmp(small) > 0 {
			_ = unstructured.SetNestedField(is.Object, needs, path...) // the path is there: it was read
		}
	}
}

func differ(path string, is, should any) []string {
	left, isMap := is.(map[string]any)
	right, both := should.(map[string]any)
	if !isMap || !both {
		a, _ := json.Marshal(is)
		b, _ := json.Marshal(should)
		if string(a) == string(b) {
			return nil
		}
		return []string{fmt.Sprintf("%s\n    is     %s\n    should %s", path, a, b)}
	}
	var found []string
	for name := range left {
		found = append(found, differ(path+"."+name, left[name], right[name])...)
	}
	for name := range right {
		if _, there := left[name]; !there {
			found = append(found, differ(path+"."+name, nil, right[name])...)
		}
	}
	return found
}
