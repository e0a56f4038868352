package sharingtenant

import (
	"context"
	"errors"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/conditions"
	"voute.dev/voute/internal/desired"
	"voute.dev/voute/internal/serverstatus"
)

// exposure opens the addresses.
func (r *Reconciler) exposure(ctx context.Context, s *scope) (string, error) {
	err := s.each(func(e *environment) error {
		if err := r.withdraw(ctx, s, e); err != nil {
			return err
		}
		return r.address(ctx, s, e)
	})
	return s.addresses(), err
}

func (r *Reconciler) address(ctx context.Context, s *scope, e *environment) error {
	if err := s.mayOpen(e); err != nil {
		return err
	}
	open := r.open(ctx, s, e)
	if e.refused == nil {
		return open
	}
	return conditions.Merge([]conditions.Part{{Name: "host", Err: e.refused}, {Name: "open address", Err: open}})
}

// open opens an address, or keeps it open at the host that it has.
func (r *Reconciler) open(ctx context.Context, s *scope, e *environment) error {
	if err := e.withoutHost(); err != nil {
		return err
	}
	if !e.deployed {
		return conditions.Block("WaitingForServer", "waits for the server: see %s.", v1alpha1.WorkloadReadyCondition)
	}
	live, err := r.publicService(ctx, s, e)
	if err != nil {
		return err
	}
	return s.addressState(e, live)
}

// publicService makes the address as its revision has it.
func (r *Reconciler) publicService(ctx context.Context, s *scope, e *environment) (*corev1.Service, error) {
	live := &corev1.Service{ObjectMeta: s.meta(e, e.name)}
	if e.revision == nil {
		_, err := r.Objects.Observe(ctx, live)
		return live, err
	}
	return live, r.keep(ctx, s, e, live, as(func(in desired.Input) *corev1.Service { return e.revision.revision().PublicService(in) }))
}

// addressState also gives the address to the status: only once it is reached
// and the server works by a configuration that knows it. It stays there while a
// server restarts.
func (s *scope) addressState(e *environment, live *corev1.Service) error {
	report := e.report(s.now)
	switch {
	case len(live.Status.LoadBalancer.Ingress) == 0:
		return conditions.Wait("AddressPending", "Service %s has no external address yet: check the cluster's load balancer, kubectl describe service -n %s %s",
			e.name, s.tenant.Namespace, e.name)
	case !e.available && e.status.URL == "":
		return conditions.Block("WaitingForServer", "waits for the server: see %s.", v1alpha1.WorkloadReadyCondition)
	case report == nil, !report.Ready && e.word.Err != nil: // what it said while it stopped is nothing that it says
		return conditions.Wait("ServerSilent", "%s", s.silenceOf(e))
	case !report.Ready:
		return conditions.Wait("ServerNotServing", "the server says that it does not serve users yet: look at its log.")
	}
	if e.inForce(s.now) {
		e.status.URL = desired.URL(e.Environment, s.platform.Config)
	}
	return s.unreachable(e)
}

// silenceOf says why a server gives no report, in words that stay the same
// while it goes on.
func (s *scope) silenceOf(e *environment) string {
	var fault *serverstatus.Fault
	if errors.As(e.word.Err, &fault) {
		return fault.NextStep
	}
	return "the server has not reported yet."
}

func (s *scope) addresses() string {
	urls := make([]string, 0, len(s.environments))
	for _, e := range s.environments {
		urls = append(urls, desired.URL(e.Environment, s.platform.Config))
	}
	return strings.Join(urls, " and ") + " can be reached."
}
