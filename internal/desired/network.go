package desired

import (
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"voute.dev/voute/internal/platform"
)

const dnsPort = 53

// NetworkPolicy lets everybody reach the address, only the operator reach the
// status, and the server reach name resolution, Vault, the scan gateway and the
// mail relay; nothing else. The services behind are given as names, which a
// policy cannot hold, so that they are allowed by port. A port here is the one
// of the pod or machine that answers, not of a Service in front of it.
func NetworkPolicy(in Input) *networkingv1.NetworkPolicy {
	return &networkingv1.NetworkPolicy{
		TypeMeta:   typeMeta("networking.k8s.io/v1", "NetworkPolicy"),
		ObjectMeta: in.owned(in.name()),
		Spec: networkingv1.NetworkPolicySpec{
			PodSelector: metav1.LabelSelector{MatchLabels: in.selector()},
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
			Ingress:     []networkingv1.NetworkPolicyIngressRule{fromAnywhere(), fromOperator(in.OperatorNamespace)},
			Egress:      []networkingv1.NetworkPolicyEgressRule{toDNS(), toServices(platform.Ports(in.Platform))},
		},
	}
}

func fromAnywhere() networkingv1.NetworkPolicyIngressRule {
	return networkingv1.NetworkPolicyIngressRule{
		Ports: []networkingv1.NetworkPolicyPort{tcp(httpsPort), tcp(httpPort)},
	}
}

func fromOperator(namespace string) networkingv1.NetworkPolicyIngressRule {
	return networkingv1.NetworkPolicyIngressRule{
		From: []networkingv1.NetworkPolicyPeer{{
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: namespace}},
			PodSelector:       &metav1.LabelSelector{MatchLabels: map[string]string{"app.kubernetes.io/name": operatorName}},
		}},
		Ports: []networkingv1.NetworkPolicyPort{tcp(statusPort)},
	}
}

// toDNS names no peer: name resolution is often a cache on the node, which no selector matches.
func toDNS() networkingv1.NetworkPolicyEgressRule {
	return networkingv1.NetworkPolicyEgressRule{
		Ports: []networkingv1.NetworkPolicyPort{port(corev1.ProtocolUDP, dnsPort), tcp(dnsPort)},
	}
}

func toServices(ports []int32) networkingv1.NetworkPolicyEgressRule {
	rule := networkingv1.NetworkPolicyEgressRule{}
	for _, number := range ports {
		rule.Ports = append(rule.Ports, tcp(number))
	}
	return rule
}

func tcp(number int32) networkingv1.NetworkPolicyPort {
	return port(corev1.ProtocolTCP, number)
}

func port(protocol corev1.Protocol, number int32) networkingv1.NetworkPolicyPort {
	return networkingv1.NetworkPolicyPort{Protocol: &protocol, Port: ptr.To(intstr.FromInt32(number))}
}
