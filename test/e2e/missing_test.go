package e2e

import (
	"context"
	"errors"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
)

// mustHaveNoAddress wants no public Service and no address in the status.
func (n *tenant) mustHaveNoAddress() {
	n.t.Helper()
	var services corev1.ServiceList
	if err := cluster.kube.List(n.t.Context(), &services, client.InNamespace(n.name)); err != nil {
		n.t.Fatal(err)
	}
	for _, service := range services.Items {
		if service.Spec.Type == corev1.ServiceTypeLoadBalancer {
			n.t.Errorf("Service %s is exposed", service.Name)
		}
	}
	got, err := n.get(n.t.Context())
	if err != nil {
		n.t.Fatal(err)
	}
	for _, environment := range got.Status.Environments {
		if environment.URL != "" {
			n.t.Errorf("%s has the address %s", environment.Name, environment.URL)
		}
	}
	if _, err := tryServedCertificate(n.address()); err == nil {
		n.t.Error("the address answers")
	}
}

func TestNoPolicyNoAddress(t *testing.T) {
	t.Parallel()
	client := newTenant(t, "sans-politique", pilotYAML, tenantYAML)
	client.waitCondition(30*time.Second, v1alpha1.RetentionReadyCondition, metav1.ConditionFalse, "", "RetentionPolicy")
	client.waitCondition(30*time.Second, v1alpha1.ReadyCondition, metav1.ConditionFalse, "", "courante")
	client.mustHaveNoAddress()
	client.apply(policyYAML)
	client.waitReady()
}

func TestNoPilotNoAddress(t *testing.T) {
	t.Parallel()
	client := newTenant(t, "sans-pilote", policyYAML, tenantYAML)
	client.waitCondition(30*time.Second, v1alpha1.PilotReadyCondition, metav1.ConditionFalse, "", "Pilot")
	client.waitCondition(30*time.Second, v1alpha1.ReadyCondition, metav1.ConditionFalse, "", "Pilot")
	client.mustHaveNoAddress()
	client.apply(pilotYAML)
	client.waitReady()
}

// TestVaultSealed seals Vault under a running client and under one that is
// being made: both say so, everything else is done, and both recover by
// themselves within a minute of unsealing.
func TestVaultSealed(t *testing.T) {
	running := newReadyTenant(t, "scelle-avant")
	cluster.local(t, "vault", "seal")
	unsealed := false
	t.Cleanup(func() {
		if !unsealed {
			cluster.local(t, "vault", "unseal")
		}
	})
	running.waitCondition(time.Minute, v1alpha1.KeysReadyCondition, metav1.ConditionFalse, "VaultSealed", "unseal")
	made := newTenant(t, "scelle-pendant", policyYAML, pilotYAML, tenantYAML)
	made.waitCondition(time.Minute, v1alpha1.KeysReadyCondition, metav1.ConditionFalse, "VaultSealed", "unseal")
	for _, done := range []string{v1alpha1.RetentionReadyCondition, v1alpha1.PilotReadyCondition, v1alpha1.CertificateReadyCondition, v1alpha1.StorageReadyCondition} {
		eventually(t, time.Minute, done+" while Vault is sealed", func(ctx context.Context) error { return made.isTrue(ctx, done) })
	}
	visitor := newPerson(t, running.address(), "")
	visitor.mustSee(visitor.get("/"), 200, "scelle-avant")

	cluster.local(t, "vault", "unseal")
	unsealed = true
	for _, n := range []*tenant{running, made} {
		eventually(t, time.Minute, n.name+" recovers by itself", func(ctx context.Context) error {
			return errors.Join(n.isTrue(ctx, v1alpha1.KeysReadyCondition), n.isTrue(ctx, v1alpha1.ReadyCondition))
		})
	}
}
