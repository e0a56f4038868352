package controllers_test

import (
	"fmt"
	"slices"
	"strings"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/vault"
)

func repairs(n *tenant) {
	n.becomeReady()
	n.kubectl("scale", "deployment", "justice-production", "--replicas=3")
	n.kubectl("patch", "deployment", "justice-development", "-p",
		`{"spec":{"template":{"spec":{"hostNetwork":true,"containers":[{"name":"spy","image":"example.org/spy"}]}}}}`)
	n.kubectl("delete", "networkpolicy", "justice-production")
	n.kubectl("label", "configmap", "justice-production", v1alpha1.TenantLabel+"-")
	n.kubectl("patch", "configmap", "justice-development", "-p", `{"data":{"voute.yaml":"mine"}}`)
	eventually(n.T, "all is put back", func() error {
		production, development := fetch(n, "justice-production", &appsv1.Deployment{}), fetch(n, "justice-development", &appsv1.Deployment{})
		pod := development.Spec.Template.Spec
		switch {
		case *production.Spec.Replicas != 1:
			return fmt.Errorf("%d replicas", *production.Spec.Replicas)
		case pod.HostNetwork || len(pod.Containers) != 1:
			return fmt.Errorf("host network %v, %d containers", pod.HostNetwork, len(pod.Containers))
		case missing(n, "justice-production", &networkingv1.NetworkPolicy{}) == nil:
			return fmt.Errorf("no NetworkPolicy")
		case fetch(n, "justice-production", &corev1.ConfigMap{}).Labels[v1alpha1.TenantLabel] != "justice":
			return fmt.Errorf("the ConfigMap has no label")
		case fetch(n, "justice-development", &corev1.ConfigMap{}).Data["voute.yaml"] == "mine":
			return fmt.Errorf("the configuration is the foreign one")
		}
		return nil
	})
	eventually(n.T, "an event tells of it", func() error {
		if told := n.kubectl("get", "events", "-o", "jsonpath={range .items[*]}{.reason}: {.message}{\"\\n\"}{end}"); !strings.Contains(told, "Repaired: Deployment justice-development") || !strings.Contains(told, "spy") {
			return fmt.Errorf("%s", told)
		}
		return nil
	})
	n.waitReady()
	n.quiet()
}

func returnsUncertified(n *tenant) {
	n.becomeReady()
	n.kubectl("patch", "stn", "justice", "--type=json", "-p", `[{"op":"replace","path":"/spec/environments/0/certificate/issuerRef/name","value":"absent"}]`)
	n.waitFor(v1alpha1.CertificateReadyCondition, metav1.ConditionFalse, "CertificatePending")
	n.kubectl("delete", "deployment", "justice-production")
	eventually(n.T, "the server comes back", func() error {
		if missing(n, "justice-production", &appsv1.Deployment{}) == nil {
			return fmt.Errorf("it is not there")
		}
		return nil
	})
}

// secret makes what cert-manager would have made.
func (n *tenant) secret(name string) {
	n.Helper()
	n.kubectl("create", "secret", "generic", name)
}

func (n *tenant) waitGone() {
	n.Helper()
	eventually(n.T, "the tenant is gone", func() error { return missing(n, "justice", &v1alpha1.SharingTenant{}) })
}

func (n *tenant) hasKeys(want ...string) error {
	keys, err := n.vault.Keys(n.Context(), n.namespace+".")
	if err == nil && !slices.Equal(keys, want) {
		err = fmt.Errorf("keys are %v, want %v", keys, want)
	}
	return err
}

func retains(n *tenant) {
	n.becomeReady()
	key := n.namespace + ".justice-production.2026-12-03"
	n.vault.Add(key)
	n.secret("justice-production-tls")
	claim := fetch(n, "justice-production", &corev1.PersistentVolumeClaim{})
	n.kubectl("delete", "stn", "justice")
	n.waitGone()
	if err := missing(n, "justice-production-tls", &corev1.Secret{}); err != nil {
		n.Error(err)
	}
	if err := n.hasKeys(key); err != nil {
		n.Error(err)
	}
	if err := n.leftBehind(&appsv1.DeploymentList{}, &corev1.ServiceList{}, &corev1.ConfigMapList{}, &corev1.ServiceAccountList{}, &certmanagerv1.CertificateList{}); err != nil {
		n.Errorf("nothing will ever remove it: %v", err)
	}
	n.apply(tenantYAML)
	n.waitReady()
	if again := fetch(n, "justice-production", &corev1.PersistentVolumeClaim{}); again.UID != claim.UID {
		n.Error("the documents are on another volume")
	}
}

