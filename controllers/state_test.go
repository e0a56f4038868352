package controllers_test

import (
	"fmt"
	"slices"
	"strings"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	cmmeta "github.com/cert-manager/cert-manager/pkg/apis/meta/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/desired"
)

func (n *tenant) reload(file string) {
	n.Helper()
	n.load(n.T, file)
	n.wake <- event.GenericEvent{Object: &v1alpha1.SharingTenant{}}
}

func (n *tenant) allocate(gigabytes int) {
	n.Helper()
	n.kubectl("patch", "stn", "justice", "--type=json", "-p",
		fmt.Sprintf(`[{"op":"add","path":"/spec/environments/0/storage","value":{"allocatedGB":%d}}]`, gigabytes))
}

func (n *tenant) production() v1alpha1.EnvironmentStatus {
	n.Helper()
	for _, e := range n.get().Status.Environments {
		if e.Name == v1alpha1.ProductionEnvironment {
			return e
		}
	}
	return v1alpha1.EnvironmentStatus{}
}

func (n *tenant) waitQuota(gigabytes int64) {
	n.Helper()
	eventually(n.T, fmt.Sprintf("the quota is %d GB", gigabytes), func() error {
		got, inFile := n.production().Quota, n.config("justice-production").Storage.QuotaBytes
		if got == nil || got.Value() != gigabytes*1_000_000_000 || inFile != got.Value() {
			return fmt.Errorf("it is %v, in the configuration %d", got, inFile)
		}
		return nil
	})
}

func grows(n *tenant) {
	n.becomeReady()
	release := n.cluster.Hold(n.namespace, "PersistentVolumeClaim")
	n.allocate(35)
	n.waitFor(v1alpha1.StorageReadyCondition, metav1.ConditionFalse, "VolumeGrowing")
	if got := n.config("justice-production").Storage.QuotaBytes; got >= 35_000_000_000 {
		n.Errorf("the quota is %d before the volume holds it", got)
	}
	release()
	n.waitQuota(35)
	if billing := n.waitReady().Status.Billing; billing.AllocatedGB != 35 || billing.Annual != "3556.25" || billing.Monthly != "296.35" {
		n.Errorf("billing is %+v", billing)
	}
	n.allocate(20)
	n.waitQuota(20)
	n.waitReady()
	asked := fetch(n, "justice-production", &corev1.PersistentVolumeClaim{}).Spec.Resources.Requests.Storage()
	if asked.Cmp(*resource.NewQuantity(desired.VolumeBytes(35), resource.BinarySI)) != 0 {
		n.Errorf("the claim asks for %s: a volume cannot shrink", asked)
	}
}

func cannotGrow(n *tenant) {
	n.apply(retentionYAML, pilotYAML, strings.Replace(tenantYAML, "    host: partage.NAMESPACE",
		"    storage: {storageClassName: rigid}\n    host: partage.NAMESPACE", 1))
	n.waitReady()
	n.kubectl("patch", "stn", "justice", "--type=json", "-p", `[{"op":"add","path":"/spec/environments/0/storage/allocatedGB","value":50}]`)
	n.waitFor(v1alpha1.StorageReadyCondition, metav1.ConditionFalse, "VolumeCannotGrow", "allowVolumeExpansion")
	n.waitFor(v1alpha1.StalledCondition, metav1.ConditionTrue, "VolumeCannotGrow")
	if billing := n.get().Status.Billing; billing.AllocatedGB >= 50 {
		n.Errorf("%d GB are billed that nobody can use", billing.AllocatedGB)
	}
	n.quiet()
	n.kubectl("patch", "stn", "justice", "--type=json", "-p", `[{"op":"add","path":"/spec/environments/0/storage/allocatedGB","value":20}]`)
	n.waitReady()
}

