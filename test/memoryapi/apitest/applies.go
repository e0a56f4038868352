package apitest

import (
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/util/csaupgrade"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	deployment = `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"namespace":"NAMESPACE","name":"server","labels":{"sharing.voute.dev/tenant":"justice"}},
"spec":{"replicas":1,"selector":{"matchLabels":{"app":"server"}},"template":{"metadata":{"labels":{"app":"server"}},
"spec":{"containers":[{"name":"server","image":"example.org/server:1","args":["--config","a"],"env":[{"name":"A","value":"b"}],"ports":[{"containerPort":8443}]}]}}}}`

	service = `{"apiVersion":"v1","kind":"Service","metadata":{"namespace":"NAMESPACE","name":"server"},
"spec":{"type":"LoadBalancer","selector":{"app":"server"},"ports":[{"name":"https","port":443,"targetPort":8443},{"name":"http","port":80,"targetPort":8080}]}}`

	configMap = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"namespace":"NAMESPACE","name":"file"},"data":{"a":"1","b":"2"}}`

	certificate = `{"apiVersion":"cert-manager.io/v1","kind":"Certificate","metadata":{"namespace":"NAMESPACE","name":"tls"},
"spec":{"secretName":"tls","dnsNames":["a.example"],"usages":["digital signature"],"issuerRef":{"name":"voute-ca","kind":"ClusterIssuer"}}}`
)

const owner = "voute-operator"

// ownedBy are the operations under which the owner has fields of the main resource.
func ownedBy(object metav1.Object) string {
	var operations []string
	for _, entry := range object.GetManagedFields() {
		if entry.Manager == owner && entry.Subresource == "" {
			operations = append(operations, string(entry.Operation))
		}
	}
	return strings.Join(operations, " ")
}

