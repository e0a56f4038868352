package sharingtenant

import (
	"context"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/apply"
	"voute.dev/voute/internal/conditions"
)

// +kubebuilder:rbac:groups="",resources=serviceaccounts;configmaps;services;persistentvolumeclaims,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups=apps,resources=deployments,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups=networking.k8s.io,resources=networkpolicies,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups=cert-manager.io,resources=certificates,verbs=get;list;watch;create;patch;delete

// put applies an object that follows from a source, and keeps in mind what had to
// be put back.
func (r *Reconciler) put(ctx context.Context, s *scope, object client.Object, source uint64) (apply.Result, error) {
	if s.suspended() {
		return r.compare(ctx, s, object)
	}
	result, err := r.Objects.Apply(ctx, object, source)
	if result.Outcome != apply.Unchanged && result.Outcome != "" {
		log.FromContext(ctx).Info("applied", "object", r.describe(object), "outcome", result.Outcome, "foreign", result.Foreign)
	}
	if result.Outcome == apply.Repaired {
		repairs.WithLabelValues(s.tenant.Namespace, s.tenant.Name).Inc()
		s.repairs = append(s.repairs, repair{object: object, foreign: result.Foreign})
	}
	return result, err
}

// compare only says what put would do.
func (r *Reconciler) compare(ctx context.Context, s *scope, object client.Object) (apply.Result, error) {
	result, drift, err := r.Objects.Compare(ctx, object)
	if err != nil {
		return result, err
	}
	if drift != "" {
		s.drift = append(s.drift, r.describe(object)+" "+drift)
	}
	if !result.IsThere() {
		return result, conditions.Block("Suspended", "%s is not there, and is not made while spec.suspend is set.", r.describe(object))
	}
	return result, nil
}

// unwanted removes an object of this tenant, if there is one. The cache is
// enough to know of it, or else what was seen at the last look: what neither
// has seen is looked for again next time.
func (r *Reconciler) unwanted(ctx context.Context, s *scope, object client.Object) error {
	gvk, err := r.Client.GroupVersionKindFor(object)
	if err != nil {
		return err
	}
	head := &metav1.PartialObjectMetadata{}
	head.SetGroupVersionKind(gvk)
	err = r.Client.Get(ctx, client.ObjectKeyFromObject(object), head)
	switch {
	case meta.IsNoMatchError(err):
		return nil
	case apierrors.IsNotFound(err):
		if unseen, err := r.unseen(ctx, s, object); err != nil || !unseen {
			return err
		}
	case err != nil:
		return err
	case !s.owns(head):
		return nil
	}
	if s.suspended() {
		s.drift = append(s.drift, r.describe(object)+" removed")
		return nil
	}
	if _, issued := object.(*certmanagerv1.Certificate); issued {
		return r.unwantedCertificate(ctx, s, object)
	}
	_, err = r.Objects.Delete(ctx, object)
	return err
}

// unseen finds an object of this tenant that the cache does not show: it has
// lost its label, or is newer.
func (r *Reconciler) unseen(ctx context.Context, s *scope, object client.Object) (bool, error) {
	known, err := r.Objects.Knows(object)
	if err != nil || !known {
		return false, err
	}
	named, ok := object.DeepCopyObject().(client.Object)
	if !ok {
		return false, nil
	}
	found, err := r.ours(ctx, s, named)
	if err != nil || found {
		return found, err
	}
	if _, issued := object.(*certmanagerv1.Certificate); issued && !s.suspended() {
		// Somebody has removed the Certificate; its Secret is still there.
		if err := r.removeSecret(ctx, s.tenant, object.GetName()); err != nil {
			return false, err
		}
	}
	return false, r.Objects.ForgetOne(object)
}

// unwantedCertificate removes a Certificate and what was issued to it. The
// Secret goes first: as long as it does not, the Certificate is there to say
// that it must. It goes once more, in case it was issued again in between.
func (r *Reconciler) unwantedCertificate(ctx context.Context, s *scope, object client.Object) error {
	if err := r.removeSecret(ctx, s.tenant, object.GetName()); err != nil {
		return err
	}
	gone, err := r.Objects.Delete(ctx, object)
	if err != nil || gone {
		return err
	}
	return r.removeSecret(ctx, s.tenant, object.GetName())
}

// +kubebuilder:rbac:groups="",resources=secrets,verbs=delete,roleName=voute-operator-issued-secrets

// removeSecret removes the Secret of a Certificate that goes: cert-manager
// leaves it behind. It is removed by name and never read; one that the client
// supplied under that name is left alone.
func (r *Reconciler) removeSecret(ctx context.Context, tenant *v1alpha1.SharingTenant, name string) error {
	for _, e := range tenant.Spec.Environments {
		if e.Certificate.SecretName == name {
			return nil
		}
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: tenant.Namespace, Name: name}}
	err := r.Client.Delete(ctx, secret)
	if apierrors.IsForbidden(err) {
		// A platform may have cert-manager remove it, and not grant this right.
		log.FromContext(ctx).Info("the Secret of a removed Certificate is left behind: the operator may not delete it", "secret", name)
		conditions.Record(r.Events, tenant, secret, corev1.EventTypeWarning, "SecretLeftBehind", "Delete",
			"Secret "+name+" holds the key of a removed certificate, and the operator may not delete Secrets in this namespace: delete it.")
		return nil
	}
	return client.IgnoreNotFound(err)
}
