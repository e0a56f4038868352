package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"voute.dev/voute/api/v1alpha1"
)

// leftovers are the objects of the tenant that are still there, by kind/name.
func (n *tenant) leftovers() []string {
	n.t.Helper()
	out := cluster.kubectl(n.t, "", "-n", n.name, "get", "-o", "name", "--ignore-not-found", "-l", v1alpha1.TenantLabel+"="+n.name,
		"deployments,replicasets,pods,services,serviceaccounts,configmaps,networkpolicies,persistentvolumeclaims,certificates.cert-manager.io,sharingtenants")
	return strings.Fields(out)
}

// deliver puts one document into the vault and returns where it is, for whom, and its hash.
func (n *tenant) deliver() (path string, sender *person, sum []byte) {
	n.t.Helper()
	pilot := n.pilotSignedIn()
	sender = n.userSignedIn(pilot, "Alice")
	sent := newDocument(3_000_000)
	uploaded := sender.upload("acte.bin", sent)
	sender.waitForState(uploaded.url.Path, "available")
	return uploaded.url.Path, sender, sent.sum.Sum(nil)
}

func TestDestroyLeavesNothing(t *testing.T) {
	t.Parallel()
	client := newReadyTenant(t, "detruit")
	client.deliver()
	volume := client.volume()
	if keys := cluster.keysOf(t, client.name); len(keys) == 0 {
		t.Fatal("no key in Vault before the deletion: the test would prove nothing")
	}
	cluster.kubectl(t, "", "-n", client.name, "patch", "sharingtenant", client.name, "--type=merge", "-p", `{"spec":{"deletionPolicy":"Destroy"}}`)
	cluster.kubectl(t, "", "-n", client.name, "delete", "sharingtenant", client.name, "--wait=false")
	client.waitCondition(30*time.Second, v1alpha1.ReadyCondition, metav1.ConditionFalse, "", "kubectl")
	if keys := cluster.keysOf(t, client.name); len(keys) == 0 {
		t.Fatal("keys are gone before the annotation allowed it")
	}
	cluster.kubectl(t, "", "-n", client.name, "annotate", "sharingtenant", client.name, "sharing.voute.dev/destroy="+client.name)
	cluster.kubectl(t, "", "-n", client.name, "wait", "--for=delete", "sharingtenant/"+client.name, "--timeout=90s")
	eventually(t, time.Minute, "nothing is left in Kubernetes", func(context.Context) error {
		if left := client.leftovers(); len(left) > 0 {
			return fmt.Errorf("%v", left)
		}
		return nil
	})
	if secrets := cluster.kubectl(t, "", "-n", client.name, "get", "secrets", "-o", "name"); strings.Contains(secrets, client.name+"-") {
		t.Errorf("Secrets of certificates are left:\n%s", secrets)
	}
	if keys := cluster.keysOf(t, client.name); len(keys) > 0 {
		t.Errorf("keys left in Vault: %v", keys)
	}
	eventually(t, time.Minute, "the volume is gone from the disk", func(context.Context) error {
		_, err := os.Stat(volume)
		if !os.IsNotExist(err) {
			return fmt.Errorf("%s is still there: %w", volume, err)
		}
		return nil
	})
}

func TestRetainKeepsDocuments(t *testing.T) {
	t.Parallel()
	client := newReadyTenant(t, "conserve")
	path, sender, sum := client.deliver()
	cluster.kubectl(t, "", "-n", client.name, "delete", "sharingtenant", client.name, "--timeout=90s")
	eventually(t, time.Minute, "only the volume is left", func(context.Context) error {
		if left := client.leftovers(); len(left) != 1 || left[0] != "persistentvolumeclaim/"+client.name+"-production" {
			return fmt.Errorf("%v", left)
		}
		return nil
	})
	client.apply(tenantYAML)
	client.waitReady()

	got := sha256.New()
	eventually(t, time.Minute, "the sender signs in again", func(context.Context) error {
		if answer := sender.get("/"); answer.status != 200 {
			return fmt.Errorf("status %d", answer.status)
		}
		return nil
	})
	sender.signIn()
	sender.download(path, got)
	if !bytes.Equal(got.Sum(nil), sum) {
		t.Errorf("the document found again has SHA-256 %x, want %x", got.Sum(nil), sum)
	}
}
