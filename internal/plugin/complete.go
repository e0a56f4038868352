package plugin

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"
)

// completionTime is how long a shell waits at most.
const completionTime = 3 * time.Second

// completeTenant offers the tenants of the namespace. What goes wrong offers
// nothing: a shell has no place for it.
func (c *connection) completeTenant(command *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(command.Context(), completionTime)
	defer cancel()
	namespace, err := c.namespace(false)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	kube, err := c.client()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	tenants, err := c.tenants(ctx, kube, namespace)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names := make([]cobra.Completion, 0, len(tenants))
	for i := range tenants {
		names = append(names, tenants[i].Name)
	}
	slices.Sort(names)
	return names, cobra.ShellCompDirectiveNoFileComp
}
