package controllers_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	cmmeta "github.com/cert-manager/cert-manager/pkg/apis/meta/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/desired"
	"voute.dev/voute/server/certfile/certtest"
	"voute.dev/voute/server/status"
)

// cluster does what controllers and nodes do, as far as the operator sees it.
type cluster struct {
	kube client.Client

	lock sync.Mutex
	// idle are kinds in which nothing moves for the moment, by namespace.
	idle map[string]bool
}

func startCluster(t *testing.T, kube client.Client) *cluster {
	t.Helper()
	c := &cluster{kube: kube, idle: map[string]bool{}}
	run(t, func(ctx context.Context) error {
		for ctx.Err() == nil {
			c.turn(ctx)
			select {
			case <-ctx.Done():
			case <-time.After(50 * time.Millisecond):
			}
		}
		return nil
	})
	return c
}

// hold keeps a kind of a namespace from moving until the function returned is called.
func (c *cluster) hold(namespace, kind string) (release func()) {
	set := func(idle bool) {
		c.lock.Lock()
		defer c.lock.Unlock()
		c.idle[namespace+"/"+kind] = idle
	}
	set(true)
	return func() { set(false) }
}

func (c *cluster) isIdle(namespace, kind string) bool {
	c.lock.Lock()
	defer c.lock.Unlock()
	return c.idle[namespace+"/"+kind]
}

func (c *cluster) turn(ctx context.Context) {
	turn(ctx, c, "Certificate", &certmanagerv1.CertificateList{}, func(l *certmanagerv1.CertificateList) []certmanagerv1.Certificate { return l.Items }, issue)
	turn(ctx, c, "PersistentVolumeClaim", &corev1.PersistentVolumeClaimList{}, func(l *corev1.PersistentVolumeClaimList) []corev1.PersistentVolumeClaim { return l.Items }, bind)
	turn(ctx, c, "Deployment", &appsv1.DeploymentList{}, func(l *appsv1.DeploymentList) []appsv1.Deployment { return l.Items }, start)
	turn(ctx, c, "Service", &corev1.ServiceList{}, func(l *corev1.ServiceList) []corev1.Service { return l.Items }, expose)
}

// turn lets every object of a kind take its next step; a conflict is for the next turn.
func turn[L client.ObjectList, O any, P interface {
	*O
	client.Object
}](ctx context.Context, c *cluster, kind string, list L, items func(L) []O, step func(P) (change bool)) {
	if err := c.kube.List(ctx, list, client.HasLabels{v1alpha1.TenantLabel}); err != nil {
		return
	}
	for _, item := range items(list) {
		object := P(&item)
		if c.isIdle(object.GetNamespace(), kind) {
			continue
		}
		if object.GetDeletionTimestamp() != nil {
			object.SetFinalizers(nil)
			_ = c.kube.Update(ctx, object)
		} else if step(object) {
			_ = c.kube.Status().Update(ctx, object)
		}
	}
}

