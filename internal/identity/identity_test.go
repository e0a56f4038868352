package identity_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/internal/identity"
	"voute.dev/voute/test/apiserver"
)

const namespace = "voute-system"

// TestEnsure uses the rights of config/rbac: they cover this one Secret.
func TestEnsure(t *testing.T) {
	server := apiserver.Start(t)
	server.MustKubectl(t, "", "create", "namespace", namespace)
	server.MustKubectl(t, "", "apply", "-k", "../../config/rbac")
	kube, err := client.New(server.ServiceAccount(t, namespace, "voute-operator"), client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Run("several operators that start at once have one identity", func(t *testing.T) { startsAtOnce(t, kube) })
	t.Run("the key is what is promised", func(t *testing.T) { promised(t, kube) })
	t.Run("another Secret is out of reach", func(t *testing.T) {
		server.MustKubectl(t, "", "create", "secret", "generic", "other", "-n", namespace)
		if err := kube.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "other"}, &corev1.Secret{}); err == nil {
			t.Error("the operator reads it")
		}
	})
	t.Run("a damaged one is told and not replaced", func(t *testing.T) {
		server.MustKubectl(t, "", "patch", "secret", "-n", namespace, identity.SecretName, "-p", `{"stringData":{"tls.key":"x"}}`)
		if _, err := identity.Ensure(t.Context(), kube, kube, namespace, time.Now()); err == nil || !strings.Contains(err.Error(), "delete it") {
			t.Errorf("the error is %v", err)
		}
	})
}

func startsAtOnce(t *testing.T, kube client.Client) {
	var lock sync.Mutex
	keys := map[string]bool{}
	var started sync.WaitGroup
	for range 4 {
		started.Go(func() {
			own, err := identity.Ensure(t.Context(), kube, kube, namespace, time.Now())
			lock.Lock()
			defer lock.Unlock()
			if err != nil {
				t.Error(err)
				return
			}
			keys[own.PublicKey] = true
		})
	}
	started.Wait()
	if len(keys) != 1 {
		t.Errorf("there are %d identities", len(keys))
	}
}

func promised(t *testing.T, kube client.Client) {
	own, err := identity.Ensure(t.Context(), kube, kube, namespace, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	leaf := own.Certificate.Leaf
	if key, ok := leaf.PublicKey.(*ecdsa.PublicKey); !ok || key.Curve != elliptic.P256() {
		t.Errorf("the key is %T", leaf.PublicKey)
	}
	if len(leaf.ExtKeyUsage) != 1 || leaf.ExtKeyUsage[0] != x509.ExtKeyUsageClientAuth || leaf.IsCA {
		t.Errorf("the certificate is good for %v", leaf.ExtKeyUsage)
	}
	if identity.Fingerprint(leaf) != own.PublicKey {
		t.Error("the fingerprint is another's")
	}
}
