package controllers_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"voute.dev/voute/api/v1alpha1"
)

// damage is what somebody does to an owned object: a JSON patch, or a strategic
// one where the text begins with a brace. Each must be put back, by a watch alone.
type damage struct{ name, patch string }

// common is done to an object of every kind.
var common = []damage{
	{"the tenant's label is removed", `{"metadata":{"labels":{"` + v1alpha1.TenantLabel + `":null}}}`},
	{"it is labelled as another tenant's", `{"metadata":{"labels":{"` + v1alpha1.TenantLabel + `":"health"}}}`},
	{"its owner is removed", `{"metadata":{"ownerReferences":null}}`},
	{"another controller takes it", `[{"op":"add","path":"/metadata/ownerReferences","value":[` + thief + `]}]`},
	{"an owner is added that does not exist", `[{"op":"add","path":"/metadata/ownerReferences","value":[` + strings.Replace(thief, "true", "false", 1) + `]}]`},
	{"it is deleted", ""},
}

const thief = `{"apiVersion":"apps/v1","kind":"StatefulSet","name":"thief","uid":"00000000-0000-0000-0000-000000000001","controller":true}`

// owned is an object of each kind that a tenant has, with what else is done to it.
type owned struct {
	name    string
	object  client.Object
	damages []damage
}

var everyOwned = []owned{
	{"justice-production", &appsv1.Deployment{}, []damage{
		{"it is scaled", `{"spec":{"replicas":3}}`},
		{"another image", `[{"op":"replace","path":"/spec/template/spec/containers/0/image","value":"example.org/other"}]`},
		{"a container", `{"spec":{"template":{"spec":{"containers":[{"name":"spy","image":"example.org/spy"}]}}}}`},
		{"an init container", `{"spec":{"template":{"spec":{"initContainers":[{"name":"spy","image":"example.org/spy"}]}}}}`},
		{"a volume of the node", `{"spec":{"template":{"spec":{"volumes":[{"name":"spy","hostPath":{"path":"/"}}]}}}}`},
		{"a variable", `{"spec":{"template":{"spec":{"containers":[{"name":"voute-server","env":[{"name":"SPY","value":"1"}]}]}}}}`},
		{"the node's network", `{"spec":{"template":{"spec":{"hostNetwork":true}}}}`},
		{"privilege", `[{"op":"replace","path":"/spec/template/spec/containers/0/securityContext/privileged","value":true},{"op":"replace","path":"/spec/template/spec/containers/0/securityContext/allowPrivilegeEscalation","value":true}]`},
		{"another service account", `{"spec":{"template":{"spec":{"serviceAccountName":"default"}}}}`},
		{"it is paused", `{"spec":{"paused":true}}`},
	}},
	{"justice-production", &corev1.Service{}, []damage{
		{"another selector", `{"spec":{"selector":{"` + v1alpha1.TenantLabel + `":"health"}}}`},
		{"one more in the selector", `{"spec":{"selector":{"extra":"yes"}}}`},
		{"a port", `{"spec":{"ports":[{"name":"extra","port":8444,"targetPort":8444}]}}`},
		{"an external address", `{"spec":{"externalIPs":["192.0.2.99"]}}`},
	}},
	{"justice-production-status", &corev1.Service{}, []damage{
		{"it is opened to the outside", `{"spec":{"type":"LoadBalancer"}}`},
		{"a port", `{"spec":{"ports":[{"name":"extra","port":8443,"targetPort":8443}]}}`},
	}},
	{"justice-production", &corev1.ConfigMap{}, []damage{
		{"another configuration", `{"data":{"voute.yaml":"mine"}}`},
		{"one more key", `{"data":{"spy":"yes"}}`},
		{"one more binary key", `{"binaryData":{"spy":"AA=="}}`},
	}},
	{"justice-production", &corev1.ServiceAccount{}, []damage{
		{"a token of the API is mounted", `{"automountServiceAccountToken":true}`},
	}},
	{"justice-production", &corev1.PersistentVolumeClaim{}, []damage{
		{"it is labelled as development's", `{"metadata":{"labels":{"` + v1alpha1.EnvironmentLabel + `":"development"}}}`},
	}},
	{"justice-production", &networkingv1.NetworkPolicy{}, []damage{
		{"it is about other pods", `{"spec":{"podSelector":{"matchLabels":{"` + v1alpha1.TenantLabel + `":"health"}}}}`},
		{"it is about fewer pods", `{"spec":{"podSelector":{"matchLabels":{"extra":"no"}}}}`},
		{"it lets everybody in", `[{"op":"add","path":"/spec/ingress/-","value":{}}]`},
		{"it no longer limits what goes out", `{"spec":{"policyTypes":["Ingress"]}}`},
	}},
	{"justice-production-tls", &certmanagerv1.Certificate{}, []damage{
		{"another host", `[{"op":"replace","path":"/spec/dnsNames/0","value":"example.org"}]`},
		{"one more host", `[{"op":"add","path":"/spec/dnsNames/-","value":"example.org"}]`},
		{"another Secret", `[{"op":"replace","path":"/spec/secretName","value":"mine"}]`},
		{"an authority", `[{"op":"add","path":"/spec/isCA","value":true}]`},
	}},
	{"justice-production-scan", &certmanagerv1.Certificate{}, []damage{
		{"another issuer", `[{"op":"replace","path":"/spec/issuerRef/name","value":"voute-ca"}]`},
	}},
}

