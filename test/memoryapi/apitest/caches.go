package apitest

import (
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/index"
)

// seen is the metadata of a ConfigMap as the cache has it.
func (p *place) seen(name string) (*metav1.PartialObjectMetadata, error) {
	head := &metav1.PartialObjectMetadata{}
	head.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("ConfigMap"))
	return head, p.Cached.Get(p.Context(), client.ObjectKey{Namespace: p.namespace, Name: name}, head)
}

func (p *place) eventuallyUnseen(name string) {
	p.Helper()
	p.eventually(name+" leaves the cache", func() error {
		if _, err := p.seen(name); !apierrors.IsNotFound(err) {
			return fmt.Errorf("it is there: %w", errors.Join(err))
		}
		return nil
	})
}

// caches is what the operator's cache shows.
var caches = map[string]func(*place){
	"a cache has the metadata of what carries the label": func(p *place) {
		p.must(p.Kube.Create(p.Context(), &corev1.ConfigMap{ObjectMeta: p.meta("others")}))
		made := &corev1.ConfigMap{ObjectMeta: p.labelled("ours")}
		p.must(p.Kube.Create(p.Context(), made))
		p.eventually("it is seen", func() error {
			head, err := p.seen("ours")
			if err == nil && (head.UID != made.UID || head.ResourceVersion != made.ResourceVersion || len(head.ManagedFields) > 0) {
				err = fmt.Errorf("it is %+v", head.ObjectMeta)
			}
			return err
		})
		if _, err := p.seen("others"); !apierrors.IsNotFound(err) {
			p.Errorf("what has no label is seen: %v", err)
		}
	},
	"what loses its label or goes leaves the cache": func(p *place) {
		for _, name := range []string{"changed", "gone"} {
			p.must(p.Kube.Create(p.Context(), &corev1.ConfigMap{ObjectMeta: p.labelled(name)}))
			p.eventually("it is seen", func() error { _, err := p.seen(name); return err })
		}
		changed := read(p, "changed", &corev1.ConfigMap{})
		changed.Labels = nil
		p.must(p.Kube.Update(p.Context(), changed))
		p.must(p.Kube.Delete(p.Context(), &corev1.ConfigMap{ObjectMeta: p.meta("gone")}))
		p.eventuallyUnseen("changed")
		p.eventuallyUnseen("gone")
	},
	"a cache finds our own kinds by their fields": func(p *place) {
		tenant := p.tenant("justice")
		p.must(p.Kube.Create(p.Context(), tenant))
		p.eventually("it is found by its host", func() error {
			found := &v1alpha1.SharingTenantList{}
			err := p.Cached.List(p.Context(), found, client.MatchingFields{index.TenantHost: tenant.Spec.Environments[0].Host})
			if err == nil && (len(found.Items) != 1 || found.Items[0].UID != tenant.UID || found.Items[0].Spec.DeletionPolicy != v1alpha1.RetainOnDeletion) {
				err = fmt.Errorf("found %d", len(found.Items))
			}
			return err
		})
		found := &v1alpha1.SharingTenantList{}
		p.must(p.Cached.List(p.Context(), found, client.InNamespace(p.namespace), client.MatchingFields{index.TenantPolicy: "another"}))
		equal(p, "the number of tenants with another policy", len(found.Items), 0)
		p.must(p.Cached.List(p.Context(), found, client.InNamespace("another"), client.MatchingFields{index.TenantPolicy: "courante"}))
		equal(p, "the number of tenants in another namespace", len(found.Items), 0)
	},
	"a cache refuses to find by what it does not keep": func(p *place) {
		found := &v1alpha1.SharingTenantList{}
		if err := p.Cached.List(p.Context(), found, client.InNamespace(p.namespace), client.MatchingFields{index.TenantHost: "partage.example"}); err == nil {
			p.Errorf("hosts are found in one namespace")
		}
		if err := p.Cached.List(p.Context(), found, client.MatchingFields{index.TenantPolicy: "courante"}); err == nil {
			p.Errorf("the tenants of a policy are found in all namespaces")
		}
	},
}