func destroys(n *tenant) {
	n.becomeReady()
	mine, other := n.namespace+".justice-development.2026-12-03", n.namespace+".justice-production-too.2026-12-03"
	for _, key := range []string{n.namespace + ".justice-production.2026-12-03", mine, other} {
		n.vault.Add(key)
	}
	n.secret("justice-production-tls")
	n.secret("justice-development-scan")
	n.kubectl("patch", "stn", "justice", "--type=merge", "-p", `{"spec":{"deletionPolicy":"Destroy"}}`)
	n.kubectl("delete", "stn", "justice", "--wait=false")
	waiting := n.waitFor(v1alpha1.ReadyCondition, metav1.ConditionFalse, "DestroyNotConfirmed", "kubectl annotate")
	fetch(n, "justice-production", &corev1.PersistentVolumeClaim{})
	n.staysOpen()

	n.vault.Fail(vault.Unreachable)
	defer n.vault.Fail("")
	n.confirm(waiting)
	n.waitFor(v1alpha1.KeysReadyCondition, metav1.ConditionFalse, string(vault.Unreachable))
	if err := missing(n, "justice-production", &corev1.PersistentVolumeClaim{}); err != nil {
		n.Error(err)
	}
	n.vault.Fail("")
	n.waitGone()
	if err := n.hasKeys(other); err != nil {
		n.Error(err)
	}
	for _, name := range []string{"justice-production-tls", "justice-development-scan"} {
		if err := missing(n, name, &corev1.Secret{}); err != nil {
			n.Error(err)
		}
	}
	left := n.kubectl("get", "deployments,services,configmaps,serviceaccounts,networkpolicies,certificates,pvc", "-o", "name", "-l", v1alpha1.TenantLabel+"=justice")
	if left != "" {
		n.Errorf("left in Kubernetes:\n%s", left)
	}
}

// confirm runs the command that the condition gives.
func (n *tenant) confirm(tenant *v1alpha1.SharingTenant) {
	n.Helper()
	for _, condition := range tenant.Status.Conditions {
		if _, rest, found := strings.Cut(condition.Message, "To confirm: kubectl "); found {
			command, _, _ := strings.Cut(rest, ";")
			n.api.MustKubectl(n.T, "", strings.Fields(command)...)
			return
		}
	}
	n.Fatal("no condition gives a command")
}

func namespaceGoes(n *tenant) {
	n.becomeReady()
	key := n.namespace + ".justice-production.2026-12-03"
	n.vault.Add(key)
	n.kubectl("patch", "stn", "justice", "--type=merge", "-p", `{"spec":{"deletionPolicy":"Destroy"}}`)
	// Without a controller for namespaces the test removes what that one would.
	n.kubectl("delete", "namespace", n.namespace, "--wait=false")
	n.kubectl("delete", "pilots,retentionpolicies,sharingtenants", "--all", "--wait=false")
	n.waitGone()
	eventually(n.T, "pilots and policies are gone", func() error {
		if left := n.kubectl("get", "pilots,retentionpolicies", "-o", "name"); left != "" {
			return fmt.Errorf("left: %s", left)
		}
		return nil
	})
	if err := n.hasKeys(key); err != nil {
		n.Errorf("nobody confirmed that keys go: %v", err)
	}
}

func environmentGoes(n *tenant) {
	n.becomeReady()
	n.secret("justice-development-tls")
	n.kubectl("patch", "stn", "justice", "--type=json", "-p", `[{"op":"remove","path":"/spec/environments/1"}]`)
	eventually(n.T, "what served development is gone", func() error {
		left := n.kubectl("get", "deployments,services,configmaps,serviceaccounts,networkpolicies,certificates,pvc", "-o", "name",
			"-l", v1alpha1.TenantLabel+"=justice,"+v1alpha1.EnvironmentLabel+"=development")
		if strings.TrimSpace(left) != "persistentvolumeclaim/justice-development" {
			return fmt.Errorf("left: %s", left)
		}
		return missing(n, "justice-development-tls", &corev1.Secret{})
	})
	if tenant := n.waitReady(); len(tenant.Status.Environments) != 1 {
		n.Errorf("the status has %+v", tenant.Status.Environments)
	}
	n.quiet()
}

func platformChanges(n *tenant) {
	n.becomeReady()
	defer n.reload(platformFile(n.T))
	n.reload(strings.Replace(platformFile(n.T), "host: smtp.mail.svc", "host: relay.example.org", 1))
	eventually(n.T, "the server is told of the new relay", func() error {
		if got := n.config("justice-production").Mail.Host; got != "relay.example.org" {
			return fmt.Errorf("the relay is %s", got)
		}
		return nil
	})
	n.waitReady()
}