// mends has a scenario for each owned object.
var mends = func() []scenario {
	var all []scenario
	for _, each := range everyOwned {
		all = append(all, scenario{fmt.Sprintf("%T %s is put back whatever is done to it", each.object, each.name), each.mend})
	}
	return all
}()

func (o owned) mend(n *tenant) {
	n.becomeReady()
	o.keeps(n)
	template, generation := n.template(), n.generation()
	want, all := n.look(o), o.all()
	for i, each := range all {
		n.Run(each.name, func(t *testing.T) { o.suffer(&tenant{T: t, world: n.world, namespace: n.namespace}, each, want, i+1) })
	}
	n.waitReady()
	n.quiet()
	if now := n.repairs(); now != len(all) {
		n.Errorf("%d repairs for %d damages", now, len(all))
	}
	n.toldOf(o)
	if diff := cmp.Diff(template, n.template()); diff != "" {
		n.Errorf("the pod is another one:\n%s", diff)
	}
	if _, isServer := o.object.(*appsv1.Deployment); !isServer && n.generation() != generation {
		n.Error("the server was restarted")
	}
}

// all are its damages: a volume has no owner that could be removed.
func (o owned) all() []damage {
	all := slices.Concat(o.damages, common)
	if _, isVolume := o.object.(*corev1.PersistentVolumeClaim); isVolume {
		all = slices.DeleteFunc(all, func(each damage) bool { return each.name == "its owner is removed" })
	}
	return all
}

// keeps: an annotation that others add, for example a cloud's load balancer,
// stays, and is no reason to write an object. The status may move: an annotation
// makes a new generation of a Deployment.
func (o owned) keeps(n *tenant) {
	n.Helper()
	n.quiet()
	mark := n.written.total()
	o.patch(n, `{"metadata":{"annotations":{"cloud.example.org/pool":"7"}}}`)
	n.quiet()
	asked := slices.DeleteFunc(n.writesSince(mark), func(asked string) bool { return strings.HasSuffix(asked, "/sharingtenants/justice/status") })
	if len(asked) > 0 || n.live(o).GetAnnotations()["cloud.example.org/pool"] != "7" {
		n.Errorf("an annotation is not left alone: %v", asked)
	}
}

func (o owned) suffer(n *tenant, each damage, want map[string]any, times int) {
	before, generation := n.live(o).GetUID(), n.generation()
	if each.patch == "" {
		if err := n.kube.Delete(n.Context(), n.live(o)); err != nil {
			n.Fatal(err)
		}
	} else {
		o.patch(n, each.patch)
	}
	eventually(n.T, "it is put back", func() error {
		found := o.fresh()
		if err := n.kube.Get(n.Context(), o.key(n), found); err != nil {
			return err
		}
		if each.patch == "" && found.GetUID() == before {
			return fmt.Errorf("it is still going") // and may be gone at any moment
		}
		if diff := cmp.Diff(want, n.look(o)); diff != "" {
			return fmt.Errorf("it differs (-want +got):\n%s", diff)
		}
		if now := n.repairs(); now != times {
			return fmt.Errorf("%d repairs are counted, want %d", now, times)
		}
		return nil
	})
	if strings.Contains(each.patch, `"metadata"`) && n.generation() != generation {
		n.Error("the server was restarted for the sake of metadata")
	}
}

func (o owned) key(n *tenant) client.ObjectKey {
	return client.ObjectKey{Namespace: n.namespace, Name: o.name}
}

func (o owned) fresh() client.Object { return o.object.DeepCopyObject().(client.Object) }

