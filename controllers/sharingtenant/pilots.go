package sharingtenant

import (
	"context"
	"fmt"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/conditions"
	"voute.dev/voute/internal/index"
	"voute.dev/voute/internal/roster"
)

// pilots finds who administers the client's users.
func (r *Reconciler) pilots(ctx context.Context, s *scope) (string, error) {
	named := &v1alpha1.PilotList{}
	err := r.Client.List(ctx, named, client.InNamespace(s.tenant.Namespace), client.MatchingFields{index.PilotTenant: s.tenant.Name})
	if err != nil {
		return "", err
	}
	s.roster = roster.Of(named.Items).Config()
	if len(s.roster) > 0 {
		return fmt.Sprintf("Pilots named: %d.", len(s.roster)), nil
	}
	return "", conditions.Stall("PilotMissing", "No Pilot names this tenant: %s. Name one, with the person's own address: "+
		`echo '{"apiVersion":"%s","kind":"Pilot","metadata":{"name":"first-pilot","namespace":"%s"},"spec":{"tenantRef":{"name":"%s"},"email":"pilot@example.org","name":"First Pilot","language":"fr"}}' | kubectl apply -f -`,
		s.withoutPilot(), v1alpha1.GroupVersion, s.tenant.Namespace, s.tenant.Name)
}

func (s *scope) withoutPilot() string {
	if s.isExposed() {
		return "open addresses take no new documents"
	}
	return "no address is opened"
}

func (s *scope) isExposed() bool {
	return slices.ContainsFunc(s.environments, func(e *environment) bool { return e.exposed })
}

// pilotsStay is an error where the pilots are gone because the tenant is going,
// which the cache may show later: until it is gone they sign in. The last pilot of
// a tenant that serves goes no other way, but by somebody's force.
func (r *Reconciler) pilotsStay(ctx context.Context, s *scope) error {
	if len(s.roster) > 0 || !s.isExposed() {
		return nil
	}
	now := &v1alpha1.SharingTenant{}
	err := r.Live.Get(ctx, client.ObjectKeyFromObject(s.tenant), now)
	if client.IgnoreNotFound(err) != nil {
		return err
	}
	if err != nil || now.UID != s.tenant.UID || now.DeletionTimestamp != nil {
		return conditions.Wait("TenantGoing", "is not changed any more: the tenant is being deleted.")
	}
	return nil
}
