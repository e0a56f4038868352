package controllers_test

import (
	"fmt"
	"testing"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/test/apiserver"
)

// TestWithoutCertManager: the operator starts on a cluster that does not know
// Certificates, does what it can, and goes on when it does; and the other way round.
func TestWithoutCertManager(t *testing.T) {
	w := newWorldOf(t, "../config/crd/bases")
	early, late := w.newTenant(t), w.newTenant(t)
	t.Run("it starts and says what is missing", func(t *testing.T) {
		for _, n := range []*tenant{early.in(t), late.in(t)} {
			n.apply(retentionYAML, pilotYAML, tenantYAML)
			n.lacksCertificates()
			n.waitFor(v1alpha1.StorageReadyCondition, metav1.ConditionTrue, "")
			n.waitFor(v1alpha1.ConfigurationReadyCondition, metav1.ConditionFalse, "WaitingForServer")
		}
	})
	t.Run("a tenant that is deleted goes", func(t *testing.T) { early.in(t).destroyed() })
	t.Run("cert-manager is installed", func(t *testing.T) {
		n := late.in(t)
		n.installCertManager()
		n.waitReady()
		n.kubectl("delete", "certificate", "justice-production-tls")
		eventually(t, "a Certificate that is deleted is made again", func() error {
			if missing(n, "justice-production-tls", &certmanagerv1.Certificate{}) == nil {
				return fmt.Errorf("it is not there")
			}
			return nil
		})
		n.waitReady()
	})
	t.Run("cert-manager is removed under what serves", func(t *testing.T) {
		n := late.in(t)
		other := n.newTenant(t)
		other.becomeReady()
		n.removeCertManager()
		for _, each := range []*tenant{n, other} {
			each.lacksCertificates()
			each.waitFor(v1alpha1.ExposureReadyCondition, metav1.ConditionTrue, "")
			each.staysOpen()
		}
		other.kubectl("delete", "stn", "justice")
		other.waitGone()
		n.destroyed()
	})
	t.Run("cert-manager is back", func(t *testing.T) {
		n := late.in(t)
		n.installCertManager()
		n.apply(tenantYAML)
		n.waitReady()
	})
}

// in is the same client in a part of the test.
func (n *tenant) in(t *testing.T) *tenant {
	return &tenant{T: t, world: n.world, namespace: n.namespace}
}

func (n *tenant) lacksCertificates() {
	n.Helper()
	n.waitFor(v1alpha1.CertificateReadyCondition, metav1.ConditionFalse, "KindMissing", "install cert-manager")
	n.waitFor(v1alpha1.ReconcilingCondition, metav1.ConditionTrue, "KindMissing")
}

// destroyed: deletion finishes whatever the cluster does not know.
func (n *tenant) destroyed() {
	n.Helper()
	n.allowDestroy(v1alpha1.DestroyOnDeletion)
	n.kubectl("delete", "stn", "justice", "--timeout=3m")
	n.waitGone()
	if err := missing(n, "justice-production", &appsv1.Deployment{}); err != nil {
		n.Error(err)
	}
}

func (n *tenant) installCertManager() {
	n.Helper()
	n.api.MustKubectl(n.T, "", "apply", "--server-side", "-f", apiserver.CertManagerCRDs(n.T))
	n.api.MustKubectl(n.T, "", "wait", "--for=condition=Established", "crd", "--all", "--timeout=2m")
}

func (n *tenant) removeCertManager() {
	n.Helper()
	// Those that the operator knows; an API server takes its time for each.
	n.api.MustKubectl(n.T, "", "delete", "crd", "--timeout=3m", "certificates.cert-manager.io", "certificaterequests.cert-manager.io")
}
