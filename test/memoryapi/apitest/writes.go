package apitest

import (
	"encoding/json"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
)

// locked is a patch that holds only for the version it was made from.
func locked(before client.Object) client.Patch {
	return client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
}

// jsonPatch is a patch out of operations.
func (p *place) jsonPatch(operations ...map[string]any) client.Patch {
	p.Helper()
	text, err := json.Marshal(operations)
	p.must(err)
	return client.RawPatch(types.JSONPatchType, text)
}

func op(name, path string, value any) map[string]any {
	return map[string]any{"op": name, "path": path, "value": value}
}

// writes is how objects change, and when they do not.
var writes = map[string]func(*place){
	"an update of an older version is a conflict": func(p *place) {
		old := p.newPolicy(nil)
		current := old.DeepCopy()
		current.Spec.MaxDays = 60
		p.must(p.Kube.Update(p.Context(), current))
		old.Spec.MaxDays = 70
		p.refused("an update", p.Kube.Update(p.Context(), old), apierrors.IsConflict)
		p.refused("a status", p.Kube.Status().Update(p.Context(), old), apierrors.IsConflict)
		old.ResourceVersion = ""
		p.refused("an update without a version", p.Kube.Update(p.Context(), old), apierrors.IsInvalid)
		equal(p, "maxDays", read(p, "courante", &v1alpha1.RetentionPolicy{}).Spec.MaxDays, 60)
	},
	"a locked merge patch from an older version is a conflict": func(p *place) {
		old := p.newPolicy(nil)
		current := old.DeepCopy()
		current.Spec.MaxDays = 60
		p.must(p.Kube.Update(p.Context(), current))
		changed := old.DeepCopy()
		changed.Finalizers = []string{v1alpha1.InUseFinalizer}
		p.refused("the patch", p.Kube.Patch(p.Context(), changed.DeepCopy(), locked(old)), apierrors.IsConflict)
		changed.Spec = current.Spec
		p.must(p.Kube.Patch(p.Context(), changed, locked(current)))
		equal(p, "the finalizers", len(read(p, "courante", &v1alpha1.RetentionPolicy{}).Finalizers), 1)
	},
	"a merge patch without a lock holds for any version": func(p *place) {
		old := p.newPolicy(nil)
		current := old.DeepCopy()
		current.Spec.MaxDays = 60
		p.must(p.Kube.Update(p.Context(), current))
		changed := old.DeepCopy()
		changed.Status.Tenants = ptr.To[int32](2)
		p.must(p.Kube.Status().Patch(p.Context(), changed, client.MergeFrom(old), client.FieldOwner("voute-operator")))
		equal(p, "maxDays in the answer", changed.Spec.MaxDays, 60)
		equal(p, "the status", *read(p, "courante", &v1alpha1.RetentionPolicy{}).Status.Tenants, 2)
	},
	"a write that changes nothing makes no version": func(p *place) {
		policy := p.newPolicy(nil)
		policy.Status.ObservedGeneration = 1
		p.must(p.Kube.Status().Update(p.Context(), policy))
		version := policy.ResourceVersion
		p.must(p.Kube.Update(p.Context(), policy))
		p.must(p.Kube.Status().Update(p.Context(), policy))
		p.must(p.Kube.Patch(p.Context(), policy, client.RawPatch(types.MergePatchType, []byte(`{"spec":{"maxDays":90}}`))))
		equal(p, "the version", read(p, "courante", &v1alpha1.RetentionPolicy{}).ResourceVersion, version)
	},
	"a patch of what is not there is not found": func(p *place) {
		patch := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"labels":{"a":"b"}}}`))
		p.refused("patched", p.Kube.Patch(p.Context(), p.policy(), patch), apierrors.IsNotFound)
		p.refused("its status patched", p.Kube.Status().Patch(p.Context(), p.policy(), patch), apierrors.IsNotFound)
	},
	"a JSON patch tests the version": func(p *place) {
		old := p.newPolicy(nil)
		test := op("test", "/metadata/resourceVersion", old.ResourceVersion)
		current := old.DeepCopy()
		p.must(p.Kube.Patch(p.Context(), current, p.jsonPatch(test, op("add", "/spec/maxDays", 60))))
		equal(p, "maxDays in the answer", current.Spec.MaxDays, 60)
		p.refused("a test that fails", p.Kube.Patch(p.Context(), old.DeepCopy(), p.jsonPatch(test, op("add", "/spec/maxDays", 70))), apierrors.IsInvalid)
		p.refused("a removal of what is not there", p.Kube.Patch(p.Context(), old.DeepCopy(),
			p.jsonPatch(map[string]any{"op": "remove", "path": "/metadata/annotations"})), apierrors.IsInvalid)
		equal(p, "maxDays", read(p, "courante", &v1alpha1.RetentionPolicy{}).Spec.MaxDays, 60)
	},
	"a JSON patch that sets an older version is a conflict": func(p *place) {
		old := p.newPolicy(nil)
		p.must(p.Kube.Patch(p.Context(), old.DeepCopy(), p.jsonPatch(op("add", "/spec/maxDays", 60))))
		late := p.jsonPatch(op("replace", "/metadata/resourceVersion", old.ResourceVersion), op("add", "/spec/maxDays", 70))
		p.refused("the patch", p.Kube.Patch(p.Context(), old.DeepCopy(), late), apierrors.IsConflict)
	},
}
