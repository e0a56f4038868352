package benchoperator

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
)

// bareFix brings a fix to tenants that are there, with the fewest writes that say
// as much as the operator's: for each environment what it is to run with, that a
// change begins, the Deployment, that it is done, and the end of what ran before.
type bareFix struct {
	kube      client.Client
	simulator *simulator
	tenants   map[string]*v1alpha1.SharingTenant // by namespace, as are the others
	servers   map[string][]appsv1.Deployment
	revisions map[string]*appsv1.ControllerRevision // by namespace/name
	written   atomic.Int64
}

// rollOutBare takes the operator's place, with its watches and as many
// environments at a time as it may change together.
func (s *stage) rollOutBare(t *testing.T) (effort, int) {
	t.Helper()
	watchAsOperator(t, s.place)
	b := s.newBareFix(t)
	begin, before := time.Now(), programs(t)
	each(t, *slots, b.tenant)
	await(t, "the bare client's fix is seen", func() error {
		done, _, err := s.simulator.changed(fixedAgain)
		if err == nil && done < *tenants {
			err = fmt.Errorf("%d of %d tenants run it", done, *tenants)
		}
		return err
	})
	return since(t, begin, before), int(b.written.Load())
}

// newBareFix reads before the time counts what is there.
func (s *stage) newBareFix(t *testing.T) *bareFix {
	t.Helper()
	b := &bareFix{
		kube: s.kube, simulator: s.simulator, tenants: map[string]*v1alpha1.SharingTenant{},
		servers: map[string][]appsv1.Deployment{}, revisions: map[string]*appsv1.ControllerRevision{},
	}
	var tenants v1alpha1.SharingTenantList
	var servers appsv1.DeploymentList
	var revisions appsv1.ControllerRevisionList
	for _, list := range []client.ObjectList{&tenants, &servers, &revisions} {
		if err := s.kube.List(t.Context(), list); err != nil {
			t.Fatal(err)
		}
	}
	for i := range tenants.Items {
		b.tenants[tenants.Items[i].Namespace] = &tenants.Items[i]
	}
	for i := range servers.Items { // development comes first by its name
		b.servers[servers.Items[i].Namespace] = append(b.servers[servers.Items[i].Namespace], servers.Items[i])
	}
	for i := range revisions.Items {
		b.revisions[revisions.Items[i].Namespace+"/"+revisions.Items[i].Name] = &revisions.Items[i]
	}
	return b
}

func (b *bareFix) tenant(ctx context.Context, i int) error {
	tenant, servers := b.tenants[namespaceOf(i)], b.servers[namespaceOf(i)]
	if tenant == nil || len(servers) != environments {
		return errors.New("it is not as the operator leaves it")
	}
	for n := range servers {
		if err := b.environment(ctx, tenant, &servers[n]); err != nil {
			return fmt.Errorf("%s: %w", servers[n].Name, err)
		}
	}
	return nil
}

func (b *bareFix) environment(ctx context.Context, tenant *v1alpha1.SharingTenant, server *appsv1.Deployment) error {
	old := b.revisions[tenant.Namespace+"/"+server.Labels[v1alpha1.RevisionLabel]]
	if old == nil {
		return fmt.Errorf("there is no revision %q", server.Labels[v1alpha1.RevisionLabel])
	}
	next := successor(old)
	if err := b.kube.Create(ctx, next); err != nil {
		return err
	}
	ready := tenant.Status.DeepCopy()
	if err := b.status(ctx, tenant, func() { begins(tenant, server, next) }); err != nil {
		return err
	}
	if err := b.start(ctx, server, next.Name); err != nil {
		return err
	}
	if err := b.status(ctx, tenant, func() { ends(tenant, server, ready) }); err != nil {
		return err
	}
	b.written.Add(2)
	return b.kube.Delete(ctx, old)
}

// successor is what an environment is to run with, which was recorded of what it
// runs with now.
func successor(old *appsv1.ControllerRevision) *appsv1.ControllerRevision {
	next := &appsv1.ControllerRevision{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: old.Namespace, Name: old.Name + "-next", Labels: old.Labels, Annotations: old.Annotations, OwnerReferences: old.OwnerReferences,
		},
		Revision: old.Revision,
	}
	next.Data = runtime.RawExtension{Raw: []byte(strings.ReplaceAll(string(old.Data.Raw), fixed, fixedAgain))}
	return next
}

func (b *bareFix) status(ctx context.Context, tenant *v1alpha1.SharingTenant, change func()) error {
	before := tenant.DeepCopy()
	change()
	b.written.Add(1)
	return b.kube.Status().Patch(ctx, tenant, client.MergeFrom(before))
}

// start gives the server its new image, and waits until it is ready.
func (b *bareFix) start(ctx context.Context, server *appsv1.Deployment, revision string) error {
	before := server.DeepCopy()
	server.Labels[v1alpha1.RevisionLabel] = revision
	for i := range server.Spec.Template.Spec.Containers {
		container := &server.Spec.Template.Spec.Containers[i]
		container.Image = strings.ReplaceAll(container.Image, fixed, fixedAgain)
	}
	b.written.Add(1)
	if err := b.kube.Patch(ctx, server, client.MergeFrom(before)); err != nil {
		return err
	}
	if server.Generation == before.Generation {
		return errors.New("it has the new image already")
	}
	for ctx.Err() == nil {
		if ready, err := b.simulator.isMarked(server.UID, server.Generation); ready || err != nil {
			return err
		}
		time.Sleep(5 * time.Millisecond)
	}
	return ctx.Err()
}

// of finds what a status says of a server's environment.
func of(tenant *v1alpha1.SharingTenant, server *appsv1.Deployment) *v1alpha1.EnvironmentStatus {
	for i := range tenant.Status.Environments {
		if string(tenant.Status.Environments[i].Name) == server.Labels[v1alpha1.EnvironmentLabel] {
			return &tenant.Status.Environments[i]
		}
	}
	return &v1alpha1.EnvironmentStatus{Rollout: &v1alpha1.RolloutStatus{}}
}

func begins(tenant *v1alpha1.SharingTenant, server *appsv1.Deployment, next *appsv1.ControllerRevision) {
	rollout, now := of(tenant, server).Rollout, metav1.Now()
	rollout.Revision, rollout.Version, rollout.HealthySince = next.Name, fixedAgain, nil
	rollout.Change = &v1alpha1.Change{Class: v1alpha1.FixChange, Reason: "version " + fixed + " → " + fixedAgain, StartTime: &now, Deadline: &now}
	for _, each := range []string{v1alpha1.ReadyCondition, v1alpha1.WorkloadReadyCondition} {
		meta.SetStatusCondition(&tenant.Status.Conditions, metav1.Condition{
			Type: each, Status: metav1.ConditionFalse, Reason: "RollingOut", Message: "the server is being started.", ObservedGeneration: tenant.Generation,
		})
	}
}

func ends(tenant *v1alpha1.SharingTenant, server *appsv1.Deployment, ready *v1alpha1.SharingTenantStatus) {
	e, now := of(tenant, server), metav1.Now()
	e.Version, e.Rollout.Change, e.Rollout.HealthySince, e.Rollout.LastHealthy = fixedAgain, nil, &now, e.Rollout.Revision
	tenant.Status.Conditions = ready.Conditions
}
