// Package index names the fields by which the operator finds its own kinds in
// its cache, and registers them.
package index

import (
	"context"
	"fmt"
	"net/url"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
)

const (
	// PilotTenant finds Pilots by the name of their tenant.
	PilotTenant = "spec.tenantRef.name"
	// TenantPolicy finds SharingTenants by the name of their RetentionPolicy.
	TenantPolicy = "spec.retentionPolicyRef.name"
	// TenantHost finds SharingTenants by each host that they ask for, and by
	// each at which an address of theirs is open: the two may differ.
	TenantHost = "spec.environments.host"
	// InterventionTenant finds Interventions by the name of their tenant.
	InterventionTenant = "spec.tenantRef.name"
	// StatementTenant finds BillingStatements by namespace/name of their tenant.
	StatementTenant = "spec.tenantRef"
)

// everywhere are the fields that are looked for in all namespaces at once, and
// never in one. All others are looked for in one namespace, and never in all.
var everywhere = []string{TenantHost}

// Register makes a cache keep every index.
func Register(ctx context.Context, indexer client.FieldIndexer) error {
	for _, each := range []struct {
		object client.Object
		field  string
		values client.IndexerFunc
	}{
		{&v1alpha1.Pilot{}, PilotTenant, pilotTenant},
		{&v1alpha1.SharingTenant{}, TenantPolicy, tenantPolicy},
		{&v1alpha1.SharingTenant{}, TenantHost, Hosts},
		{&v1alpha1.Intervention{}, InterventionTenant, interventionTenant},
		{&v1alpha1.BillingStatement{}, StatementTenant, statementTenant},
	} {
		if err := indexer.IndexField(ctx, each.object, each.field, each.values); err != nil {
			return fmt.Errorf("index %T by %s: %w", each.object, each.field, err)
		}
	}
	return nil
}

// Kept refuses to look for a field in a namespace, empty for all, where nothing is
// kept for that: an empty list would be taken for an answer.
func Kept(name, namespace string) error {
	switch inAll := slices.Contains(everywhere, name); {
	case inAll && namespace != "":
		return fmt.Errorf("%s is kept for all namespaces at once, and was looked for in %s: leave the namespace out", name, namespace)
	case !inAll && namespace == "":
		return fmt.Errorf("%s is kept for each namespace, and was looked for in all: name one", name)
	}
	return nil
}

func pilotTenant(object client.Object) []string {
	if pilot, ok := object.(*v1alpha1.Pilot); ok {
		return []string{pilot.Spec.TenantRef.Name}
	}
	return nil
}

func interventionTenant(object client.Object) []string {
	if intervention, ok := object.(*v1alpha1.Intervention); ok {
		return []string{intervention.Spec.TenantRef.Name}
	}
	return nil
}

func statementTenant(object client.Object) []string {
	if statement, ok := object.(*v1alpha1.BillingStatement); ok {
		of := statement.Spec.TenantRef
		return []string{of.Namespace + "/" + of.Name}
	}
	return nil
}

func tenantPolicy(object client.Object) []string {
	if tenant, ok := object.(*v1alpha1.SharingTenant); ok {
		return []string{tenant.Spec.RetentionPolicyRef.Name}
	}
	return nil
}

// Hosts are those that a tenant asks for, and those at which it serves, each once.
func Hosts(object client.Object) []string {
	tenant, ok := object.(*v1alpha1.SharingTenant)
	if !ok {
		return nil
	}
	hosts := make([]string, 0, len(tenant.Spec.Environments))
	for _, environment := range tenant.Spec.Environments {
		hosts = append(hosts, environment.Host)
	}
	for _, environment := range tenant.Status.Environments {
		if open, err := url.Parse(environment.URL); err == nil && open.Hostname() != "" {
			hosts = append(hosts, open.Hostname())
		}
	}
	slices.Sort(hosts)
	return slices.Compact(hosts)
}