// issue is cert-manager, for every issuer but the one called absent.
func issue(certificate *certmanagerv1.Certificate) bool {
	status, reason := cmmeta.ConditionTrue, "Ready"
	if certificate.Spec.IssuerRef.Name == "absent" {
		status, reason = cmmeta.ConditionFalse, "DoesNotExist"
	}
	for _, known := range certificate.Status.Conditions {
		if known.Type == certmanagerv1.CertificateConditionReady && known.Status == status && known.ObservedGeneration == certificate.Generation {
			return false
		}
	}
	certificate.Status.Conditions = []certmanagerv1.CertificateCondition{{
		Type: certmanagerv1.CertificateConditionReady, Status: status, Reason: reason,
		Message: "Issuing certificate as Secret does not exist", ObservedGeneration: certificate.Generation,
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

func start(deployment *appsv1.Deployment) bool {
	if deployment.Status.ObservedGeneration == deployment.Generation {
		return false
	}
	deployment.Status = appsv1.DeploymentStatus{
		ObservedGeneration: deployment.Generation, Replicas: 1, UpdatedReplicas: 1, ReadyReplicas: 1, AvailableReplicas: 1,
	}
	return true
}

func expose(service *corev1.Service) bool {
	if service.Spec.Type != corev1.ServiceTypeLoadBalancer || len(service.Status.LoadBalancer.Ingress) > 0 {
		return false
	}
	service.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: "192.0.2.1"}}
	return true
}

// servers are the sharing servers of all tenants behind one listener: their
// real status port, over a report made of what the operator has written.
type servers struct {
	address string
	kube    client.Client
	world   *world

	lock   sync.Mutex
	used   map[string]int64
	silent map[string]bool
	stale  map[string]bool
	pilots map[string]status.PilotReport
}

func startServers(t *testing.T, w *world, authority *certtest.Authority, operatorKey string) *servers {
	t.Helper()
	s := &servers{
		kube: w.kube, world: w, used: map[string]int64{}, silent: map[string]bool{}, stale: map[string]bool{},
		pilots: map[string]status.PilotReport{},
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = listener.Addr().String()
	certificate := func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		pair := authority.Issue(t, hello.ServerName)
		loaded, err := tls.LoadX509KeyPair(pair.CertFile, pair.KeyFile)
		return &loaded, err
	}
	server := &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: time.Minute}
	secured := tls.NewListener(listener, status.TLS(certificate, func() []string { return []string{operatorKey} }))
	run(t, func(ctx context.Context) error {
		context.AfterFunc(ctx, func() { _ = server.Close() })
		if err := server.Serve(secured); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	return s
}

func (s *servers) serve(w http.ResponseWriter, r *http.Request) {
	service, rest, _ := strings.Cut(r.Host, ".")
	namespace, _, _ := strings.Cut(rest, ".")
	name := strings.TrimSuffix(service, "-status")
	status.Handler(func(ctx context.Context) (status.Report, error) { return s.report(ctx, namespace, name) }).ServeHTTP(w, r)
}

func (s *servers) report(ctx context.Context, namespace, name string) (status.Report, error) {
	configMap := &corev1.ConfigMap{}
	if err := s.kube.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, configMap); err != nil {
		return status.Report{}, err
	}
	config, err := desired.ReadConfig(configMap)
	if err != nil {
		return status.Report{}, err
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	report := status.Report{
		Version: "0.1.0", ConfigHash: desired.ConfigHash(configMap), Ready: true,
		Storage:     status.StorageReport{QuotaBytes: config.Storage.QuotaBytes, UsedBytes: s.used[namespace+"/"+name]},
		Keys:        status.Check{OK: s.world.vault.Check(ctx) == nil, Reason: "Unavailable", Message: "Vault does not answer the server."},
		Certificate: status.CertificateReport{NotAfter: time.Date(2027, 2, 20, 12, 0, 0, 0, time.UTC)},
	}
	if s.stale[namespace] {
		report.ConfigHash = "older"
	}
	for _, pilot := range config.Pilots {
		told, found := s.pilots[namespace+"/"+pilot.ID]
		if !found {
			told = status.PilotReport{ID: pilot.ID, State: "invited"}
		}
		report.Pilots = append(report.Pilots, told)
	}
	return report, nil
}

// set changes what servers tell, under the lock.
func (s *servers) set(change func()) {
	s.lock.Lock()
	defer s.lock.Unlock()
	change()
}

func (s *servers) isSilent(host string) bool {
	s.lock.Lock()
	defer s.lock.Unlock()
	_, rest, _ := strings.Cut(host, ".")
	namespace, _, _ := strings.Cut(rest, ".")
	return s.silent[namespace]
}

// leftBehind is what the garbage collector would still have to remove: nothing
// of a tenant that is gone may be without an owner.
func (n *tenant) leftBehind(kinds ...client.ObjectList) error {
	for _, list := range kinds {
		if err := n.kube.List(n.Context(), list, client.InNamespace(n.namespace), client.HasLabels{v1alpha1.TenantLabel}); err != nil {
			return err
		}
		if err := eachOf(list, func(object metav1.Object) error {
			if metav1.GetControllerOf(object) == nil {
				return fmt.Errorf("%T %s has no owner", object, object.GetName())
			}
			return nil
		}); err != nil && !apierrors.IsNotFound(err) {
			return err
		}
	}
	return nil
}
