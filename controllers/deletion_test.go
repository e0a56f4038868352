package controllers_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/vault"
)

// deletions are about one client, beside others.
var deletions = slices.Concat([]scenario{
	{"deleted with --cascade=orphan and Destroy", func(n *tenant) { orphaned(n, true) }},
	{"deleted with --cascade=orphan and Retain", func(n *tenant) { orphaned(n, false) }},
	{"deleted with --cascade=foreground", foreground},
	{"deleted as a release is uninstalled", uninstalled},
	{"deleted as a release is uninstalled, with Destroy", uninstalledUnconfirmed},
	{"deleted while another has taken its server", deletedWhileStolen},
	{"forced off, then made again while its objects go", forced},
	{"made again while its volume goes", whileVolumeGoes},
	{"its namespace goes, and is made again", whileNamespaceGoes},
	{"a Secret that cannot be removed is tried again", secretLater},
}, halfMade)

// deletionsWithoutVault make Vault fail, which all clients share.
var deletionsWithoutVault = []scenario{
	{"deleted with Destroy while Vault is gone for good", vaultGone},
	{"made again while its keys go", whileKeysGo},
}

// halfMade are tenants that are deleted before they are ready.
var halfMade = func() []scenario {
	var all []scenario
	for _, each := range []struct{ what, kind, condition string }{
		{"certificates are issued", "Certificate", v1alpha1.CertificateReadyCondition},
		{"volumes are bound", "PersistentVolumeClaim", v1alpha1.StorageReadyCondition},
		{"servers start", "Deployment", v1alpha1.WorkloadReadyCondition},
		{"addresses open", "Service", v1alpha1.ExposureReadyCondition},
		{"configurations take effect", "", v1alpha1.ConfigurationReadyCondition},
	} {
		for _, policy := range []v1alpha1.DeletionPolicy{v1alpha1.RetainOnDeletion, v1alpha1.DestroyOnDeletion} {
			all = append(all, scenario{fmt.Sprintf("deleted with %s while %s", policy, each.what), func(n *tenant) {
				n.halfMade(each.kind, each.condition, policy)
			}})
		}
	}
	return all
}()

func (n *tenant) halfMade(kind, condition string, policy v1alpha1.DeletionPolicy) {
	release := n.cluster.Hold(n.namespace, kind)
	defer release()
	if kind == "" {
		n.servers.Set(func() { n.servers.Stale[n.namespace] = true })
		defer n.servers.Set(func() { n.servers.Stale[n.namespace] = false })
	}
	n.apply(retentionYAML, pilotYAML, tenantYAML)
	waiting := n.waitFor(condition, metav1.ConditionFalse, "")
	if !meta.IsStatusConditionTrue(waiting.Status.Conditions, v1alpha1.ReconcilingCondition) {
		n.Errorf("it is not under way: %s", summary(waiting))
	}
	n.allowDestroy(policy)
	n.kubectl("delete", "stn", "justice", "--wait=false")
	if kind == "PersistentVolumeClaim" && policy == v1alpha1.DestroyOnDeletion {
		n.waitFor(v1alpha1.StorageReadyCondition, metav1.ConditionFalse, "DestroyingVolumes")
	}
	release()
	n.waitGone()
	n.leaves(policy)
	n.kubectl("delete", "pilot,retentionpolicy", "--all", "--timeout=60s")
}

// uninstall deletes what Helm deletes, in Helm's order, which is that of the
// kinds' names, and without waiting: the last pilot and the policy before the
// tenant that holds both.
func (n *tenant) uninstall() {
	n.Helper()
	n.kubectl("delete", "pilot", "marie", "--wait=false")
	n.kubectl("delete", "retentionpolicy", "courante", "--wait=false")
	n.waitPilot("marie", "LastPilot", nil)
	n.kubectl("delete", "stn", "justice", "--wait=false")
}

// uninstalled: nothing that is held keeps a release from going.
func uninstalled(n *tenant) {
	n.becomeReady()
	n.uninstall()
	n.waitGone()
	n.leaves(v1alpha1.RetainOnDeletion)
	eventually(n.T, "pilot and policy go by themselves", func() error {
		return errors.Join(missing(n, "marie", &v1alpha1.Pilot{}), missing(n, "courante", &v1alpha1.RetentionPolicy{}))
	})
	n.becomeReady() // as when it is installed again
}

