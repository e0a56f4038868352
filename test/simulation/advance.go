package simulation

import (
	"slices"
	"strings"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	cmmeta "github.com/cert-manager/cert-manager/pkg/apis/meta/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Absent is the name of an issuer that there is not: cert-manager refuses it.
const Absent = "absent"

// Broken is the end of the name of an image whose server never gets ready.
const Broken = "-broken"

// Address is where a load balancer lets every Service be reached.
const Address = "192.0.2.1"

// Advance gives an object the status that whoever looks after its kind would
// give it next, and says whether that is another one than it has. Other kinds
// than Certificate, PersistentVolumeClaim, Deployment and Service stay as they are.
func Advance(object client.Object) (changed bool) {
	switch o := object.(type) {
	case *certmanagerv1.Certificate:
		return issue(o)
	case *corev1.PersistentVolumeClaim:
		return bind(o)
	case *appsv1.Deployment:
		return start(o)
	case *corev1.Service:
		return expose(o)
	default:
		return false
	}
}

// issue is cert-manager.
func issue(certificate *certmanagerv1.Certificate) bool {
	if certificate.Spec.IssuerRef.Name == Absent {
		return judge(certificate, cmmeta.ConditionFalse, "DoesNotExist", "Issuing certificate as Secret does not exist")
	}
	return judge(certificate, cmmeta.ConditionTrue, "Ready", "Certificate is up to date and has not expired")
}

// refuse is cert-manager with an authority that does not sign.
func refuse(certificate *certmanagerv1.Certificate) bool {
	return judge(certificate, cmmeta.ConditionFalse, "Failed", "The certificate request has failed to complete and will be retried")
}

func judge(certificate *certmanagerv1.Certificate, status cmmeta.ConditionStatus, reason, message string) bool {
	for _, known := range certificate.Status.Conditions {
		if known.Type == certmanagerv1.CertificateConditionReady && known.Status == status && known.Reason == reason && known.ObservedGeneration == certificate.Generation {
			return false
		}
	}
	certificate.Status.Conditions = []certmanagerv1.CertificateCondition{{
		Type: certmanagerv1.CertificateConditionReady, Status: status, Reason: reason,
		Message: message, ObservedGeneration: certificate.Generation,
	}}
	return true
}

// bind is a storage driver that gives what is asked for.
func bind(claim *corev1.PersistentVolumeClaim) bool {
	asked := claim.Spec.Resources.Requests.Storage()
	if claim.Status.Phase == corev1.ClaimBound && claim.Status.Capacity.Storage().Cmp(*asked) == 0 {
		return false
	}
	claim.Status.Phase = corev1.ClaimBound
	claim.Status.Capacity = corev1.ResourceList{corev1.ResourceStorage: *asked}
	return true
}

// start is a node on which everything starts at once, but for what is broken.
func start(deployment *appsv1.Deployment) bool {
	if deployment.Status.ObservedGeneration == deployment.Generation {
		return false
	}
	if isBroken(deployment) {
		deployment.Status = appsv1.DeploymentStatus{ObservedGeneration: deployment.Generation, Replicas: 1, UpdatedReplicas: 1, UnavailableReplicas: 1}
		return true
	}
	deployment.Status = appsv1.DeploymentStatus{
		ObservedGeneration: deployment.Generation, Replicas: 1, UpdatedReplicas: 1, ReadyReplicas: 1, AvailableReplicas: 1,
	}
	return true
}

func isBroken(deployment *appsv1.Deployment) bool {
	return slices.ContainsFunc(deployment.Spec.Template.Spec.Containers, func(c corev1.Container) bool { return strings.HasSuffix(c.Image, Broken) })
}

// expose is a load balancer.
func expose(service *corev1.Service) bool {
	if service.Spec.Type != corev1.ServiceTypeLoadBalancer || len(service.Status.LoadBalancer.Ingress) > 0 {
		return false
	}
	service.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: Address}}
	return true
}
