package convergence

import (
	"context"
	"fmt"
	"math/rand/v2"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/desired"
)

// meddling is what others do to one of the operator's objects: a merge patch,
// or its removal where there is none.
type meddling struct {
	object client.Object
	patch  string
}

const spy = `{"spec":{"replicas":3,"template":{"spec":{"hostNetwork":true,"containers":[{"name":"spy","image":"example.org/spy"}]}}}}`

func editMeddle(rng *rand.Rand) edit {
	name := desired.Name(tenantName, pickEnvironment(rng))
	meta := metav1.ObjectMeta{Name: name}
	certificate := metav1.ObjectMeta{Name: name + "-tls"}
	m := pick(rng,
		meddling{object: &appsv1.Deployment{ObjectMeta: meta}, patch: spy},
		meddling{object: &appsv1.Deployment{ObjectMeta: meta}, patch: `{"spec":{"replicas":0}}`},
		meddling{object: &corev1.ConfigMap{ObjectMeta: meta}, patch: `{"data":{"voute.yaml":"mine","more":"mine"}}`},
		meddling{object: &corev1.ConfigMap{ObjectMeta: meta}, patch: `{"metadata":{"labels":{"` + v1alpha1.TenantLabel + `":null}}}`},
		meddling{object: &corev1.Service{ObjectMeta: meta}, patch: `{"spec":{"ports":[{"name":"ssh","port":22,"protocol":"TCP","targetPort":22}],"selector":{"app":"spy"}}}`},
		meddling{object: &certmanagerv1.Certificate{ObjectMeta: certificate}, patch: `{"spec":{"dnsNames":["spy.example.org"]}}`},
		meddling{object: &networkingv1.NetworkPolicy{ObjectMeta: meta}, patch: `{"spec":{"ingress":[{}]}}`},
		meddling{object: &appsv1.Deployment{ObjectMeta: meta}},
		meddling{object: &corev1.Service{ObjectMeta: meta}},
		meddling{object: &corev1.ConfigMap{ObjectMeta: meta}},
		meddling{object: &corev1.ServiceAccount{ObjectMeta: meta}},
		meddling{object: &networkingv1.NetworkPolicy{ObjectMeta: meta}},
		meddling{object: &certmanagerv1.Certificate{ObjectMeta: certificate}},
	)
	text := fmt.Sprintf("others change %T %s by %s", m.object, m.object.GetName(), m.patch)
	if m.patch == "" {
		text = fmt.Sprintf("others remove %T %s", m.object, m.object.GetName())
	}
	return edit{text: text, wish: func(*wishes) {}, meddle: &m}
}

// do says whether there was something to meddle with.
func (m meddling) do(ctx context.Context, kube client.Client, in string) (done bool, err error) {
	object, ok := m.object.DeepCopyObject().(client.Object)
	if !ok {
		return false, fmt.Errorf("%T is no object", m.object)
	}
	object.SetNamespace(in)
	if m.patch == "" {
		err = kube.Delete(ctx, object)
	} else {
		err = kube.Patch(ctx, object, client.RawPatch(types.MergePatchType, []byte(m.patch)), client.FieldOwner("mallory"))
	}
	return err == nil, client.IgnoreNotFound(err)
}
