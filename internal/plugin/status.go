package plugin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/plugin/status"
)

func statusCommand(c *connection) *cobra.Command {
	var all bool
	var show output
	command := &cobra.Command{
		Use:   "status [tenant]",
		Short: "How tenants are: health, why not, what waits, storage, certificate, availability, price",
		Example: "  kubectl voute status -A\n" +
			"  kubectl voute status -n justice justice\n" +
			"  kubectl voute status -A -o json",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: c.completeTenant,
		RunE: func(command *cobra.Command, args []string) error {
			return c.status(command, args, all, show)
		},
	}
	command.Flags().BoolVarP(&all, "all-namespaces", "A", false, "Tenants of all namespaces.")
	show.bind(command)
	return command
}

// tenantStatuses is what -o json and yaml show.
type tenantStatuses struct {
	Tenants []status.Tenant `json:"tenants"`
}

func (c *connection) status(command *cobra.Command, args []string, all bool, show output) error {
	if err := show.check(); err != nil {
		return err
	}
	if all && len(args) > 0 {
		return errors.New("a tenant is named, and -A asks for all: leave out one of them, and name the namespace with -n")
	}
	kube, err := c.client()
	if err != nil {
		return err
	}
	tenants, err := c.chosen(command.Context(), kube, args, all)
	if err != nil {
		return err
	}
	found := tenantStatuses{Tenants: []status.Tenant{}}
	for i := range tenants {
		found.Tenants = append(found.Tenants, status.Of(&tenants[i]))
	}
	return show.show(c.Out, found, func() string {
		zone := c.zone(command.Context(), kube, tenants)
		if len(args) == 1 {
			return status.Page(found.Tenants[0], c.Now(), zone)
		}
		return status.Table(found.Tenants, c.Now(), zone)
	})
}

// chosen are the tenants that arguments and flags name.
func (c *connection) chosen(ctx context.Context, kube client.Client, args []string, all bool) ([]v1alpha1.SharingTenant, error) {
	namespace, err := c.namespace(all)
	if err != nil {
		return nil, err
	}
	if len(args) == 0 {
		return c.tenants(ctx, kube, namespace)
	}
	tenant, err := c.tenant(ctx, kube, namespace, args[0])
	if err != nil {
		return nil, err
	}
	return []v1alpha1.SharingTenant{*tenant}, nil
}

// zone is the one whose clocks a page shows: of a single tenant its own, and else
// the platform's. Who may not read the platform's file gets UTC, and is told.
func (c *connection) zone(ctx context.Context, kube client.Client, tenants []v1alpha1.SharingTenant) *time.Location {
	if len(tenants) == 1 && tenants[0].Spec.Calendar.TimeZone != "" {
		if zone, err := time.LoadLocation(tenants[0].Spec.Calendar.TimeZone); err == nil {
			return zone
		}
	}
	cfg, err := c.platform(ctx, kube)
	if err != nil {
		_, _ = fmt.Fprintf(c.Err, "note: times are in UTC: %s\n", strings.ReplaceAll(err.Error(), "\n", "; ")) // no more than a note
		return time.UTC
	}
	return zoneOf(cfg)
}

func zoneOf(cfg *configv1.PlatformConfiguration) *time.Location {
	zone, err := time.LoadLocation(cfg.TimeZone)
	if err != nil {
		return time.UTC // a configuration that was loaded has one
	}
	return zone
}
