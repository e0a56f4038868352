package desired

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"voute.dev/voute/api/v1alpha1"
)

const (
	serverName = "voute-server"
	// operatorName is the value of app.kubernetes.io/name on the operator's pods.
	operatorName = "voute-operator"
	versionLabel = "app.kubernetes.io/version"
)

// Selector identifies the pods of one environment. A Deployment's selector
// cannot change, so neither can this.
func Selector(tenant string, environment v1alpha1.EnvironmentName) map[string]string {
	return map[string]string{
		"app.kubernetes.io/name":  serverName,
		v1alpha1.TenantLabel:      tenant,
		v1alpha1.EnvironmentLabel: string(environment),
	}
}

// Labels are on every object and pod of one environment. Nothing in them follows
// the operator's own version: an upgrade of the operator changes no pod template.
func Labels(tenant string, environment v1alpha1.EnvironmentName) map[string]string {
	labels := Selector(tenant, environment)
	labels["app.kubernetes.io/instance"] = Name(tenant, environment)
	labels["app.kubernetes.io/component"] = "sharing-server"
	labels["app.kubernetes.io/part-of"] = "voute"
	labels["app.kubernetes.io/managed-by"] = operatorName
	return labels
}

func (in Input) name() string {
	return Name(in.Tenant.Name, in.Environment.Name)
}

func (in Input) selector() map[string]string {
	return Selector(in.Tenant.Name, in.Environment.Name)
}

func (in Input) labels() map[string]string {
	return Labels(in.Tenant.Name, in.Environment.Name)
}

// owned is the metadata of an object that goes with its tenant.
func (in Input) owned(name string) metav1.ObjectMeta {
	meta := in.unowned(name)
	meta.OwnerReferences = []metav1.OwnerReference{
		*metav1.NewControllerRef(in.Tenant, v1alpha1.GroupVersion.WithKind("SharingTenant")),
	}
	return meta
}

// unowned is the metadata of an object that outlives its tenant.
func (in Input) unowned(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: in.Tenant.Namespace, Labels: in.labels()}
}

func typeMeta(apiVersion, kind string) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: apiVersion, Kind: kind}
}
