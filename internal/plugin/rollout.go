package plugin

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/plugin/progress"
)

func rolloutCommand(c *connection) *cobra.Command {
	var show output
	command := &cobra.Command{
		Use:   "rollout [version]",
		Short: "How far all clients are with the versions that they are to have, and what is halted",
		Example: "  kubectl voute rollout\n" +
			"  kubectl voute rollout 0.2.1\n" +
			"  kubectl voute rollout halt 0.2.1 --reason \"uploads are cut off\"\n" +
			"  kubectl voute rollout resume --dry-run",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: c.completeVersion,
		RunE: func(command *cobra.Command, args []string) error {
			return c.rollout(command.Context(), args, show)
		},
	}
	show.bind(command)
	command.AddCommand(haltCommand(c), resumeCommand(c))
	return command
}

func (c *connection) rollout(ctx context.Context, args []string, show output) error {
	if err := show.check(); err != nil {
		return err
	}
	_, cfg, tenants, err := c.fleet(ctx)
	if err != nil {
		return err
	}
	found := progress.Of(cfg, tenants)
	if len(args) == 1 {
		if found, err = withVersion(found, args[0]); err != nil {
			return err
		}
	}
	return show.show(c.Out, found, func() string { return progress.Page(found, c.Now(), zoneOf(cfg)) })
}

// fleet reads what tells how far all clients are.
func (c *connection) fleet(ctx context.Context) (client.Client, *configv1.PlatformConfiguration, []v1alpha1.SharingTenant, error) {
	kube, err := c.client()
	if err != nil {
		return nil, nil, nil, err
	}
	cfg, err := c.platform(ctx, kube)
	if err != nil {
		return nil, nil, nil, err
	}
	tenants, err := c.tenants(ctx, kube, "")
	return kube, cfg, tenants, err
}

func withVersion(p progress.Progress, version string) (progress.Progress, error) {
	one := p.With(version)
	if len(one.Versions)+len(one.Halted) > 0 {
		return one, nil
	}
	known := make([]string, 0, len(p.Versions))
	for _, v := range p.Versions {
		known = append(known, v.Version)
	}
	return one, fmt.Errorf("no client is to have version %s, and none runs it: those there are %s", version, strings.Join(known, ", "))
}

// completeVersion offers the versions that clients have or are to have.
func (c *connection) completeVersion(command *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return c.completeOf(command, args, func(ctx context.Context, kube client.Client, cfg *configv1.PlatformConfiguration) (versions []cobra.Completion) {
		tenants, err := c.tenants(ctx, kube, "")
		if err != nil {
			return nil
		}
		for _, v := range progress.Of(cfg, tenants).Versions {
			versions = append(versions, v.Version)
		}
		return versions
	})
}

// writing are the flags of a command that writes.
type writing struct{ dryRun, yes bool }

func (w *writing) bind(command *cobra.Command) {
	command.Flags().BoolVar(&w.dryRun, "dry-run", false, "Have the API server check it, and change nothing.")
	command.Flags().BoolVarP(&w.yes, "yes", "y", false, "Do not ask.")
}

// ask is for what cannot be done without a person's yes.
func (c *connection) ask(flags writing, question string, values ...any) error {
	if flags.yes || flags.dryRun {
		return nil
	}
	_, _ = fmt.Fprintf(c.Err, question+" Write yes: ", values...) // the answer tells whether it was read
	answer, _ := bufio.NewReader(c.In).ReadString('\n')           // no answer is none
	if strings.TrimSpace(answer) != "yes" {
		return errors.New("nothing is changed: the answer was not yes. Without anybody to ask, give --yes")
	}
	return nil
}

func resumeCommand(c *connection) *cobra.Command {
	var flags writing
	command := &cobra.Command{
		Use:   "resume [version]",
		Short: "Let all tenants try again what was taken back; with a version, lift the halt that people made",
		Long: "Let all tenants try again what was taken back, and so lift every halt that failures made.\n\n" +
			"It does what docs/operations.md does by hand, and nothing else: it annotates every SharingTenant with\n" +
			v1alpha1.TryAgainAnnotation + "=yes, which the operator removes once it has seen it. See first why it was taken back.\n\n" +
			"With a version it takes that one out of rollout.halted of the platform configuration, where rollout halt\n" +
			"has put it, and annotates nothing.",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: c.completeHalted,
		RunE: func(command *cobra.Command, args []string) error {
			if len(args) == 1 {
				return c.lift(command.Context(), args[0], flags)
			}
			return c.resume(command.Context(), flags)
		},
	}
	flags.bind(command)
	return command
}

func (c *connection) resume(ctx context.Context, flags writing) error {
	kube, cfg, tenants, err := c.fleet(ctx)
	if err != nil {
		return err
	}
	found := progress.Of(cfg, tenants)
	failed := failedOf(found)
	for _, halt := range found.Halted {
		_, _ = fmt.Fprintf(c.Err, "note: version %s stays halted by the platform team (%s): kubectl voute rollout resume %s lifts that\n", halt.Version, halt.Reason, halt.Version) // it is said beside
	}
	if len(failed) == 0 {
		_, err := fmt.Fprintln(c.Out, "Nothing was taken back: there is nothing to try again.")
		return err
	}
	if err := c.confirm(found, failed, len(tenants), flags); err != nil {
		return err
	}
	return c.tryAgain(ctx, kube, tenants, flags.dryRun)
}

func failedOf(p progress.Progress) (failed []progress.Step) {
	for _, step := range p.Steps {
		if step.State == progress.Failed {
			failed = append(failed, step)
		}
	}
	return failed
}

// confirm says what is about to be done, and asks.
func (c *connection) confirm(p progress.Progress, failed []progress.Step, tenants int, flags writing) error {
	var text strings.Builder
	text.WriteString("These are tried again, each in its time:\n")
	for _, step := range failed {
		fmt.Fprintf(&text, "  %s/%s %s: %s: %s\n", step.Namespace, step.Name, step.Environment, step.Change, step.Says)
	}
	for _, halt := range p.Halts {
		fmt.Fprintf(&text, "These may be started by everybody again, though they failed with %d: %s\n", len(halt.Clients), halt.Change)
	}
	if _, err := c.Err.Write([]byte(text.String())); err != nil {
		return err
	}
	return c.ask(flags, "Annotate all %d SharingTenants with %s=yes?", tenants, v1alpha1.TryAgainAnnotation)
}

// tryAgain goes on where one cannot be annotated, so that the others are.
func (c *connection) tryAgain(ctx context.Context, kube client.Client, tenants []v1alpha1.SharingTenant, dryRun bool) error {
	patch := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"annotations":{"`+v1alpha1.TryAgainAnnotation+`":"yes"}}}`))
	options := []client.PatchOption{client.FieldOwner(fieldOwner)}
	done := " annotated"
	if dryRun {
		options, done = append(options, client.DryRunAll), " annotated (server dry run)"
	}
	var problems []error
	for i := range tenants {
		tenant := &tenants[i]
		if err := kube.Patch(ctx, tenant, patch, options...); err != nil {
			problems = append(problems, explain(err, fmt.Sprintf("annotate SharingTenant %s/%s", tenant.Namespace, tenant.Name)))
			continue
		}
		if _, err := fmt.Fprintf(c.Out, "sharingtenant.sharing.voute.dev/%s%s\n", tenant.Name, done); err != nil {
			return err
		}
	}
	return errors.Join(problems...)
}