func refusesVolume(n *tenant) {
	n.apply(retentionYAML, pilotYAML, `{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"justice-production","namespace":"NAMESPACE"},
		"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}`, tenantYAML)
	n.waitFor(v1alpha1.StorageReadyCondition, metav1.ConditionFalse, "VolumeNotOurs", "label")
	if err := missing(n, "justice-production", &appsv1.Deployment{}); err != nil {
		n.Error(err)
	}
	n.kubectl("delete", "pvc", "justice-production", "--wait=false")
	n.kubectl("patch", "pvc", "justice-production", "--type=merge", "-p", `{"metadata":{"finalizers":null}}`)
	n.waitReady()
}

func (n *tenant) use(bytes int64) {
	n.servers.Set(func() { n.servers.Used[n.namespace+"/justice-production"] = bytes })
}

func usageMoves(n *tenant) {
	n.becomeReady()
	n.use(104_857_600)
	eventually(n.T, "the status shows 105 MB", func() error {
		if got := n.production(); got.Used.Value() != 105_000_000 || *got.UsedPercent != 0 {
			return fmt.Errorf("it shows %s, %d %%", got.Used, *got.UsedPercent)
		}
		return nil
	})
	if table := n.kubectl("get", "stn"); !strings.Contains(table, "105M") {
		n.Errorf("the table does not show it:\n%s", table)
	}
	n.use(120_000_000)
	n.quiet()
	if got := n.production().Used.Value(); got != 105_000_000 {
		n.Errorf("a little use moved the status to %d", got)
	}
	n.use(10_000_000_000)
	eventually(n.T, "the status shows 50 %", func() error {
		if got := *n.production().UsedPercent; got != 50 {
			return fmt.Errorf("it shows %d %%", got)
		}
		return nil
	})
}

func silentServer(n *tenant) {
	n.becomeReady()
	n.servers.Set(func() { n.servers.Silent[n.namespace] = true })
	defer n.servers.Set(func() { n.servers.Silent[n.namespace] = false })
	n.quiet()
	n.waitReady()
}

func configurationOnItsWay(n *tenant) {
	n.becomeReady()
	n.servers.Set(func() { n.servers.Stale[n.namespace] = true })
	n.apply(strings.Replace(retentionYAML, `"maxDays":90`, `"maxDays":60`, 1))
	n.waitFor(v1alpha1.ConfigurationReadyCondition, metav1.ConditionFalse, "ConfigurationOnItsWay")
	n.staysOpen()
	n.servers.Set(func() { n.servers.Stale[n.namespace] = false })
	n.waitReady()
}

// unknownType: what no server recognizes is not written, or the next server would
// not start; the one there is goes on with what it has.
func unknownType(n *tenant) {
	n.becomeReady()
	n.patchSpec(`"uploads":{"blockedTypes":["video/*"]}`)
	n.waitBlocked("video/*")
	n.waitReady()
	n.patchSpec(`"uploads":{"blockedTypes":["video/*","application/exe-file"]}`)
	n.waitFor(v1alpha1.StalledCondition, metav1.ConditionTrue, "UploadsInvalid", "spec.uploads.blockedTypes", "application/exe-file", "application/x-sh")
	n.waitBlocked("video/*")
	n.staysOpen()
	n.patchSpec(`"uploads":{"blockedTypes":["application/x-sh"]}`)
	n.waitBlocked("application/x-sh")
	n.waitReady()
}

func (n *tenant) waitBlocked(types ...string) {
	n.Helper()
	eventually(n.T, "the types are blocked", func() error {
		if got := n.config("justice-production").Uploads.BlockedTypes; !slices.Equal(got, types) {
			return fmt.Errorf("%v are, want %v", got, types)
		}
		return nil
	})
}

func unknownVersion(n *tenant) {
	n.becomeReady()
	n.kubectl("patch", "stn", "justice", "--type=merge", "-p", `{"spec":{"version":"9.9.9"}}`)
	n.waitFor(v1alpha1.StalledCondition, metav1.ConditionTrue, "UnknownVersion", "9.9.9", "0.1.0")
	n.staysOpen()
	n.kubectl("patch", "stn", "justice", "--type=merge", "-p", `{"spec":{"version":"0.1.0"}}`)
	n.waitReady()
}