// uninstalledUnconfirmed: a release that would destroy waits for the word, and
// its pilots can sign in until then.
func uninstalledUnconfirmed(n *tenant) {
	n.becomeReady()
	n.kubectl("patch", "stn", "justice", "--type=merge", "-p", `{"spec":{"deletionPolicy":"Destroy"}}`)
	n.waitReady()
	n.uninstall()
	eventually(n.T, "pilot and policy go", func() error {
		return errors.Join(missing(n, "marie", &v1alpha1.Pilot{}), missing(n, "courante", &v1alpha1.RetentionPolicy{}))
	})
	n.waitFor(v1alpha1.ReadyCondition, metav1.ConditionFalse, "DestroyNotConfirmed", v1alpha1.DestroyAnnotation+"=justice")
	n.waitPilots("marie")
	n.kubectl("annotate", "stn", "justice", v1alpha1.DestroyAnnotation+"=justice")
	n.waitGone()
	n.leaves(v1alpha1.DestroyOnDeletion)
}

func (n *tenant) allowDestroy(policy v1alpha1.DeletionPolicy) {
	n.Helper()
	if policy == v1alpha1.DestroyOnDeletion {
		n.kubectl("patch", "stn", "justice", "--type=merge", "-p", `{"spec":{"deletionPolicy":"Destroy"},"metadata":{"annotations":{"`+v1alpha1.DestroyAnnotation+`":"justice"}}}`)
	}
}

// leaves: of a tenant that is gone are left its volumes with Retain, and
// nothing with Destroy.
func (n *tenant) leaves(policy v1alpha1.DeletionPolicy) {
	n.Helper()
	want := ""
	if policy == v1alpha1.RetainOnDeletion {
		want = "persistentvolumeclaim/justice-development persistentvolumeclaim/justice-production"
	}
	eventually(n.T, "what is left is what is to be left", func() error {
		if got := strings.Join(n.left(), " "); got != want {
			return fmt.Errorf("it is %q, want %q", got, want)
		}
		return nil
	})
}

const ownedKinds = "controllerrevisions,deployments,services,configmaps,serviceaccounts,networkpolicies,certificates,pvc"

// orphaned: the garbage collector, which the test stands in for, has taken the
// owner from every object before the operator may remove them. Left without an
// owner, a server would run for ever, and hold its volume.
func orphaned(n *tenant, destroy bool) {
	n.becomeReady()
	n.kubectl("patch", "stn", "justice", "--type=merge", "-p", `{"spec":{"deletionPolicy":"Destroy"}}`)
	n.kubectl("delete", "stn", "justice", "--cascade=orphan", "--wait=false")
	waiting := n.waitFor(v1alpha1.ReadyCondition, metav1.ConditionFalse, "DestroyNotConfirmed")
	for _, object := range n.left() {
		n.kubectl("patch", object, "--type=merge", "-p", `{"metadata":{"ownerReferences":null}}`)
	}
	policy := v1alpha1.RetainOnDeletion
	if destroy {
		policy = v1alpha1.DestroyOnDeletion
		n.confirm(waiting)
	} else {
		n.kubectl("patch", "stn", "justice", "--type=merge", "-p", `{"spec":{"deletionPolicy":"Retain"}}`)
	}
	n.collect("orphan")
	n.waitGone()
	n.leaves(policy)
}

func foreground(n *tenant) {
	n.becomeReady()
	n.kubectl("delete", "stn", "justice", "--cascade=foreground", "--wait=false")
	n.collect("foregroundDeletion")
	n.waitGone()
	n.leaves(v1alpha1.RetainOnDeletion)
	n.apply(tenantYAML)
	n.waitReady()
}

// collect stands in for the garbage collector, which removes its finalizer from
// an owner when it is done with what is owned; ours is gone by then or not.
func (n *tenant) collect(finalizer string) {
	n.Helper()
	eventually(n.T, "the garbage collector is done", func() error {
		tenant := n.get()
		tenant.Finalizers = slices.DeleteFunc(tenant.Finalizers, func(each string) bool { return each == finalizer })
		return n.kube.Update(n.Context(), tenant)
	})
}

