package plugin

import (
	"fmt"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/plugin/pilots"
)

func pilotsCommand(c *connection) *cobra.Command {
	var all bool
	var show output
	command := &cobra.Command{
		Use:               "pilots [tenant]",
		Short:             "Who administers the clients' users, and how far each invitation is",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: c.completeTenant,
		RunE: func(command *cobra.Command, args []string) error {
			return c.pilots(command, args, all, show)
		},
	}
	command.Flags().BoolVarP(&all, "all-namespaces", "A", false, "Pilots of all namespaces.")
	show.bind(command)
	return command
}

// pilotList is what -o json and yaml show.
type pilotList struct {
	Pilots []pilots.Pilot `json:"pilots"`
}

func (c *connection) pilots(command *cobra.Command, args []string, all bool, show output) error {
	if err := show.check(); err != nil {
		return err
	}
	namespace, err := c.namespace(all)
	if err != nil {
		return err
	}
	kube, err := c.client()
	if err != nil {
		return err
	}
	list := &v1alpha1.PilotList{}
	if err := kube.List(command.Context(), list, client.InNamespace(namespace)); err != nil {
		return explain(err, "list Pilots in "+place(namespace))
	}
	tenant := ""
	if len(args) == 1 {
		tenant = args[0]
	}
	found := pilotList{Pilots: pilots.Of(list.Items, tenant)}
	if len(found.Pilots) == 0 && show == "" {
		_, err := fmt.Fprintf(c.Err, "No Pilots%s in %s: without one no address is opened.\n", of(tenant), place(namespace))
		return err
	}
	return show.show(c.Out, found, func() string { return pilots.Table(found.Pilots, c.Now()) })
}

func of(tenant string) string {
	if tenant == "" {
		return ""
	}
	return " of " + tenant
}
