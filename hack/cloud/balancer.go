package cloud

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// AnnotationHostname names the hosts of a Service, separated by commas.
const AnnotationHostname = "external-dns.alpha.kubernetes.io/hostname"

// Backend is where a Service is reached inside the cluster: host:port of its
// ports named https and http, whatever their numbers.
type Backend struct{ HTTPS, HTTP string }

// Routes leads from host names to Services.
type Routes struct {
	table atomic.Pointer[map[string]Backend]
}

// Find returns where the Service with that host name is.
func (r *Routes) Find(host string) (backend Backend, found bool) {
	table := r.table.Load()
	if table == nil {
		return Backend{}, false
	}
	backend, found = (*table)[strings.ToLower(strings.TrimSuffix(host, "."))]
	return backend, found
}

// Balancer gives Services of type LoadBalancer their address: the host's loopback.
type Balancer struct {
	Client kubernetes.Interface
	Routes *Routes
}

// ingress is the address of every load balancer. "Proxy" keeps kube-proxy from
// catching what is sent to it.
func ingress() corev1.LoadBalancerStatus {
	mode := corev1.LoadBalancerIPModeProxy
	return corev1.LoadBalancerStatus{Ingress: []corev1.LoadBalancerIngress{{IP: "127.0.0.1", IPMode: &mode}}}
}

// Reconcile routes the Services' hosts and tells each Service its address.
func (b Balancer) Reconcile(ctx context.Context, seen Seen) []error {
	table := routesOf(seen.Services)
	b.Routes.table.Store(&table)
	var problems []error
	for _, service := range seen.Services {
		want := corev1.LoadBalancerStatus{}
		if isBalanced(service) {
			want = ingress()
		}
		if equality.Semantic.DeepEqual(service.Status.LoadBalancer, want) {
			continue
		}
		changed := service.DeepCopy()
		changed.Status.LoadBalancer = want
		_, err := b.Client.CoreV1().Services(service.Namespace).UpdateStatus(ctx, changed, metav1.UpdateOptions{})
		if err != nil && !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) {
			problems = append(problems, fmt.Errorf("cannot give %s/%s its address: %w", service.Namespace, service.Name, err))
		}
	}
	return problems
}

func isBalanced(service *corev1.Service) bool {
	return service.Spec.Type == corev1.ServiceTypeLoadBalancer && service.DeletionTimestamp == nil &&
		net.ParseIP(service.Spec.ClusterIP) != nil
}

// routesOf makes the table. Of two Services with one host name the older keeps it.
func routesOf(services []*corev1.Service) map[string]Backend {
	byAge := slices.Clone(services)
	slices.SortStableFunc(byAge, func(a, b *corev1.Service) int {
		return a.CreationTimestamp.Compare(b.CreationTimestamp.Time)
	})
	table := map[string]Backend{}
	for _, service := range byAge {
		if !isBalanced(service) {
			continue
		}
		for host := range strings.SplitSeq(service.Annotations[AnnotationHostname], ",") {
			host = strings.ToLower(strings.TrimSpace(host))
			if _, taken := table[host]; host != "" && !taken {
				table[host] = Backend{HTTPS: portOf(service, "https"), HTTP: portOf(service, "http")}
			}
		}
	}
	return table
}

func portOf(service *corev1.Service, name string) string {
	for _, port := range service.Spec.Ports {
		if port.Name == name {
			return net.JoinHostPort(service.Spec.ClusterIP, strconv.Itoa(int(port.Port)))
		}
	}
	return ""
}