// deletedWhileStolen: what another controller has taken is still the tenant's.
func deletedWhileStolen(n *tenant) {
	n.becomeReady()
	n.kubectl("patch", "stn", "justice", "--type=merge", "-p", `{"spec":{"deletionPolicy":"Destroy"}}`)
	n.kubectl("delete", "stn", "justice", "--wait=false")
	waiting := n.waitFor(v1alpha1.ReadyCondition, metav1.ConditionFalse, "DestroyNotConfirmed")
	n.kubectl("patch", "deployment", "justice-production", "--type=merge", "-p", `{"metadata":{"ownerReferences":[`+thief+`]}}`)
	n.confirm(waiting)
	n.waitGone()
	n.leaves(v1alpha1.DestroyOnDeletion)
}

// forced: the finalizer is removed by hand. What is left of it, volumes apart,
// goes by its owner that is gone; a tenant made again meanwhile waits for each.
func forced(n *tenant) {
	n.becomeReady()
	claim := fetch(n, "justice-production", &corev1.PersistentVolumeClaim{})
	n.kubectl("patch", "stn", "justice", "--type=merge", "-p", `{"spec":{"deletionPolicy":"Destroy"}}`) // which waits, and so removes nothing
	n.force("stn", "justice")
	n.waitGone()
	if left := n.left(); len(left) != 20 {
		n.Errorf("it leaves %v to the garbage collector", left)
	}
	n.apply(tenantYAML)
	for _, each := range []struct{ condition, object string }{
		{v1alpha1.CertificateReadyCondition, "Certificate " + n.namespace + "/justice-production-tls"},
		{v1alpha1.ConfigurationReadyCondition, "ConfigMap " + n.namespace + "/justice-production"},
	} {
		n.waitFor(each.condition, metav1.ConditionFalse, "NameTaken", each.object, "an earlier SharingTenant justice")
	}
	n.waitFor(v1alpha1.ReconcilingCondition, metav1.ConditionTrue, "NameTaken")
	n.kubectl("delete", "certificates,configmaps", "-l", v1alpha1.TenantLabel+"=justice")
	n.waitFor(v1alpha1.WorkloadReadyCondition, metav1.ConditionFalse, "NameTaken", "an earlier SharingTenant justice")
	n.kubectl("delete", "controllerrevisions,deployments,services,serviceaccounts,networkpolicies", "-l", v1alpha1.TenantLabel+"=justice")
	n.waitReady()
	if again := fetch(n, "justice-production", &corev1.PersistentVolumeClaim{}); again.UID != claim.UID {
		n.Error("the documents are on another volume")
	}
	n.quiet()
}

// left are the tenant's objects that are there.
func (n *tenant) left() []string {
	n.Helper()
	left := strings.Fields(n.kubectl("get", ownedKinds, "-o", "name", "-l", v1alpha1.TenantLabel+"=justice"))
	slices.Sort(left)
	return left
}

func whileVolumeGoes(n *tenant) {
	n.becomeReady()
	old := fetch(n, "justice-production", &corev1.PersistentVolumeClaim{})
	n.kubectl("delete", "stn", "justice")
	release := n.cluster.Hold(n.namespace, "PersistentVolumeClaim") // a pod that still runs
	defer release()
	n.kubectl("delete", "pvc", "justice-production", "--wait=false")
	n.apply(tenantYAML)
	n.waitFor(v1alpha1.StorageReadyCondition, metav1.ConditionFalse, "VolumeLeaving", "justice-production is being deleted")
	n.waitFor(v1alpha1.ReconcilingCondition, metav1.ConditionTrue, "")
	if err := missing(n, "justice-production", &appsv1.Deployment{}); err != nil {
		n.Errorf("a server starts on a volume that goes: %v", err)
	}
	release()
	n.waitReady()
	if again := fetch(n, "justice-production", &corev1.PersistentVolumeClaim{}); again.UID == old.UID {
		n.Error("it is the volume that was going")
	}
}

