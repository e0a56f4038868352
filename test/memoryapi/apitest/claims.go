package apitest

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
)

const claim = `{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"namespace":"NAMESPACE","name":"volume"},
"spec":{"accessModes":["ReadWriteOncePod"],"storageClassName":"elastic","resources":{"requests":{"storage":"20Gi"}}}}`

func sized(size string) string { return strings.Replace(claim, "20Gi", size, 1) }

func rigid(text string) string { return strings.Replace(text, "elastic", "rigid", 1) }

// bind is a storage driver.
func (p *place) bind() {
	p.Helper()
	live := read(p, "volume", &corev1.PersistentVolumeClaim{})
	live.Status.Phase = corev1.ClaimBound
	live.Status.Capacity = corev1.ResourceList{corev1.ResourceStorage: *live.Spec.Resources.Requests.Storage()}
	p.must(p.Kube.Status().Update(p.Context(), live))
}

// claims is how volumes grow.
var claims = map[string]func(*place){
	"a claim is held by a finalizer": func(p *place) {
		p.mustApply(owner, claim)
		live := read(p, "volume", &corev1.PersistentVolumeClaim{})
		equal(p, "its finalizer", strings.Join(live.Finalizers, " "), "kubernetes.io/pvc-protection")
		p.must(p.Kube.Delete(p.Context(), live))
		equal(p, "that it goes", read(p, "volume", &corev1.PersistentVolumeClaim{}).DeletionTimestamp != nil, true)
	},
	"a claim that is not bound does not change": func(p *place) {
		p.mustApply(owner, claim)
		_, err := p.apply(owner, sized("35Gi"))
		p.refused("it grows", err, apierrors.IsInvalid)
	},
	"a bound claim grows": func(p *place) {
		p.mustApply(owner, claim)
		p.bind()
		p.mustApply(owner, sized("35Gi"))
		asked := read(p, "volume", &corev1.PersistentVolumeClaim{}).Spec.Resources.Requests.Storage()
		equal(p, "what it asks for", asked.Cmp(resource.MustParse("35Gi")), 0)
	},
	"no claim shrinks": func(p *place) {
		p.mustApply(owner, claim)
		p.bind()
		_, err := p.apply(owner, sized("10Gi"))
		p.refused("it shrinks", err, apierrors.IsInvalid)
	},
	"a class that does not grow forbids it": func(p *place) {
		p.mustApply(owner, rigid(claim))
		p.bind()
		_, err := p.apply(owner, rigid(sized("35Gi")))
		p.refused("it grows", err, apierrors.IsForbidden)
	},
}
