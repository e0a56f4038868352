package sharingtenant

import (
	"context"
	"slices"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/desired"
	"voute.dev/voute/internal/serverstatus"
)

var environmentNames = []v1alpha1.EnvironmentName{v1alpha1.ProductionEnvironment, v1alpha1.DevelopmentEnvironment}

// departed removes what serves an environment that the spec no longer has. Its
// volume and keys stay until the tenant is destroyed: to take a line out of a
// file must not cost anybody a document.
func (r *Reconciler) departed(ctx context.Context, s *scope) (string, error) {
	for _, name := range environmentNames {
		if s.has(name) {
			continue
		}
		r.Reports.Forget(serverstatus.Key{Namespace: s.tenant.Namespace, Tenant: s.tenant.Name, Environment: name})
		for _, object := range serving(s.tenant, name) {
			if err := r.unwanted(ctx, s, object); err != nil {
				return "", err
			}
		}
	}
	return "", nil
}

func (s *scope) has(name v1alpha1.EnvironmentName) bool {
	return slices.ContainsFunc(s.environments, func(e *environment) bool { return e.Name == name })
}

// serving is everything that serves one environment, the address first. The
// volume is not part of it.
func serving(tenant *v1alpha1.SharingTenant, environment v1alpha1.EnvironmentName) []client.Object {
	meta := func(name string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Namespace: tenant.Namespace, Name: name, Labels: desired.Labels(tenant.Name, environment)}
	}
	name := desired.Name(tenant.Name, environment)
	return []client.Object{
		&corev1.Service{ObjectMeta: meta(name)},
		&appsv1.Deployment{ObjectMeta: meta(name)},
		&corev1.Service{ObjectMeta: meta(desired.StatusServiceName(tenant.Name, environment))},
		&certmanagerv1.Certificate{ObjectMeta: meta(desired.CertificateName(tenant.Name, environment))},
		&certmanagerv1.Certificate{ObjectMeta: meta(desired.ScanCertificateName(tenant.Name, environment))},
		&networkingv1.NetworkPolicy{ObjectMeta: meta(name)},
		&corev1.ServiceAccount{ObjectMeta: meta(name)},
		&corev1.ConfigMap{ObjectMeta: meta(name)},
	}
}
