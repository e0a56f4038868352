package plugin

import (
	"fmt"

	"github.com/spf13/cobra"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/plugin/windows"
)

// most is how many openings are counted at most: a year of business hours.
const most = 400

func windowsCommand(c *connection) *cobra.Command {
	var show output
	next := 10
	command := &cobra.Command{
		Use:   "windows [tenant]",
		Short: "When changes of each class may start next: of the platform, or of one tenant",
		Example: "  kubectl voute windows\n" +
			"  kubectl voute windows -n culture culture --next 3",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: c.completeTenant,
		RunE: func(command *cobra.Command, args []string) error {
			return c.windows(command, args, next, show)
		},
	}
	command.Flags().IntVar(&next, "next", next, "How many openings of each class are shown.")
	show.bind(command)
	return command
}

func (c *connection) windows(command *cobra.Command, args []string, next int, show output) error {
	if err := show.check(); err != nil {
		return err
	}
	if next < 1 || next > most {
		return fmt.Errorf("--next %d: write a number from 1 to %d", next, most)
	}
	kube, err := c.client()
	if err != nil {
		return err
	}
	cfg, err := c.platform(command.Context(), kube)
	if err != nil {
		return err
	}
	var tenant *v1alpha1.SharingTenant
	if len(args) == 1 {
		namespace, err := c.namespace(false)
		if err != nil {
			return err
		}
		if tenant, err = c.tenant(command.Context(), kube, namespace, args[0]); err != nil {
			return err
		}
	}
	found, err := windows.Next(cfg, tenant, c.Now(), next)
	if err != nil {
		return fmt.Errorf("%w. No change starts that interrupts until it is mended", err)
	}
	return show.show(c.Out, found, func() string { return windows.Page(found) })
}
