package doctor

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/utils/ptr"
)

// defaultClass marks the class of who names none.
const defaultClass = "storageclass.kubernetes.io/is-default-class"

func storage(f Facts) []Finding {
	if f.Platform.Err != nil {
		return nil
	}
	if f.Classes.Err != nil {
		return []Finding{unseen(f.Classes.Err, "storage classes")}
	}
	var findings []Finding
	if name := f.Platform.Value.Storage.ClassName; name != "" {
		findings = append(findings, ofClass(f, name, "storage.className of the platform configuration"))
	} else {
		findings = append(findings, ofDefault(f))
	}
	for _, name := range namedClasses(f) {
		findings = append(findings, ofClass(f, name, "which a tenant names"))
	}
	return findings
}

// ofDefault is about the cluster's own default.
func ofDefault(f Facts) Finding {
	for i := range f.Classes.Value {
		if class := &f.Classes.Value[i]; class.Annotations[defaultClass] == "true" {
			return whole(class, "the cluster's default")
		}
	}
	return fail("Name one as storage.className of the platform configuration.", "The platform configuration names no storage class, and the cluster has no default one.")
}

// namedClasses are those of tenants, but for the platform's.
func namedClasses(f Facts) (names []string) {
	for i := range f.Tenants.Value {
		for _, e := range f.Tenants.Value[i].Spec.Environments {
			name := e.Storage.StorageClassName
			if name != "" && name != f.Platform.Value.Storage.ClassName && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

func ofClass(f Facts, name, whose string) Finding {
	at := slices.IndexFunc(f.Classes.Value, func(c storagev1.StorageClass) bool { return c.Name == name })
	if at < 0 {
		return fail("Make the class, or name another: kubectl get storageclasses.", "There is no storage class %s, %s.", name, whose)
	}
	return whole(&f.Classes.Value[at], whose)
}

// whole says of a class all that it lacks.
func whole(class *storagev1.StorageClass, whose string) Finding {
	var lacks, next []string
	if !ptr.Deref(class.AllowVolumeExpansion, false) {
		lacks = append(lacks, "does not grow (allowVolumeExpansion)")
		next = append(next, "a larger quota takes a class that grows")
	}
	if ptr.Deref(class.ReclaimPolicy, corev1.PersistentVolumeReclaimDelete) != corev1.PersistentVolumeReclaimRetain {
		lacks = append(lacks, "does not keep volumes whose claims are gone (reclaimPolicy)")
		next = append(next, "in production take one with reclaimPolicy Retain, so that a namespace deleted by mistake takes no document with it")
	}
	if len(lacks) == 0 {
		return ok("Storage class %s, %s, grows and retains.", class.Name, whose)
	}
	text := strings.Join(next, "; ")
	return warn(strings.ToUpper(text[:1])+text[1:]+".", "Storage class %s, %s, %s.", class.Name, whose, strings.Join(lacks, ", and "))
}
