package crash

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
)

// tenant is one client of the platform, in a namespace of its own.
type tenant struct {
	*testing.T
	*stage
	namespace string
	// ahead is how far its time is ahead of the machine's.
	ahead time.Duration
	// lives is how many it has begun; generations are those of its objects when the
	// last one began.
	lives       int
	generations map[string]int64
	// crowded: several operators look after it. One that was about to start a server
	// with what another has just taken back does so, and takes it back then.
	crowded bool
	// servers' own tokens, by environment.
	tokens map[string]string
}

func (s *stage) newTenant(t *testing.T, namespace string) *tenant {
	t.Helper()
	s.makeNamespace(t, namespace)
	n := &tenant{T: t, stage: s, namespace: namespace, tokens: map[string]string{}}
	for _, environment := range []string{"production", "development", "production-too"} {
		n.tokens[environment] = s.vault.ServerToken(t, namespace+".justice-"+environment)
	}
	n.seal("production-too")
	return n
}

const (
	policyYAML = `{"apiVersion":"sharing.voute.dev/v1alpha1","kind":"RetentionPolicy","metadata":{"name":"courante"},"spec":{"defaultDays":30,"maxDays":90}}`
	pilotYAML  = `{"apiVersion":"sharing.voute.dev/v1alpha1","kind":"Pilot","metadata":{"name":"marie"},
		"spec":{"tenantRef":{"name":"justice"},"email":"marie@NAMESPACE.example","name":"Marie"}}`
	secondPilotYAML = `{"apiVersion":"sharing.voute.dev/v1alpha1","kind":"Pilot","metadata":{"name":"paul"},
		"spec":{"tenantRef":{"name":"justice"},"email":"paul@NAMESPACE.example","name":"Paul"}}`
	tenantYAML = `{"apiVersion":"sharing.voute.dev/v1alpha1","kind":"SharingTenant","metadata":{"name":"justice"},"spec":{
		"organization":{"nameFr":"Justice","nameEn":"Justice","supportEmail":"aide@justice.example"},
		"retentionPolicyRef":{"name":"courante"},"environments":[
		{"name":"production","host":"partage.NAMESPACE.example","certificate":{"issuerRef":{"name":"voute-ca"}}},
		{"name":"development","host":"partage-dev.NAMESPACE.example","certificate":{"issuerRef":{"name":"voute-ca"}}}]}}`
	// changedYAML has another host, more room, and one environment less.
	changedYAML = `{"apiVersion":"sharing.voute.dev/v1alpha1","kind":"SharingTenant","metadata":{"name":"justice"},"spec":{
		"organization":{"nameFr":"Justice","nameEn":"Justice","supportEmail":"aide@justice.example"},
		"retentionPolicyRef":{"name":"courante"},"environments":[
		{"name":"production","host":"documents.NAMESPACE.example","certificate":{"issuerRef":{"name":"voute-ca"}},"storage":{"allocatedGB":35}}]}}`
)

func (n *tenant) apply(documents ...string) {
	n.Helper()
	for _, text := range documents {
		object := &unstructured.Unstructured{}
		if err := object.UnmarshalJSON([]byte(strings.ReplaceAll(text, "NAMESPACE", n.namespace))); err != nil {
			n.Fatal(err)
		}
		object.SetNamespace(n.namespace)
		if err := n.kube.Apply(n.Context(), client.ApplyConfigurationFromUnstructured(object), client.FieldOwner("platform-team"), client.ForceOwnership); err != nil {
			n.Fatal(err)
		}
	}
}

func (n *tenant) delete(object client.Object, name string) {
	n.Helper()
	object.SetNamespace(n.namespace)
	object.SetName(name)
	if err := n.kube.Delete(n.Context(), object); client.IgnoreNotFound(err) != nil {
		n.Fatal(err)
	}
}

// begin begins another life, and counts anew what is counted for ever.
func (n *tenant) begin() {
	n.Helper()
	n.lives++
	n.generations = map[string]int64{}
	n.everything(func(object unstructured.Unstructured) {
		n.generations[object.GetKind()+" "+object.GetName()] = object.GetGeneration()
	})
}

// patch changes a part of a tenant.
func (n *tenant) patch(name, part string) {
	n.Helper()
	object := &v1alpha1.SharingTenant{ObjectMeta: metav1.ObjectMeta{Namespace: n.namespace, Name: name}}
	if err := n.kube.Patch(n.Context(), object, client.RawPatch(types.MergePatchType, []byte(part)), client.FieldOwner("platform-team")); err != nil {
		n.Fatal(err)
	}
}

// ask asks for another version.
func (n *tenant) ask(name, version string) {
	n.patch(name, fmt.Sprintf(`{"spec":{"version":%q}}`, version))
}

// create orders a vault with two environments.
func create(n *tenant) { n.apply(policyYAML, pilotYAML, tenantYAML) }

// rollOut asks for another version, which comes to one environment after the other.
func rollOut(n *tenant) { n.ask("justice", "0.1.1") }

// update changes at once what touches most: after it one environment is left.
func update(n *tenant) {
	n.serve()
	n.apply(strings.Replace(policyYAML, `"maxDays":90`, `"maxDays":60`, 1), secondPilotYAML, changedYAML)
	n.delete(&v1alpha1.Pilot{}, "marie")
}

func retain(n *tenant) { n.delete(&v1alpha1.SharingTenant{}, "justice") }

// createAgain finds what was retained: a volume that is larger than asked for.
func createAgain(n *tenant) {
	create(n)
	n.delete(&v1alpha1.Pilot{}, "paul")
}

// destroy leaves nothing of the client.
func destroy(n *tenant) {
	n.serve()
	n.patch("justice", fmt.Sprintf(`{"metadata":{"annotations":{%q:"justice"}},"spec":{"deletionPolicy":"Destroy"}}`, v1alpha1.DestroyAnnotation))
	n.delete(&v1alpha1.SharingTenant{}, "justice")
	n.delete(&v1alpha1.Pilot{}, "marie")
	n.delete(&v1alpha1.RetentionPolicy{}, "courante")
}

// days are those in which documents expire.
var days = []string{"2036-12-03", "2036-12-04"}

// serve does what cert-manager and the servers have done by the time at which
// somebody changes something: certificates lie in Secrets, and documents have
// brought keys to life.
func (n *tenant) serve() {
	n.Helper()
	for _, environment := range []string{"production", "development"} {
		for _, use := range []string{"tls", "scan"} {
			secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: n.namespace, Name: "justice-" + environment + "-" + use}}
			if err := n.kube.Create(n.Context(), secret); err != nil && !apierrors.IsAlreadyExists(err) {
				n.Fatal(err)
			}
		}
	}
	n.seal("production")
	n.seal("development")
}

// seal brings keys to life as the server of that environment does: "production-too"
// is a neighbour's, whose name begins with the same words.
func (n *tenant) seal(environment string) {
	n.Helper()
	for _, day := range days {
		path := "transit/encrypt/" + n.namespace + ".justice-" + environment + "." + day
		if status := n.vault.Do(n.T, n.tokens[environment], http.MethodPost, path, map[string]string{"plaintext": "dm91dGU="}, nil); status != http.StatusOK {
			n.Fatalf("a server's seal is answered with %d", status)
		}
	}
}
