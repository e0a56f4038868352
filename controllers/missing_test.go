package controllers_test

import (
	"fmt"
	"strings"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/desired"
	"voute.dev/voute/internal/vault"
	"voute.dev/voute/server/config"
)

// follow does what a condition's message asks for, to the letter.
func (n *tenant) follow(kind string) {
	n.Helper()
	message := meta.FindStatusCondition(n.get().Status.Conditions, kind).Message
	_, rest, found := strings.Cut(message, "echo '")
	document, _, ended := strings.Cut(rest, "' | kubectl apply -f -")
	if !found || !ended {
		n.Fatalf("the message of %s has no command: %s", kind, message)
	}
	n.api.MustKubectl(n.T, document, "apply", "-f", "-")
}

func (n *tenant) noAddress() {
	n.Helper()
	for _, name := range []string{"justice-production", "justice-development"} {
		if err := missing(n, name, &corev1.Service{}); err != nil {
			n.Error(err)
		}
		if err := missing(n, name, &appsv1.Deployment{}); err != nil {
			n.Error(err)
		}
		fetch(n, name, &corev1.PersistentVolumeClaim{})
		fetch(n, name+"-tls", &certmanagerv1.Certificate{})
	}
	for _, e := range n.get().Status.Environments {
		if e.URL != "" {
			n.Errorf("%s has the address %s", e.Name, e.URL)
		}
	}
}

func withoutPolicy(n *tenant) {
	n.apply(pilotYAML, tenantYAML)
	n.waitFor(v1alpha1.RetentionReadyCondition, metav1.ConditionFalse, "RetentionPolicyMissing", "courante", "no address is opened")
	n.waitFor(v1alpha1.CertificateReadyCondition, metav1.ConditionTrue, "")
	n.waitFor(v1alpha1.StalledCondition, metav1.ConditionTrue, "RetentionPolicyMissing")
	n.noAddress()
	n.quiet()
	n.follow(v1alpha1.RetentionReadyCondition)
	n.waitReady()
}

func withoutPilot(n *tenant) {
	n.apply(retentionYAML, tenantYAML)
	n.waitFor(v1alpha1.PilotReadyCondition, metav1.ConditionFalse, "PilotMissing", "no address is opened")
	n.waitFor(v1alpha1.StalledCondition, metav1.ConditionTrue, "PilotMissing")
	n.noAddress()
	n.follow(v1alpha1.PilotReadyCondition)
	n.waitReady()
}

// unreadable: every other question for the Service fails while it changes, so
// that the operator cannot tell whether the address is open.
func unreadable(n *tenant) {
	n.becomeReady()
	failed, touched := n.written.fail("/namespaces/"+n.namespace+"/services/justice-production"), 0
	n.kubectl("delete", "rtp", "courante", "--wait=false")
	eventually(n.T, "the operator looks several times", func() error {
		touched++
		n.kubectl("annotate", "--overwrite", "service", "justice-production", fmt.Sprintf("example.org/touched=%d", touched))
		n.staysOpen()
		if failed() < 4 {
			return fmt.Errorf("%d questions have failed", failed())
		}
		return nil
	})
	n.written.fail("")
	n.waitReady()
	n.staysOpen()
}

// config reads an environment's configuration as its server would.
func (n *tenant) config(name string) *config.Config {
	n.Helper()
	read, err := desired.ReadConfig(fetch(n, name, &corev1.ConfigMap{}))
	if err != nil {
		n.Fatal(err)
	}
	return read
}

// force removes an object against its finalizers.
func (n *tenant) force(kind, name string) {
	n.Helper()
	n.kubectl("delete", kind, name, "--wait=false")
	n.kubectl("patch", kind, name, "--type=merge", "-p", `{"metadata":{"finalizers":null}}`)
}

func (n *tenant) staysOpen() {
	n.Helper()
	for _, e := range n.get().Status.Environments {
		if e.URL == "" {
			n.Errorf("%s has lost its address", e.Name)
		}
		fetch(n, "justice-"+string(e.Name), &corev1.Service{})
		fetch(n, "justice-"+string(e.Name), &appsv1.Deployment{})
	}
}

func outlivesPolicy(n *tenant) {
	n.becomeReady()
	n.force("retentionpolicy", "courante")
	n.waitFor(v1alpha1.RetentionReadyCondition, metav1.ConditionFalse, "RetentionPolicyMissing", "keep the last policy")
	eventually(n.T, "uploads close, the last policy stays", func() error {
		if got := n.config("justice-production"); !got.Uploads.Closed || got.Retention.DefaultDays != 30 || got.Retention.MaxDays != 90 {
			return fmt.Errorf("uploads %+v, retention %+v", got.Uploads, got.Retention)
		}
		return nil
	})
	n.waitFor(v1alpha1.StalledCondition, metav1.ConditionTrue, "RetentionPolicyMissing")
	n.staysOpen()
	n.quiet()
	n.apply(retentionYAML)
	n.waitReady()
	if n.config("justice-production").Uploads.Closed {
		n.Error("uploads are still closed")
	}
}

func outlivesPilots(n *tenant) {
	n.becomeReady()
	n.force("pilot", "marie")
	n.waitFor(v1alpha1.PilotReadyCondition, metav1.ConditionFalse, "PilotMissing", "take no new documents")
	eventually(n.T, "uploads close", func() error {
		if got := n.config("justice-production"); !got.Uploads.Closed || len(got.Pilots) != 0 {
			return fmt.Errorf("uploads %+v, pilots %+v", got.Uploads, got.Pilots)
		}
		return nil
	})
	n.kubectl("delete", "service", "justice-production")
	eventually(n.T, "an address that is deleted opens again", func() error {
		if missing(n, "justice-production", &corev1.Service{}) == nil {
			return fmt.Errorf("it is not there")
		}
		return nil
	})
	n.staysOpen()
	n.apply(pilotYAML)
	n.waitReady()
}

func vaultSealed(n *tenant) {
	n.vault.Fail(vault.Sealed)
	defer n.vault.Fail("")
	n.apply(retentionYAML, pilotYAML, tenantYAML)
	n.waitFor(v1alpha1.KeysReadyCondition, metav1.ConditionFalse, string(vault.Sealed), "unseal")
	for _, kind := range []string{v1alpha1.StorageReadyCondition, v1alpha1.ConfigurationReadyCondition, v1alpha1.WorkloadReadyCondition, v1alpha1.ExposureReadyCondition} {
		n.waitFor(kind, metav1.ConditionTrue, "")
	}
	n.waitFor(v1alpha1.ReadyCondition, metav1.ConditionFalse, string(vault.Sealed))
	n.waitFor(v1alpha1.ReconcilingCondition, metav1.ConditionTrue, string(vault.Sealed))
	n.vault.Fail("")
	n.waitReady()
}
