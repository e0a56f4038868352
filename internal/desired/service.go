package desired

import (
	"maps"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

const hostnameAnnotation = "external-dns.alpha.kubernetes.io/hostname"

// PublicService is the address: TLS goes through to the pod. Traffic stays on
// the node it arrives at, so that the server sees the caller's own address,
// which the journal and the rate limits need. A port on every node is a way
// around the load balancer, and there are fewer than 2,800 of them in a cluster:
// they are opened only for a load balancer that needs them.
func PublicService(in Input) *corev1.Service {
	exposure := in.Platform.Exposure
	meta := in.owned(in.name())
	meta.Annotations = map[string]string{}
	maps.Copy(meta.Annotations, exposure.Annotations)
	meta.Annotations[hostnameAnnotation] = in.Environment.Host
	service := &corev1.Service{
		TypeMeta:   typeMeta("v1", "Service"),
		ObjectMeta: meta,
		Spec: corev1.ServiceSpec{
			Type:                          corev1.ServiceTypeLoadBalancer,
			ExternalTrafficPolicy:         corev1.ServiceExternalTrafficPolicyLocal,
			AllocateLoadBalancerNodePorts: ptr.To(exposure.NodePorts),
			Selector:                      in.selector(),
			Ports: []corev1.ServicePort{
				servicePort(httpsName, exposure.HTTPSPort),
				servicePort(httpName, exposure.HTTPPort),
			},
		},
	}
	if class := exposure.LoadBalancerClass; class != "" {
		service.Spec.LoadBalancerClass = ptr.To(class)
	}
	return service
}

// StatusService is where the operator asks the server how it is. It leads to a
// server that is not ready too: the report says why.
func StatusService(in Input) *corev1.Service {
	return &corev1.Service{
		TypeMeta:   typeMeta("v1", "Service"),
		ObjectMeta: in.owned(StatusServiceName(in.Tenant.Name, in.Environment.Name)),
		Spec: corev1.ServiceSpec{
			Type:                     corev1.ServiceTypeClusterIP,
			PublishNotReadyAddresses: true,
			Selector:                 in.selector(),
			Ports:                    []corev1.ServicePort{servicePort(statusName, statusPort)},
		},
	}
}

// servicePort leads to the container's port of the same name.
func servicePort(name string, number int32) corev1.ServicePort {
	return corev1.ServicePort{
		Name:       name,
		Protocol:   corev1.ProtocolTCP,
		Port:       number,
		TargetPort: intstr.FromString(name),
	}
}