func (o owned) patch(n *tenant, text string) {
	n.Helper()
	kind := types.JSONPatchType
	if strings.HasPrefix(text, "{") {
		kind = types.StrategicMergePatchType
		if _, custom := o.object.(*certmanagerv1.Certificate); custom {
			kind = types.MergePatchType // the only one that custom kinds know
		}
	}
	if err := n.kube.Patch(n.Context(), n.live(o), client.RawPatch(kind, []byte(text)), client.FieldOwner("somebody")); err != nil {
		n.Fatal(err)
	}
}

func (n *tenant) live(o owned) client.Object {
	n.Helper()
	return fetch(n, o.name, o.fresh())
}

// look is what must be the same again: all but what the API server keeps of its own.
func (n *tenant) look(o owned) map[string]any {
	n.Helper()
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(n.live(o))
	if err != nil {
		n.Fatal(err)
	}
	for _, path := range [][]string{
		{"status"}, {"metadata", "resourceVersion"}, {"metadata", "uid"}, {"metadata", "generation"}, {"metadata", "creationTimestamp"},
		{"metadata", "managedFields"}, {"metadata", "annotations"}, {"spec", "clusterIP"}, {"spec", "clusterIPs"}, {"spec", "healthCheckNodePort"},
	} {
		unstructured.RemoveNestedField(fields, path...)
	}
	ports, _, _ := unstructured.NestedSlice(fields, "spec", "ports")
	for _, port := range ports {
		delete(port.(map[string]any), "nodePort")
	}
	if len(ports) > 0 {
		_ = unstructured.SetNestedSlice(fields, ports, "spec", "ports")
	}
	return fields
}

func (n *tenant) template() corev1.PodTemplateSpec {
	n.Helper()
	return fetch(n, "justice-production", &appsv1.Deployment{}).Spec.Template
}

// generation is that of the server's Deployment; 0 while there is none.
func (n *tenant) generation() int64 {
	n.Helper()
	deployment := &appsv1.Deployment{}
	if err := n.kube.Get(n.Context(), client.ObjectKey{Namespace: n.namespace, Name: "justice-production"}, deployment); client.IgnoreNotFound(err) != nil {
		n.Fatal(err)
	}
	return deployment.Generation
}

// repairs is how often the operator says that it has put something back.
func (n *tenant) repairs() (sum int) {
	n.Helper()
	families, err := metrics.Registry.Gather()
	if err != nil {
		n.Fatal(err)
	}
	for _, family := range families {
		for _, each := range family.GetMetric() {
			for _, label := range each.GetLabel() {
				if family.GetName() == "voute_repairs_total" && label.GetName() == "namespace" && label.GetValue() == n.namespace {
					sum += int(each.GetCounter().GetValue())
				}
			}
		}
	}
	return sum
}

// toldOf: every repair is told as one of this very object, and what was removed
// is named, each in one event; what happens again is counted there.
func (n *tenant) toldOf(o owned) {
	n.Helper()
	gvk, err := apiutil.GVKForObject(o.object, n.kube.Scheme())
	if err != nil {
		n.Fatal(err)
	}
	told := &eventsv1.EventList{}
	if err := n.kube.List(n.Context(), told, client.InNamespace(n.namespace)); err != nil {
		n.Fatal(err)
	}
	times := map[string]int{}
	for _, event := range told.Items {
		if event.Reason != "Repaired" {
			continue
		}
		times[event.Note]++
		if event.Related == nil || event.Related.Kind != gvk.Kind || event.Related.Name != o.name || !strings.HasPrefix(event.Note, gvk.Kind+" "+o.name) {
			n.Errorf("a repair is told of another object: %+v %s", event.Related, event.Note)
		}
	}
	for _, what := range []string{"spy", "thief"} {
		least, most := o.adds(what)
		if got := named(times, what); got < least || got > most {
			n.Errorf("%d events name %s, want %d to %d: %v", got, what, least, most, times)
		}
	}
}

func named(notes map[string]int, what string) (events int) {
	for note, times := range notes {
		if strings.Contains(strings.ToLower(note), what) {
			events += times
		}
	}
	return events
}

// adds is how many events tell of a thing: what is added twice in the same way
// may be told of in one, which then counts twice.
func (o owned) adds(what string) (least, most int) {
	for _, each := range o.all() {
		if strings.Contains(strings.ToLower(each.patch), `"`+what+`"`) {
			most++
		}
	}
	if what == "thief" {
		return 1, most
	}
	return most, most
}