// whileNamespaceGoes: what is deleted in a namespace that goes cannot be made
// again, which the tenant says; in a new namespace of that name it works.
func whileNamespaceGoes(n *tenant) {
	n.becomeReady()
	n.kubectl("delete", "namespace", n.namespace, "--wait=false")
	n.kubectl("delete", "service", "justice-production")
	n.waitFor(v1alpha1.ExposureReadyCondition, metav1.ConditionFalse, "NamespaceLeaving", "being deleted")
	text := strings.ReplaceAll(strings.ReplaceAll(tenantYAML, "NAMESPACE", n.namespace), "name: justice,", "name: other,")
	if _, err := n.api.Kubectl(n.T, text, "apply", "-f", "-"); err == nil || !strings.Contains(err.Error(), "being terminated") {
		n.Errorf("a namespace that goes takes a tenant: %v", err)
	}
	// Without a controller for namespaces the test does what that one does.
	n.kubectl("delete", "pilots,retentionpolicies,sharingtenants,pvc", "--all", "--wait=false")
	n.waitGone()
	eventually(n.T, "nothing is left", func() error {
		if left := append(n.left(), strings.Fields(n.kubectl("get", "pilots,retentionpolicies", "-o", "name"))...); len(left) > 0 {
			return fmt.Errorf("%v", left)
		}
		return nil
	})
	n.api.MustKubectl(n.T, `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"`+n.namespace+`"},"spec":{"finalizers":[]}}`,
		"replace", "--raw", "/api/v1/namespaces/"+n.namespace+"/finalize", "-f", "-")
	n.api.MustKubectl(n.T, "", "create", "namespace", n.namespace)
	n.becomeReady()
}

// vaultGone: Vault does not come back. The condition says how to give the keys
// up, and the command that it gives does so.
func vaultGone(n *tenant) {
	n.becomeReady()
	key := n.namespace + ".justice-production.2026-12-03"
	n.vault.Add(key)
	n.allowDestroy(v1alpha1.DestroyOnDeletion)
	n.vault.Fail(vault.Unreachable)
	defer n.vault.Fail("")
	n.kubectl("delete", "stn", "justice", "--wait=false")
	waiting := n.waitFor(v1alpha1.KeysReadyCondition, metav1.ConditionFalse, string(vault.Unreachable), "volumes are destroyed", "gone for good")
	n.leaves(v1alpha1.DestroyOnDeletion)
	n.run(waiting, v1alpha1.KeysReadyCondition, "give the keys up: ")
	n.waitGone()
	n.vault.Fail("")
	if err := n.hasKeys(key); err != nil {
		n.Errorf("a Vault that comes back after all: %v", err)
	}
}

// run executes the kubectl command that a condition's message ends in.
func (n *tenant) run(tenant *v1alpha1.SharingTenant, kind, before string) {
	n.Helper()
	_, command, found := strings.Cut(meta.FindStatusCondition(tenant.Status.Conditions, kind).Message, before+"kubectl ")
	if !found {
		n.Fatalf("the message gives no command: %s", summary(tenant))
	}
	words := strings.Fields(command)
	for i := range words {
		words[i] = strings.Trim(words[i], "'")
	}
	n.api.MustKubectl(n.T, "", words...)
}

// whileKeysGo: until the keys are destroyed the tenant is there, and nobody can
// make another of its name; then it works.
func whileKeysGo(n *tenant) {
	n.becomeReady()
	key := n.namespace + ".justice-production.2026-12-03"
	n.vault.Add(key)
	n.allowDestroy(v1alpha1.DestroyOnDeletion)
	n.vault.Fail(vault.Sealed)
	defer n.vault.Fail("")
	n.kubectl("delete", "stn", "justice", "--wait=false")
	n.waitFor(v1alpha1.KeysReadyCondition, metav1.ConditionFalse, string(vault.Sealed), "unseal")
	if _, err := n.api.Kubectl(n.T, strings.ReplaceAll(tenantYAML, "NAMESPACE", n.namespace), "create", "-f", "-"); err == nil || !strings.Contains(err.Error(), "AlreadyExists") {
		n.Errorf("a tenant is made beside one that goes: %v", err)
	}
	n.vault.Fail("")
	n.waitGone()
	if err := n.hasKeys(); err != nil {
		n.Error(err)
	}
	n.apply(tenantYAML)
	n.waitReady()
}

// secretLater: the right to delete Secrets comes later, or the API server does
// not answer once: what was issued to an environment that is gone goes in the end.
func secretLater(n *tenant) {
	n.becomeReady()
	n.secret("justice-development-tls")
	failed := n.written.failOnce("/namespaces/" + n.namespace + "/secrets/justice-development-tls")
	n.kubectl("patch", "stn", "justice", "--type=json", "-p", `[{"op":"remove","path":"/spec/environments/1"}]`)
	eventually(n.T, "its Secret goes", func() error { return missing(n, "justice-development-tls", &corev1.Secret{}) })
	if !failed() {
		n.Error("no request for the Secret has failed: the scenario proves nothing")
	}
	n.waitReady()
}
