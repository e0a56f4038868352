package simulation

import (
	"context"
	"sync"
	"testing"
	"time"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	cmmeta "github.com/cert-manager/cert-manager/pkg/apis/meta/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
)

// pause between two turns of a cluster that runs by itself.
const pause = 50 * time.Millisecond

// Cluster does what controllers and nodes do.
type Cluster struct {
	kube client.Client

	lock     sync.Mutex
	idle     map[string]bool // namespace/kind
	refusing map[string]bool // namespace
	// Keys: cert-manager also makes the Secret of what it issues. It does not
	// remove it with the Certificate.
	Keys bool
}

// New makes a cluster that moves only when it is told to.
func New(kube client.Client) *Cluster {
	return &Cluster{kube: kube, idle: map[string]bool{}, refusing: map[string]bool{}}
}

// Start makes a cluster that moves by itself until the test ends.
func Start(t testing.TB, kube client.Client) *Cluster {
	t.Helper()
	c := New(kube)
	Run(t, func(ctx context.Context) error {
		for ctx.Err() == nil {
			c.Turn(ctx)
			select {
			case <-ctx.Done():
			case <-time.After(pause):
			}
		}
		return nil
	})
	return c
}

// Hold keeps a kind of a namespace from moving until the function returned is called.
func (c *Cluster) Hold(namespace, kind string) (release func()) {
	return c.mark(c.idle, namespace+"/"+kind)
}

// Refuse keeps cert-manager from issuing in a namespace, with a reason, until
// the function returned is called.
func (c *Cluster) Refuse(namespace string) (relent func()) { return c.mark(c.refusing, namespace) }

func (c *Cluster) mark(marks map[string]bool, name string) (unmark func()) {
	set := func(to bool) {
		c.lock.Lock()
		defer c.lock.Unlock()
		marks[name] = to
	}
	set(true)
	return func() { set(false) }
}

func (c *Cluster) isMarked(marks map[string]bool, name string) bool {
	c.lock.Lock()
	defer c.lock.Unlock()
	return marks[name]
}

// Turn lets every object that carries a tenant's label take its next step, and
// says how many did. What fails, or meets a conflict, is for the next turn.
func (c *Cluster) Turn(ctx context.Context) (moved int) {
	for _, each := range []struct {
		kind string
		list client.ObjectList
	}{
		{"Certificate", &certmanagerv1.CertificateList{}}, {"PersistentVolumeClaim", &corev1.PersistentVolumeClaimList{}},
		{"Deployment", &appsv1.DeploymentList{}}, {"Service", &corev1.ServiceList{}},
	} {
		if err := c.kube.List(ctx, each.list, client.HasLabels{v1alpha1.TenantLabel}); err != nil {
			continue
		}
		_ = meta.EachListItem(each.list, func(item runtime.Object) error { // the function never fails
			if object, ok := item.(client.Object); ok && !c.isMarked(c.idle, object.GetNamespace()+"/"+each.kind) && c.step(ctx, object) {
				moved++
			}
			return nil
		})
	}
	return moved
}

// step lets an object that is being deleted go, and gives any other its next status.
func (c *Cluster) step(ctx context.Context, object client.Object) bool {
	if object.GetDeletionTimestamp() != nil {
		object.SetFinalizers(nil)
		return c.kube.Update(ctx, object) == nil
	}
	advance := Advance
	if certificate, ok := object.(*certmanagerv1.Certificate); ok && c.isMarked(c.refusing, object.GetNamespace()) {
		advance = func(client.Object) bool { return refuse(certificate) }
	}
	moved := advance(object) && c.kube.Status().Update(ctx, object) == nil
	if certificate, ok := object.(*certmanagerv1.Certificate); ok && c.Keys && c.fill(ctx, certificate) {
		moved = true
	}
	return moved
}

// fill makes the Secret of a Certificate that is issued.
func (c *Cluster) fill(ctx context.Context, certificate *certmanagerv1.Certificate) bool {
	for _, condition := range certificate.Status.Conditions {
		if condition.Type == certmanagerv1.CertificateConditionReady && condition.Status != cmmeta.ConditionTrue {
			return false
		}
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: certificate.Namespace, Name: certificate.Spec.SecretName}}
	return c.kube.Create(ctx, secret) == nil // there is one already, most often
}

// Run ends something with the test, and waits for its end.
func Run(t testing.TB, start func(context.Context) error) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var ended sync.WaitGroup
	ended.Go(func() {
		if err := start(ctx); err != nil {
			t.Errorf("it ended: %v", err)
		}
	})
	t.Cleanup(func() {
		stop()
		ended.Wait()
	})
}
