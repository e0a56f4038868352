package simulation

import (
	"testing"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	cmmeta "github.com/cert-manager/cert-manager/pkg/apis/meta/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

func claim(size string) *corev1.PersistentVolumeClaim {
	return &corev1.PersistentVolumeClaim{Spec: corev1.PersistentVolumeClaimSpec{Resources: corev1.VolumeResourceRequirements{
		Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(size)},
	}}}
}

func certificate(issuer string) *certmanagerv1.Certificate {
	return &certmanagerv1.Certificate{
		ObjectMeta: metav1.ObjectMeta{Generation: 1},
		Spec:       certmanagerv1.CertificateSpec{IssuerRef: cmmeta.IssuerReference{Name: issuer}},
	}
}

// Every object moves once, then again only when what is asked of it changes.
func TestAdvance(t *testing.T) {
	for name, test := range map[string]struct {
		object client.Object
		ask    func(client.Object)
	}{
		"a certificate": {certificate("voute-ca"), func(o client.Object) { o.SetGeneration(2) }},
		"a certificate of an issuer that appears": {certificate(Absent), func(o client.Object) {
			o.(*certmanagerv1.Certificate).Spec.IssuerRef.Name = "voute-ca"
		}},
		"a volume that grows": {claim("20Gi"), func(o client.Object) { o.(*corev1.PersistentVolumeClaim).Spec = claim("35Gi").Spec }},
		"a server":            {&appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Generation: 1}}, func(o client.Object) { o.SetGeneration(2) }},
		"an address": {&corev1.Service{Spec: corev1.ServiceSpec{Type: corev1.ServiceTypeLoadBalancer}}, func(o client.Object) {
			o.(*corev1.Service).Status = corev1.ServiceStatus{}
		}},
	} {
		for _, step := range []string{"at first", "when more is asked for"} {
			if !Advance(test.object) {
				t.Errorf("%s does not move %s", name, step)
			}
			if Advance(test.object) {
				t.Errorf("%s moves twice %s", name, step)
			}
			test.ask(test.object)
		}
	}
	for name, object := range map[string]client.Object{
		"a configuration": &corev1.ConfigMap{}, "a Service within": &corev1.Service{Spec: corev1.ServiceSpec{Type: corev1.ServiceTypeClusterIP}},
	} {
		if Advance(object) {
			t.Errorf("%s moves", name)
		}
	}
}

func TestAbsentIssuer(t *testing.T) {
	refused := certificate(Absent)
	Advance(refused)
	if got := refused.Status.Conditions[0]; got.Status != cmmeta.ConditionFalse {
		t.Errorf("it is issued: %+v", got)
	}
}
