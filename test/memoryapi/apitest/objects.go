package apitest

import (
	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	cmmeta "github.com/cert-manager/cert-manager/pkg/apis/meta/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
)

// objects is how objects come, go and are found.
var objects = map[string]func(*place){
	"a new object has what only the API server gives": func(p *place) {
		made := p.newPolicy(func(policy *v1alpha1.RetentionPolicy) { policy.Status.Tenants = ptr.To[int32](7) })
		if made.UID == "" || made.CreationTimestamp.IsZero() || made.ResourceVersion == "" || made.Generation != 1 {
			p.Errorf("it is %+v", made.ObjectMeta)
		}
		found := read(p, "courante", &v1alpha1.RetentionPolicy{})
		equal(p, "the uid", found.UID, made.UID)
		equal(p, "minDays, a default,", found.Spec.MinDays, 1)
		equal(p, "observedGeneration, a default of the status,", found.Status.ObservedGeneration, -1)
		if found.Status.Tenants != nil {
			p.Error("the status that was sent is kept")
		}
		p.refused("made twice", p.Kube.Create(p.Context(), p.policy()), apierrors.IsAlreadyExists)
	},
	"defaults within lists and of enumerations": func(p *place) {
		tenant := p.tenant("justice")
		p.must(p.Kube.Create(p.Context(), tenant))
		equal(p, "the deletion policy", read(p, "justice", &v1alpha1.SharingTenant{}).Spec.DeletionPolicy, v1alpha1.RetainOnDeletion)
	},
	"every creation is another object": func(p *place) {
		first := p.newPolicy(nil)
		p.must(p.Kube.Delete(p.Context(), first))
		p.isGone("courante", &v1alpha1.RetentionPolicy{})
		if again := p.newPolicy(nil); again.UID == first.UID {
			p.Error("it has the same uid")
		}
	},
	"nothing is made where there is no namespace": func(p *place) {
		policy := p.policy()
		policy.Namespace = "nowhere"
		p.refused("made", p.Kube.Create(p.Context(), policy), apierrors.IsNotFound)
	},
	"nothing is made in a namespace that goes": func(p *place) {
		p.must(p.Kube.Delete(p.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: p.namespace}}))
		going := &metav1.PartialObjectMetadata{}
		going.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Namespace"))
		p.must(p.Kube.Get(p.Context(), client.ObjectKey{Name: p.namespace}, going))
		if going.DeletionTimestamp == nil {
			p.Error("the namespace does not go")
		}
		p.refused("made", p.Kube.Create(p.Context(), p.policy()), apierrors.IsForbidden)
	},
	"a finalizer holds what is deleted": func(p *place) {
		p.newPolicy(func(policy *v1alpha1.RetentionPolicy) { policy.Finalizers = []string{v1alpha1.InUseFinalizer} })
		p.must(p.Kube.Delete(p.Context(), p.policy()))
		held := read(p, "courante", &v1alpha1.RetentionPolicy{})
		if held.DeletionTimestamp == nil {
			p.Fatal("it does not say that it goes")
		}
		equal(p, "the generation", held.Generation, 2)
		p.must(p.Kube.Delete(p.Context(), p.policy()))
		equal(p, "the version after a second deletion", read(p, "courante", &v1alpha1.RetentionPolicy{}).ResourceVersion, held.ResourceVersion)
		more := held.DeepCopy()
		more.Finalizers = append(more.Finalizers, "example.org/another")
		p.refused("held by another one", p.Kube.Update(p.Context(), more), apierrors.IsInvalid)
		before := held.DeepCopy()
		held.Finalizers = nil
		p.must(p.Kube.Patch(p.Context(), held, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})))
		p.isGone("courante", &v1alpha1.RetentionPolicy{})
		p.refused("deleted again", p.Kube.Delete(p.Context(), p.policy()), apierrors.IsNotFound)
	},
	"only the object that was meant is deleted": func(p *place) {
		made := p.newPolicy(nil)
		other := types.UID("11111111-1111-4111-8111-111111111111")
		p.refused("deleted", p.Kube.Delete(p.Context(), p.policy(), client.Preconditions{UID: &other}), apierrors.IsConflict)
		p.must(p.Kube.Delete(p.Context(), p.policy(), client.Preconditions{UID: &made.UID}, client.PropagationPolicy(metav1.DeletePropagationBackground)))
		p.isGone("courante", &v1alpha1.RetentionPolicy{})
	},
	"what an object owns stays without a garbage collector": func(p *place) {
		owner := p.newPolicy(nil)
		owned := &corev1.ConfigMap{ObjectMeta: p.meta("owned")}
		owned.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(owner, v1alpha1.GroupVersion.WithKind("RetentionPolicy"))}
		p.must(p.Kube.Create(p.Context(), owned))
		p.must(p.Kube.Delete(p.Context(), owner, client.PropagationPolicy(metav1.DeletePropagationBackground)))
		read(p, "owned", &corev1.ConfigMap{})
	},
	"the generation follows the spec": func(p *place) {
		policy := p.newPolicy(nil)
		policy.Labels = map[string]string{"a": "b"}
		p.must(p.Kube.Update(p.Context(), policy))
		equal(p, "the generation after a label", policy.Generation, 1)
		policy.Status.ObservedGeneration = 1
		p.must(p.Kube.Status().Update(p.Context(), policy))
		equal(p, "the generation after a status", policy.Generation, 1)
		policy.Spec.MaxDays = 60
		p.must(p.Kube.Update(p.Context(), policy))
		equal(p, "the generation after a change", policy.Generation, 2)
	},
	"a Deployment's generation follows its annotations, too": func(p *place) {
		p.mustApply("voute-operator", deployment)
		live := read(p, "server", &appsv1.Deployment{})
		equal(p, "the generation", live.Generation, 1)
		live.Annotations = map[string]string{"a": "b"}
		p.must(p.Kube.Update(p.Context(), live))
		equal(p, "the generation after an annotation", live.Generation, 2)
		live.Status.ObservedGeneration = 2
		p.must(p.Kube.Status().Update(p.Context(), live))
		equal(p, "the generation after a status", live.Generation, 2)
	},
	"lists by labels": func(p *place) {
		p.must(p.Kube.Create(p.Context(), &corev1.ConfigMap{ObjectMeta: p.labelled("ours")}))
		p.must(p.Kube.Create(p.Context(), &corev1.ConfigMap{ObjectMeta: p.meta("others")}))
		for what, selector := range map[string]client.ListOption{
			"having a label": client.HasLabels{v1alpha1.TenantLabel}, "matching it": client.MatchingLabels{v1alpha1.TenantLabel: "justice"},
		} {
			list := &corev1.ConfigMapList{}
			p.must(p.Kube.List(p.Context(), list, client.InNamespace(p.namespace), selector))
			if len(list.Items) != 1 || list.Items[0].Name != "ours" {
				p.Errorf("%s: %d items", what, len(list.Items))
			}
		}
	},
	"metadata is read by itself": func(p *place) {
		p.mustApply("voute-operator", deployment)
		head := &metav1.PartialObjectMetadata{}
		head.SetGroupVersionKind(appsv1.SchemeGroupVersion.WithKind("Deployment"))
		read(p, "server", head)
		equal(p, "its label", head.Labels[v1alpha1.TenantLabel], "justice")
		equal(p, "its kind", head.Kind, "Deployment")
		if head.UID == "" || head.ResourceVersion == "" || len(head.ManagedFields) == 0 {
			p.Errorf("it is %+v", head.ObjectMeta)
		}
	},
	"a status is written apart from the rest": func(p *place) {
		policy := p.newPolicy(nil)
		policy.Spec.MaxDays, policy.Status.Tenants = 60, ptr.To[int32](3)
		p.must(p.Kube.Status().Update(p.Context(), policy))
		found := read(p, "courante", &v1alpha1.RetentionPolicy{})
		equal(p, "maxDays after the status was written", found.Spec.MaxDays, 90)
		equal(p, "the status", *found.Status.Tenants, 3)
		found.Spec.MaxDays, found.Status.Tenants = 60, ptr.To[int32](4)
		p.must(p.Kube.Update(p.Context(), found))
		found = read(p, "courante", &v1alpha1.RetentionPolicy{})
		equal(p, "maxDays after the rest was written", found.Spec.MaxDays, 60)
		equal(p, "the status after the rest was written", *found.Status.Tenants, 3)
	},
	"others write the statuses that the operator reads": func(p *place) {
		certificate := &certmanagerv1.Certificate{ObjectMeta: p.meta("tls"), Spec: certmanagerv1.CertificateSpec{
			SecretName: "tls", DNSNames: []string{"a.example"}, IssuerRef: cmmeta.IssuerReference{Name: "voute-ca"},
		}}
		p.must(p.Kube.Create(p.Context(), certificate))
		equal(p, "a Certificate's generation", certificate.Generation, 1)
		certificate.Status.Conditions = []certmanagerv1.CertificateCondition{{Type: "Ready", Status: "True", ObservedGeneration: 1}}
		p.must(p.Kube.Status().Update(p.Context(), certificate))
		p.mustApply("voute-operator", deployment)
		server := read(p, "server", &appsv1.Deployment{})
		server.Status = appsv1.DeploymentStatus{ObservedGeneration: 1, Replicas: 1, UpdatedReplicas: 1, ReadyReplicas: 1, AvailableReplicas: 1}
		p.must(p.Kube.Status().Update(p.Context(), server))
		p.mustApply("voute-operator", service)
		address := read(p, "server", &corev1.Service{})
		address.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: "192.0.2.1"}}
		p.must(p.Kube.Status().Update(p.Context(), address))
		equal(p, "what was issued", len(read(p, "tls", &certmanagerv1.Certificate{}).Status.Conditions), 1)
		equal(p, "what is ready", read(p, "server", &appsv1.Deployment{}).Status.AvailableReplicas, 1)
		equal(p, "what is reached", read(p, "server", &corev1.Service{}).Status.LoadBalancer.Ingress[0].IP, "192.0.2.1")
	},
}
