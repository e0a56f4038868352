package sharingtenant

import (
	"context"
	"net/url"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/conditions"
	"voute.dev/voute/internal/desired"
	"voute.dev/voute/internal/index"
	"voute.dev/voute/internal/serverstatus"
)

// silence is how long a server's last report is taken for true while it does
// not answer: longer than a restart, shorter than anybody would call an outage.
const silence = 2 * time.Minute

// observe finds out what is there before the steps begin.
func (r *Reconciler) observe(ctx context.Context, s *scope) {
	logger := log.FromContext(ctx)
	for _, e := range s.environments {
		var err error
		if e.exposed, err = r.ours(ctx, s, &corev1.Service{ObjectMeta: s.meta(e, e.name)}); err != nil {
			logger.Error(err, "cannot tell whether the address is open", "environment", e.Name)
			e.unread = err
		}
		// An address whose Service somebody has deleted is still a live one.
		e.exposed = e.exposed || e.status.URL != ""
		if e.deployed, err = r.ours(ctx, s, &appsv1.Deployment{ObjectMeta: s.meta(e, e.name)}); err != nil {
			logger.Error(err, "cannot tell whether the server is deployed", "environment", e.Name)
			e.unread = err
			e.deployed = e.exposed // an address is opened for a server only
		}
		e.conflict = r.hostConflict(ctx, s, e)
	}
	r.ask(ctx, s)
}

func (r *Reconciler) ours(ctx context.Context, s *scope, object client.Object) (bool, error) {
	found, err := r.Objects.Observe(ctx, object)
	return found && s.owns(object), err
}

// hostConflict says that another tenant has the host: who serves it keeps it;
// among those who do not, the oldest gets it.
func (r *Reconciler) hostConflict(ctx context.Context, s *scope, e *environment) error {
	claiming := &v1alpha1.SharingTenantList{}
	if err := r.Client.List(ctx, claiming, client.MatchingFields{index.TenantHost: e.Host}); err != nil {
		return err
	}
	other := holder(claiming.Items, s.tenant, e.Host)
	if other == nil {
		return nil
	}
	return conditions.Stall("HostConflict", "the host %s belongs to SharingTenant %s/%s: give this environment another host.",
		e.Host, other.Namespace, other.Name)
}

// holder is the other tenant that has a host which several claim; nil when this
// one has it. A cache lists them in no order, and the answer must not follow it.
func holder(claiming []v1alpha1.SharingTenant, tenant *v1alpha1.SharingTenant, host string) *v1alpha1.SharingTenant {
	if serves(tenant, host) {
		return nil
	}
	var oldest *v1alpha1.SharingTenant
	for i := range claiming {
		other := &claiming[i]
		switch {
		case other.UID == tenant.UID:
		case serves(other, host):
			return other
		case isOlder(other, tenant) && (oldest == nil || isOlder(other, oldest)):
			oldest = other
		}
	}
	return oldest
}

// serves: the address that is open has this host. To have another one open, and
// to claim this one in the spec, is not enough.
func serves(tenant *v1alpha1.SharingTenant, host string) bool {
	for _, e := range tenant.Status.Environments {
		if open, err := url.Parse(e.URL); err == nil && open.Hostname() == host {
			return true
		}
	}
	return false
}

func isOlder(a, b *v1alpha1.SharingTenant) bool {
	if order := a.CreationTimestamp.Compare(b.CreationTimestamp.Time); order != 0 {
		return order < 0
	}
	return a.UID < b.UID
}

// ask reads the reports of all deployed servers at once, unless they are fresh.
func (r *Reconciler) ask(ctx context.Context, s *scope) {
	var asked sync.WaitGroup
	for _, e := range s.environments {
		key := s.serverKey(e)
		if !e.deployed {
			if e.unread == nil {
				r.Reports.Forget(key)
			}
			continue
		}
		if e.word = r.Reports.Last(key); s.now.Sub(e.word.Asked) < r.Pace.freshness(s) {
			continue
		}
		asked.Go(func() { r.askOne(ctx, s, e) })
	}
	asked.Wait()
}

func (r *Reconciler) askOne(ctx context.Context, s *scope, e *environment) {
	key := s.serverKey(e)
	address := desired.StatusAddress(s.tenant.Namespace, s.tenant.Name, e.Name)
	report, err := s.platform.Server.Read(ctx, address, e.Host)
	if err != nil {
		log.FromContext(ctx).V(1).Info("a server does not report", "environment", e.Name, "cause", err.Error())
		r.Reports.Silent(key, err, s.now)
	} else if r.Reports.Answered(key, report, s.now) && e.Name == v1alpha1.ProductionEnvironment {
		r.tellPilots(ctx, s.tenant)
	}
	e.word = r.Reports.Last(key)
}

func (r *Reconciler) tellPilots(ctx context.Context, tenant *v1alpha1.SharingTenant) {
	select {
	case r.PilotsMoved <- event.GenericEvent{Object: tenant}:
	case <-ctx.Done():
	}
}

func (s *scope) serverKey(e *environment) serverstatus.Key {
	return serverstatus.Key{Namespace: s.tenant.Namespace, Tenant: s.tenant.Name, Environment: e.Name}
}
