package plugin

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/internal/plugin/halt"
	"voute.dev/voute/internal/plugin/progress"
)

func haltCommand(c *connection) *cobra.Command {
	var flags writing
	var reason string
	command := &cobra.Command{
		Use:   "halt version",
		Short: "Let nobody else start a version; what is under way goes on",
		Long: "Let nobody else start a version; what is under way goes on, and an emergency waits for nothing.\n\n" +
			"It puts the version into rollout.halted of the platform configuration, where it stays until rollout\n" +
			"resume, with the version, takes it out again. A tenant that would have its turn says the reason.",
		Example:           "  kubectl voute rollout halt 0.2.1 --reason \"uploads are cut off\"",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: c.completeImage,
		RunE: func(command *cobra.Command, args []string) error {
			return c.halt(command.Context(), configv1.HaltedVersion{Version: args[0], Reason: strings.TrimSpace(reason)}, flags)
		},
	}
	flags.bind(command)
	command.Flags().StringVar(&reason, "reason", "", "Why nobody else is to start it: one line, which clients see.")
	return command
}

func (c *connection) halt(ctx context.Context, asked configv1.HaltedVersion, flags writing) error {
	if asked.Reason == "" {
		return fmt.Errorf("--reason is empty: write why nobody else is to start version %s", asked.Version)
	}
	kube, err := c.client()
	if err != nil {
		return err
	}
	from, err := c.platformObject(ctx, kube)
	if err != nil {
		return err
	}
	written, err := halt.Add(from.Data[platformKey], asked)
	if err != nil {
		return fmt.Errorf("nothing is changed: %w", err)
	}
	if err := c.sayWhatGoesOn(ctx, kube, written, asked); err != nil {
		return err
	}
	if err := c.ask(flags, "Halt version %s in ConfigMap %s/%s?", asked.Version, c.operatorNamespace, platformConfigMap); err != nil {
		return err
	}
	if err := c.writePlatform(ctx, kube, from, written, flags.dryRun); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.Err, "The operator reads it within two minutes. The next upgrade, by Helm or kubectl apply, is refused as a conflict\n"+
		"with kubectl-voute, and with --force-conflicts lifts the halt, unless config/default/platform.yaml, or platform\n"+
		"in Helm's values, has it too:\n\n%s", halt.Lines(asked))
	return err
}

// sayWhatGoesOn tells what the halt is about, and what it does not stop.
func (c *connection) sayWhatGoesOn(ctx context.Context, kube client.Client, file string, asked configv1.HaltedVersion) error {
	cfg, err := loadPlatform(file)
	if err != nil {
		return err
	}
	tenants, err := c.tenants(ctx, kube, "")
	if err != nil {
		return err
	}
	var words strings.Builder
	fmt.Fprintf(&words, "Nobody else starts version %s: %s\n", asked.Version, asked.Reason)
	waiting := 0
	for _, step := range progress.Of(cfg, tenants).With(asked.Version).Steps {
		switch step.State {
		case progress.Changing:
			fmt.Fprintf(&words, "  under way, and goes on: %s/%s %s: %s\n", step.Namespace, step.Name, step.Environment, step.Change)
		case progress.Pending:
			waiting++
		}
	}
	fmt.Fprintf(&words, "  environments that wait for it: %d\n", waiting)
	_, err = c.Err.Write([]byte(words.String()))
	return err
}

// lift takes the halt of a version out of the platform's file.
func (c *connection) lift(ctx context.Context, version string, flags writing) error {
	kube, err := c.client()
	if err != nil {
		return err
	}
	from, err := c.platformObject(ctx, kube)
	if err != nil {
		return err
	}
	cfg, err := loadPlatform(from.Data[platformKey])
	if err != nil {
		return err
	}
	found := halt.Of(cfg, version)
	if found == nil {
		return fmt.Errorf("the platform team has not halted version %s, but %s. What failures halted, all tenants try again by kubectl voute rollout resume, without a version",
			version, listed(cfg.Rollout.Halted))
	}
	written, err := halt.Remove(from.Data[platformKey], version)
	if err != nil {
		return fmt.Errorf("nothing is changed: %w", err)
	}
	if _, err := fmt.Fprintf(c.Err, "Version %s may be started again, by each in its time. It was halted: %s\n", version, found.Reason); err != nil {
		return err
	}
	if err := c.ask(flags, "Lift the halt of version %s in ConfigMap %s/%s?", version, c.operatorNamespace, platformConfigMap); err != nil {
		return err
	}
	if err := c.writePlatform(ctx, kube, from, written, flags.dryRun); err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.Err, "The operator reads it within two minutes. The next upgrade halts it again where config/default/platform.yaml,\n"+
		"or platform in Helm's values, still has it under rollout.halted.")
	return err
}

func listed(halted []configv1.HaltedVersion) string {
	if len(halted) == 0 {
		return "none"
	}
	versions := make([]string, 0, len(halted))
	for _, each := range halted {
		versions = append(versions, each.Version)
	}
	return strings.Join(versions, ", ")
}

// writePlatform puts a text in the place of the one that was read, if that is still
// the one that is there.
func (c *connection) writePlatform(ctx context.Context, kube client.Client, from *corev1.ConfigMap, file string, dryRun bool) error {
	to := from.DeepCopy()
	to.Data[platformKey] = file
	options, done := []client.PatchOption{client.FieldOwner(fieldOwner)}, "patched"
	if dryRun {
		options, done = append(options, client.DryRunAll), "patched (server dry run)"
	}
	err := kube.Patch(ctx, to, client.MergeFromWithOptions(from, client.MergeFromWithOptimisticLock{}), options...)
	what := fmt.Sprintf("patch the platform configuration, ConfigMap %s/%s", from.Namespace, from.Name)
	switch {
	case apierrors.IsConflict(err):
		return fmt.Errorf("cannot %s: somebody else has changed it meanwhile. Nothing is changed: see what it says now, and give the command again", what)
	case apierrors.IsForbidden(err):
		return fmt.Errorf("cannot %s: %w. Ask whoever administers the cluster for the right to patch it: docs/kubectl.md, Rights", what, err)
	case err != nil:
		return explain(err, what)
	}
	_, err = fmt.Fprintf(c.Out, "configmap/%s %s\n", from.Name, done)
	return err
}

// completeImage offers the versions that can be halted, and completeHalted those that are.
func (c *connection) completeImage(command *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return c.completeOf(command, args, func(_ context.Context, _ client.Client, cfg *configv1.PlatformConfiguration) (versions []cobra.Completion) {
		for _, image := range cfg.Server.Images {
			if halt.Of(cfg, image.Version) == nil {
				versions = append(versions, image.Version)
			}
		}
		return versions
	})
}

func (c *connection) completeHalted(command *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return c.completeOf(command, args, func(_ context.Context, _ client.Client, cfg *configv1.PlatformConfiguration) (versions []cobra.Completion) {
		for _, each := range cfg.Rollout.Halted {
			versions = append(versions, each.Version)
		}
		return versions
	})
}

// completeOf offers what is made of the platform configuration. What goes wrong
// offers nothing: a shell has no place for it.
func (c *connection) completeOf(command *cobra.Command, args []string, of func(context.Context, client.Client, *configv1.PlatformConfiguration) []cobra.Completion) ([]cobra.Completion, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(command.Context(), completionTime)
	defer cancel()
	kube, err := c.client()
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	cfg, err := c.platform(ctx, kube)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return of(ctx, kube, cfg), cobra.ShellCompDirectiveNoFileComp
}