// applies is server-side apply, and the account of who owns what.
var applies = map[string]func(*place){
	"an apply makes an object, and again changes nothing": func(p *place) {
		for _, text := range []string{deployment, service, configMap, certificate} {
			made := p.mustApply(owner, text)
			if made.GetUID() == "" || made.GetResourceVersion() == "" {
				p.Errorf("%s: the answer has no uid or version", made.GetKind())
			}
			equal(p, made.GetKind()+"'s fields", ownedBy(made), "Apply")
			again := p.mustApply(owner, text)
			equal(p, made.GetKind()+"'s version", again.GetResourceVersion(), made.GetResourceVersion())
		}
	},
	"defaults are filled in, and nobody owns them": func(p *place) {
		live := &appsv1.Deployment{}
		p.mustApply(owner, deployment)
		read(p, "server", live)
		equal(p, "the restart policy", live.Spec.Template.Spec.RestartPolicy, corev1.RestartPolicyAlways)
		equal(p, "the protocol", live.Spec.Template.Spec.Containers[0].TerminationMessagePath, "/dev/termination-log")
		for _, entry := range live.ManagedFields {
			if strings.Contains(string(entry.FieldsV1.GetRawBytes()), "terminationMessagePath") {
				p.Errorf("%s owns a default", entry.Manager)
			}
		}
		p.mustApply(owner, service)
		address := read(p, "server", &corev1.Service{})
		equal(p, "the address within", address.Spec.ClusterIP != "", true)
		equal(p, "the protocol", address.Spec.Ports[0].Protocol, corev1.ProtocolTCP)
	},
	"what is no longer applied is removed": func(p *place) {
		p.mustApply(owner, configMap)
		p.mustApply(owner, strings.Replace(configMap, `,"b":"2"`, "", 1))
		if data := read(p, "file", &corev1.ConfigMap{}).Data; len(data) != 1 || data["a"] != "1" {
			p.Errorf("it holds %v", data)
		}
	},
	"what was created is applied from then on": func(p *place) {
		made := p.fields(configMap)
		p.must(p.Kube.Create(p.Context(), made, client.FieldOwner(owner)))
		equal(p, "how its fields are owned", ownedBy(made), "Update")
		upgrade, err := csaupgrade.UpgradeManagedFieldsPatch(made, sets.New(owner), owner)
		p.must(err)
		p.must(p.Kube.Patch(p.Context(), made, client.RawPatch(types.JSONPatchType, upgrade), client.FieldOwner(owner)))
		equal(p, "how its fields are owned after the upgrade", ownedBy(made), "Apply")
		p.mustApply(owner, strings.Replace(configMap, `,"b":"2"`, "", 1))
		if data := read(p, "file", &corev1.ConfigMap{}).Data; len(data) != 1 || data["a"] != "1" {
			p.Errorf("it holds %v", data)
		}
	},
	"what others own too stays": func(p *place) {
		p.mustApply(owner, configMap)
		p.mustApply("someone", configMap)
		p.mustApply(owner, strings.Replace(configMap, `,"b":"2"`, "", 1))
		equal(p, "b", read(p, "file", &corev1.ConfigMap{}).Data["b"], "2")
	},
	"another's change is a conflict unless it is forced": func(p *place) {
		p.mustApply(owner, configMap)
		_, err := p.apply("someone", strings.Replace(configMap, `"1"`, `"9"`, 1))
		p.refused("taken", err, apierrors.IsConflict)
		taken := p.mustApply("someone", strings.Replace(configMap, `"1"`, `"9"`, 1))
		equal(p, "the owner's entry", ownedBy(taken), "Apply")
		back := p.mustApply(owner, configMap)
		value, _, err := unstructured.NestedString(back.Object, "data", "a")
		p.must(err)
		equal(p, "a", value, "1")
	},
	"an update takes fields over": func(p *place) {
		p.mustApply(owner, deployment)
		live := read(p, "server", &appsv1.Deployment{})
		live.Spec.Template.Spec.Containers = append(live.Spec.Template.Spec.Containers, corev1.Container{Name: "spy", Image: "example.org/spy"})
		live.Spec.Template.Spec.Containers[0].Image = "example.org/other"
		p.must(p.Kube.Update(p.Context(), live))
		back := p.mustApply(owner, deployment)
		containers, _, err := unstructured.NestedSlice(back.Object, "spec", "template", "spec", "containers")
		p.must(err)
		equal(p, "the number of containers: an apply leaves the other's,", len(containers), 2)
		found := read(p, "server", &appsv1.Deployment{}).Spec.Template.Spec.Containers
		equal(p, "the image", found[0].Image, "example.org/server:1")
	},
	"a part is set to exactly what is desired, and disowned": func(p *place) {
		p.mustApply(owner, deployment)
		live := read(p, "server", &appsv1.Deployment{})
		live.Spec.Template.Spec.HostNetwork = true
		p.must(p.Kube.Update(p.Context(), live))
		want := p.fields(deployment)
		spec, _, err := unstructured.NestedFieldCopy(want.Object, "spec", "template", "spec")
		p.must(err)
		p.must(p.Kube.Patch(p.Context(), live, p.jsonPatch(op("add", "/spec/template/spec", spec))))
		equal(p, "the host network", live.Spec.Template.Spec.HostNetwork, false)
		equal(p, "the restart policy, a default,", live.Spec.Template.Spec.RestartPolicy, corev1.RestartPolicyAlways)
		var kept []metav1.ManagedFieldsEntry
		for _, entry := range live.ManagedFields {
			if entry.Manager == owner {
				kept = append(kept, entry)
			}
		}
		p.must(p.Kube.Patch(p.Context(), live, p.jsonPatch(op("add", "/metadata/managedFields", kept))))
		equal(p, "the number of owners", len(read(p, "server", &appsv1.Deployment{}).ManagedFields), 1)
		version := live.ResourceVersion
		equal(p, "the version after an apply", p.mustApply(owner, deployment).GetResourceVersion(), version)
	},
	"fields of a custom kind are owned one by one, its lists whole": func(p *place) {
		p.mustApply(owner, certificate)
		_, err := p.apply("someone", strings.Replace(certificate, `"dnsNames":["a.example"]`, `"dnsNames":["a.example","b.example"]`, 1))
		p.refused("a longer list", err, apierrors.IsConflict)
		longer := p.mustApply(owner, strings.Replace(certificate, `"dnsNames":["a.example"]`, `"dnsNames":["b.example"]`, 1))
		names, _, err := unstructured.NestedStringSlice(longer.Object, "spec", "dnsNames")
		p.must(err)
		equal(p, "the names", strings.Join(names, " "), "b.example")
		equal(p, "the generation", longer.GetGeneration(), 2)
	},
	"a status written by others is no one's in the rest": func(p *place) {
		p.mustApply(owner, deployment)
		live := read(p, "server", &appsv1.Deployment{})
		live.Status.ObservedGeneration = 1
		p.must(p.Kube.Status().Update(p.Context(), live))
		for _, entry := range live.ManagedFields {
			if entry.Manager != owner && entry.Subresource != "status" {
				p.Errorf("%s owns fields by %q", entry.Manager, entry.Subresource)
			}
		}
		equal(p, "the version after an apply", p.mustApply(owner, deployment).GetResourceVersion(), live.ResourceVersion)
	},
	"an apply of an older version is a conflict": func(p *place) {
		old := p.mustApply(owner, configMap)
		p.mustApply(owner, strings.Replace(configMap, `"1"`, `"3"`, 1))
		late := strings.Replace(configMap, `"name":"file"`, `"name":"file","resourceVersion":"`+old.GetResourceVersion()+`"`, 1)
		_, err := p.apply(owner, late)
		p.refused("applied", err, apierrors.IsConflict)
	},
	"an apply that means another object is refused": func(p *place) {
		p.mustApply(owner, configMap)
		other := strings.Replace(configMap, `"name":"file"`, `"name":"file","uid":"11111111-1111-4111-8111-111111111111"`, 1)
		_, err := p.apply(owner, other)
		p.refused("applied", err, apierrors.IsInvalid)
	},
	"an apply that means an object that is gone makes none": func(p *place) {
		gone := strings.Replace(configMap, `"name":"file"`, `"name":"file","uid":"11111111-1111-4111-8111-111111111111"`, 1)
		_, err := p.apply(owner, gone)
		p.refused("applied", err, apierrors.IsConflict)
		p.isGone("file", &corev1.ConfigMap{})
	},
}
