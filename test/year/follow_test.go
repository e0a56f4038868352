package year

import (
	"errors"
	"time"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/test/memoryapi"
	"voute.dev/voute/test/simulation"
)

// followed are the kinds whose logs are read, tenants first. The cluster moves
// those that it has a list for.
var followed = []struct {
	gvk  schema.GroupVersionKind
	list func() client.ObjectList
}{
	{gvk: v1alpha1.GroupVersion.WithKind("SharingTenant")},
	{appsv1.SchemeGroupVersion.WithKind("Deployment"), func() client.ObjectList { return &appsv1.DeploymentList{} }},
	{corev1.SchemeGroupVersion.WithKind("Service"), func() client.ObjectList { return &corev1.ServiceList{} }},
	{corev1.SchemeGroupVersion.WithKind("PersistentVolumeClaim"), func() client.ObjectList { return &corev1.PersistentVolumeClaimList{} }},
	{certmanagerv1.SchemeGroupVersion.WithKind("Certificate"), func() client.ObjectList { return &certmanagerv1.CertificateList{} }},
	{gvk: appsv1.SchemeGroupVersion.WithKind("ControllerRevision")},
	{gvk: corev1.SchemeGroupVersion.WithKind("ConfigMap")},
	{gvk: corev1.SchemeGroupVersion.WithKind("ServiceAccount")},
	{gvk: networkingv1.SchemeGroupVersion.WithKind("NetworkPolicy")},
}

// follow takes up what was written: for the watches, the cluster and the oracle.
func (w *world) follow() {
	for i, kind := range followed {
		log := w.api.Log(kind.gvk)
		for ; w.seen[i] < len(log) && w.failure == nil; w.seen[i]++ {
			change := log[w.seen[i]]
			c := w.byName[change.Object.GetNamespace()]
			if c == nil {
				continue
			}
			if i == 0 {
				w.tenantChanged(c, change)
				continue
			}
			w.oracle.objectChanged(c, change)
			if change.Gone || (w.operator != nil && w.operator.tenants.Objects.IsNews(change.Object)) {
				w.wake(c)
			}
			if kind.list != nil && !w.moving && isMoved(change.Object) {
				w.plan(c)
			}
		}
	}
}

// isMoved: the cluster may have something to do for it.
func isMoved(object *unstructured.Unstructured) bool {
	seen, _ := fieldsIn(object.Object, "status")["observedGeneration"].(int64) // 0 where there is none
	return object.GetKind() != "Deployment" || seen != object.GetGeneration()
}

// tenantChanged wakes as a watch does: for what somebody asks for.
func (w *world) tenantChanged(c *tenant, change memoryapi.Change) {
	before := c.file
	w.oracle.tenantChanged(c, change)
	if before == nil || c.file.object.GetGeneration() != before.object.GetGeneration() || !sameTexts(c.file.object.GetAnnotations(), before.object.GetAnnotations()) {
		w.wake(c)
	}
	if c.turn.writes++; c.turn.writes > mostWrites && c.turn.instant.Equal(w.clock) {
		w.fail(c, "its status is written %d times in one instant", c.turn.writes)
	}
}

func sameTexts(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for key := range a {
		if other, found := b[key]; !found || other != a[key] {
			return false
		}
	}
	return true
}

// plan has the cluster turn to a namespace in a while.
func (w *world) plan(c *tenant) {
	if w.stepped[c.namespace] {
		return
	}
	w.stepped[c.namespace] = true
	w.after(w.between(10*time.Second, 4*time.Minute), func() error {
		w.stepped[c.namespace] = false
		w.moving = true
		defer func() { w.moving = false }()
		err := w.turn(c)
		w.follow()
		return err
	})
}

// turn lets the cluster move every object of a namespace.
func (w *world) turn(c *tenant) error {
	var problems []error
	for _, kind := range followed {
		if kind.list == nil {
			continue
		}
		list := kind.list()
		if err := w.cluster.List(w.ctx, list, client.InNamespace(c.namespace)); err != nil {
			return err
		}
		problems = append(problems, meta.EachListItem(list, func(item runtime.Object) error {
			object, _ := item.(client.Object) // whatever is listed is one
			if !w.advance(c, object) {
				return nil
			}
			if err := w.cluster.Status().Update(w.ctx, object); !apierrors.IsConflict(err) {
				return err
			}
			return nil
		}))
	}
	return errors.Join(problems...)
}

// advance is Advance, but for servers that do not start with one client alone.
func (w *world) advance(c *tenant, object client.Object) bool {
	server, isServer := object.(*appsv1.Deployment)
	if !isServer || !w.broken[c.namespace+" "+simulation.VersionOf(server)] {
		return simulation.Advance(object)
	}
	if server.Status.ObservedGeneration == server.Generation {
		return false
	}
	server.Status = appsv1.DeploymentStatus{ObservedGeneration: server.Generation, Replicas: 1, UpdatedReplicas: 1, UnavailableReplicas: 1}
	return true
}
