// Package apitest says what the operator relies on in a Kubernetes API server,
// as tests: whatever passes them may stand in for one.
//
// Not relied on, and so not said: garbage collection (neither a bare API server
// nor the one in memory has it; the operator removes what it made itself) and
// validation other than that of volume claims.
package apitest

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
)

// Setup is an API to try.
type Setup struct {
	// Kube reads and writes at once.
	Kube client.Client
	// Cached reads as the operator's cache does, some time later.
	Cached client.Reader
}

// patience is how long a cache may take on a busy machine.
const patience = 2 * time.Minute

// Contract tries everything the operator relies on.
func Contract(t *testing.T, begin func(*testing.T) Setup) {
	t.Helper()
	setup := begin(t)
	for name, allows := range map[string]bool{"elastic": true, "rigid": false} {
		class := &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: name}, Provisioner: "example.org/simulated", AllowVolumeExpansion: ptr.To(allows)}
		if err := setup.Kube.Create(t.Context(), class); err != nil {
			t.Fatal(err)
		}
	}
	namespaces := &atomic.Int32{}
	for _, group := range []map[string]func(*place){objects, writes, applies, claims, caches} {
		for name, try := range group {
			t.Run(name, func(t *testing.T) { try(newPlace(t, setup, fmt.Sprintf("try-%d", namespaces.Add(1)))) })
		}
	}
}

// place is a namespace to try something in.
type place struct {
	*testing.T
	Setup
	namespace string
}

func newPlace(t *testing.T, setup Setup, namespace string) *place {
	t.Helper()
	p := &place{T: t, Setup: setup, namespace: namespace}
	p.must(p.Kube.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}))
	return p
}

func (p *place) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// refused fails unless the error is of the kind that the function knows.
func (p *place) refused(what string, err error, is func(error) bool) {
	p.Helper()
	if err == nil || !is(err) {
		p.Errorf("%s: %v", what, err)
	}
}

// equal fails unless both are the same.
func equal[T comparable](p *place, what string, got, want T) {
	p.Helper()
	if got != want {
		p.Errorf("%s is %v, want %v", what, got, want)
	}
}

func read[T client.Object](p *place, name string, object T) T {
	p.Helper()
	p.must(p.Kube.Get(p.Context(), client.ObjectKey{Namespace: p.namespace, Name: name}, object))
	return object
}

func (p *place) isGone(name string, object client.Object) {
	p.Helper()
	p.refused(name+" is still there", p.Kube.Get(p.Context(), client.ObjectKey{Namespace: p.namespace, Name: name}, object), apierrors.IsNotFound)
}

// eventually tries until there is no error: for what a cache sees.
func (p *place) eventually(what string, try func() error) {
	p.Helper()
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if err = try(); err == nil {
			return
		}
	}
	p.Fatalf("%s: %v", what, err)
}

func (p *place) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: p.namespace, Name: name}
}

func (p *place) labelled(name string) metav1.ObjectMeta {
	meta := p.meta(name)
	meta.Labels = map[string]string{v1alpha1.TenantLabel: "justice"}
	return meta
}

func (p *place) policy() *v1alpha1.RetentionPolicy {
	return &v1alpha1.RetentionPolicy{ObjectMeta: p.meta("courante"), Spec: v1alpha1.RetentionPolicySpec{DefaultDays: 30, MaxDays: 90}}
}

func (p *place) newPolicy(change func(*v1alpha1.RetentionPolicy)) *v1alpha1.RetentionPolicy {
	p.Helper()
	policy := p.policy()
	if change != nil {
		change(policy)
	}
	p.must(p.Kube.Create(p.Context(), policy))
	return policy
}

func (p *place) tenant(name string) *v1alpha1.SharingTenant {
	return &v1alpha1.SharingTenant{ObjectMeta: p.meta(name), Spec: v1alpha1.SharingTenantSpec{
		Organization:       v1alpha1.Organization{NameFr: "Justice", NameEn: "Justice", SupportEmail: "aide@justice.example"},
		RetentionPolicyRef: v1alpha1.ObjectReference{Name: "courante"},
		Environments: []v1alpha1.Environment{{
			Name: v1alpha1.ProductionEnvironment, Host: "partage." + p.namespace + ".example",
			Certificate: v1alpha1.CertificateSource{IssuerRef: &v1alpha1.IssuerReference{Name: "voute-ca"}},
		}},
	}}
}

// fields makes an object out of YAML's older sister, with names filled in.
func (p *place) fields(text string) *unstructured.Unstructured {
	p.Helper()
	object := &unstructured.Unstructured{}
	p.must(object.UnmarshalJSON([]byte(strings.ReplaceAll(text, "NAMESPACE", p.namespace))))
	return object
}

// apply applies fields and gives the answer.
func (p *place) apply(owner, text string, opts ...client.ApplyOption) (*unstructured.Unstructured, error) {
	p.Helper()
	object := p.fields(text)
	opts = append(opts, client.FieldOwner(owner))
	return object, p.Kube.Apply(p.Context(), client.ApplyConfigurationFromUnstructured(object), opts...)
}

func (p *place) mustApply(owner, text string) *unstructured.Unstructured {
	p.Helper()
	object, err := p.apply(owner, text, client.ForceOwnership)
	p.must(err)
	return object
}