func unknownIssuer(n *tenant) {
	n.apply(retentionYAML, pilotYAML, strings.ReplaceAll(tenantYAML, "voute-ca", "absent"))
	n.waitFor(v1alpha1.CertificateReadyCondition, metav1.ConditionFalse, "CertificatePending", "Secret does not exist")
	request := &certmanagerv1.CertificateRequest{
		ObjectMeta: metav1.ObjectMeta{Namespace: n.namespace, Name: "justice-production-tls-1"},
		Spec:       certmanagerv1.CertificateRequestSpec{Request: []byte("x"), IssuerRef: cmmeta.IssuerReference{Name: "absent"}},
	}
	if err := n.kube.Create(n.Context(), request); err != nil {
		n.Fatal(err)
	}
	request.Status.Conditions = []certmanagerv1.CertificateRequestCondition{{
		Type: certmanagerv1.CertificateRequestConditionReady, Status: cmmeta.ConditionFalse, Reason: "Pending",
		Message: `Referenced "ClusterIssuer" not found: clusterissuer.cert-manager.io "absent" not found`,
	}}
	if err := n.kube.Status().Update(n.Context(), request); err != nil {
		n.Fatal(err)
	}
	n.waitFor(v1alpha1.CertificateReadyCondition, metav1.ConditionFalse, "CertificatePending", `"absent" not found`)
	n.waitFor(v1alpha1.StorageReadyCondition, metav1.ConditionTrue, "")
	if err := missing(n, "justice-production", &appsv1.Deployment{}); err != nil {
		n.Errorf("a server is started without its certificate: %v", err)
	}
	n.apply(tenantYAML)
	n.waitReady()
}

// keepsItsHost: a live tenant that claims the host of another one goes on
// serving where it does, and nothing of it speaks of the other's host.
func keepsItsHost(n *tenant) {
	n.becomeReady()
	greedy := n.newTenant(n.T)
	greedy.becomeReady()
	own, coveted := "partage."+greedy.namespace+".example", "partage."+n.namespace+".example"
	greedy.claim(coveted)
	greedy.waitFor(v1alpha1.StalledCondition, metav1.ConditionTrue, "HostConflict", n.namespace+"/justice")
	greedy.quiet()
	objects := greedy.kubectl("get", "service,configmap,certificate", "-o", "yaml")
	if strings.Contains(objects, coveted) || !strings.Contains(objects, own) {
		greedy.Errorf("it goes to the other's host:\n%s", objects)
	}
	if got := greedy.production().URL; got != "https://"+own {
		greedy.Errorf("its address is %s", got)
	}
	n.waitReady()
	greedy.claim(own)
	greedy.waitReady()
}

func (n *tenant) claim(host string) {
	n.Helper()
	n.kubectl("patch", "stn", "justice", "--type=json", "-p", `[{"op":"replace","path":"/spec/environments/0/host","value":"`+host+`"}]`)
}

func boughtCertificate(n *tenant) {
	n.becomeReady()
	n.secret("justice-production-tls")
	n.secret("bought")
	release := n.cluster.Hold(n.namespace, "Deployment")
	defer release()
	n.kubectl("patch", "stn", "justice", "--type=json", "-p", `[{"op":"replace","path":"/spec/environments/0/certificate","value":{"secretName":"bought"}}]`)
	n.waitFor(v1alpha1.WorkloadReadyCondition, metav1.ConditionFalse, "RollingOut")
	fetch(n, "justice-production-tls", &corev1.Secret{}) // the server that runs mounts it
	release()
	eventually(n.T, "its own certificate goes", func() error {
		if err := missing(n, "justice-production-tls", &certmanagerv1.Certificate{}); err != nil {
			return err
		}
		return missing(n, "justice-production-tls", &corev1.Secret{})
	})
	n.waitReady()
	mounted := ""
	for _, volume := range fetch(n, "justice-production", &appsv1.Deployment{}).Spec.Template.Spec.Volumes {
		if volume.Secret != nil && volume.Secret.SecretName == "bought" {
			mounted = volume.Name
		}
	}
	if mounted == "" {
		n.Error("the Secret is not mounted")
	}
	fetch(n, "bought", &corev1.Secret{})
	n.quiet()
}
