package sharingtenant

import (
	"context"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/desired"
	"voute.dev/voute/internal/serverstatus"
	"voute.dev/voute/server/status"
)

// silence is how long a server's last report is taken for true while it does
// not answer: longer than a restart, shorter than anybody would call an outage.
const silence = 2 * time.Minute

// observe finds out what is there before the steps begin.
func (r *Reconciler) observe(ctx context.Context, s *scope) {
	logger := log.FromContext(ctx)
	for _, e := range s.environments {
		var err error
		public := &corev1.Service{ObjectMeta: s.meta(e, e.name)}
		if e.exposed, err = r.present(ctx, s, e, public); err != nil {
			logger.Error(err, "cannot tell whether the address is open", "environment", e.Name)
			e.unread = err
		}
		e.ingress = ingressOf(public)
		// An address whose Service somebody has deleted is still a live one.
		e.exposed = e.exposed || e.status.URL != ""
		server := &appsv1.Deployment{ObjectMeta: s.meta(e, e.name)}
		if e.deployed, err = r.present(ctx, s, e, server); err != nil {
			logger.Error(err, "cannot tell whether the server is deployed", "environment", e.Name)
			e.unread = err
			e.deployed = e.exposed // an address is opened for a server only
		}
		if e.deployed {
			e.labelled = server.Labels[v1alpha1.RevisionLabel]
		}
		if err = r.checkHost(ctx, s, e); err != nil {
			logger.Error(err, "cannot tell which certificate is shown at the open address", "environment", e.Name)
			e.unread = err
		}
	}
	s.keepApart()
	r.ask(ctx, s)
}

// present: an object of this tenant is there.
func (r *Reconciler) present(ctx context.Context, s *scope, e *environment, object client.Object) (bool, error) {
	found, err := r.seek(ctx, e, object)
	return found && s.owns(object), err
}

// seek reads an object that may be there. Of an environment that was never
// reached it is enough that nobody has seen one: what is there all the same is
// found when it is made, and serves nobody.
func (r *Reconciler) seek(ctx context.Context, e *environment, object client.Object) (found bool, err error) {
	suspected, err := r.Objects.Suspects(ctx, object)
	if err != nil || (!suspected && e.status.URL == "") {
		return false, err
	}
	return r.Objects.Observe(ctx, object)
}

func (r *Reconciler) ours(ctx context.Context, s *scope, object client.Object) (bool, error) {
	found, err := r.Objects.Observe(ctx, object)
	return found && s.owns(object), err
}

// ingressOf is where a load balancer lets a Service be reached; empty where it
// does not yet.
func ingressOf(service *corev1.Service) string {
	for _, each := range service.Status.LoadBalancer.Ingress {
		return firstOf(each.IP, each.Hostname)
	}
	return ""
}

// ask reads the reports of all deployed servers, and probes all addresses, at
// once, unless that was done just now.
func (r *Reconciler) ask(ctx context.Context, s *scope) {
	var asked sync.WaitGroup
	for _, e := range s.environments {
		if s.isProbed(e) && e.unread == nil {
			asked.Go(func() { r.probe(ctx, s, e) })
		}
		key := s.serverKey(e)
		if !e.deployed {
			if e.unread == nil {
				r.Reports.Forget(key)
			}
			continue
		}
		if e.word = r.Reports.Last(key); isWithin(s.now, e.word.Asked, r.Pace.freshness(s)) && !e.isOvertaken() {
			continue
		}
		asked.Go(func() { r.askOne(ctx, s, e) })
	}
	asked.Wait()
}

// isOvertaken: the server was asked before its change began, or in the same
// second, which is as much as a status tells. It may have been the one before.
func (e *environment) isOvertaken() bool {
	rolled := e.status.Rollout
	return rolled != nil && rolled.Change != nil && e.word.Asked.Before(rolled.Change.StartTime.Add(time.Second))
}

func (r *Reconciler) askOne(ctx context.Context, s *scope, e *environment) {
	key := s.serverKey(e)
	before := e.word.Report
	address := desired.StatusAddress(s.tenant.Namespace, s.tenant.Name, e.Name)
	report, err := s.platform.Server.Read(ctx, address, e.Host)
	if err != nil {
		log.FromContext(ctx).V(1).Info("a server does not report", "environment", e.Name, "cause", err.Error())
		r.Reports.Silent(key, err, s.now)
	} else if r.Reports.Answered(key, report, s.now) && e.Name == v1alpha1.ProductionEnvironment {
		tellOf(ctx, s.tenant, r.PilotsMoved)
	}
	if e.word = r.Reports.Last(key); err == nil && figuresMoved(before, report, s.zone()) {
		tellOf(ctx, s.tenant, r.FiguresMoved)
	}
}

// figuresMoved: the server tells something new of what is shredded and held. Its
// first word is news even where it tells nothing: the others' figures waited for it.
func figuresMoved(before, now *status.Report, zone *time.Location) bool {
	if before == nil {
		return true
	}
	old, told := serverstatus.FiguresOf(before, zone)
	figures, tells := serverstatus.FiguresOf(now, zone)
	return tells != told || old != figures
}

// tellOf tells another controller of a tenant, where there is one that hears.
func tellOf(ctx context.Context, tenant *v1alpha1.SharingTenant, hears chan<- event.GenericEvent) {
	if hears == nil {
		return
	}
	select {
	case hears <- event.GenericEvent{Object: tenant}:
	case <-ctx.Done():
	}
}

func (s *scope) serverKey(e *environment) serverstatus.Key {
	return serverstatus.Key{Namespace: s.tenant.Namespace, Tenant: s.tenant.Name, Environment: e.Name}
}
