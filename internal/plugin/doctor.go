package plugin

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/internal/plugin/doctor"
	"voute.dev/voute/internal/version"
)

// doctorFlags say where else to look.
type doctorFlags struct {
	platformConfig, vaultThrough, vaultTokenFile string
}

func doctorCommand(c *connection) *cobra.Command {
	var flags doctorFlags
	var show output
	command := &cobra.Command{
		Use:   "doctor",
		Short: "Whether a cluster is ready for Voûte, or all that it stands on as it should be",
		Long: "Whether a cluster is ready for Voûte, before it is installed and after: Kubernetes, cert-manager, kinds and\n" +
			"admission policies, operator, platform configuration, storage classes, Vault, scanner and mail relay.\n\n" +
			"It changes nothing. It ends with code 1 where something fails. What cannot be reached from this machine is a\n" +
			"warning. Vault sees three refused sign-ins: that is how it tells whether it knows a role.",
		Example: "  kubectl voute doctor --platform-config config/default/platform.yaml\n" +
			"  kubectl voute doctor --vault-through 127.0.0.1:8200 --vault-token-file ~/.vault-token",
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return c.doctor(command.Context(), flags, show)
		},
	}
	command.Flags().StringVar(&flags.platformConfig, "platform-config", "", "A platform configuration file that is not installed yet, in place of the cluster's.")
	command.Flags().StringVar(&flags.vaultThrough, "vault-through", "", "host:port to which to connect for Vault, such as a forwarded port; its name and certificate stay those of vault.address.")
	command.Flags().StringVar(&flags.vaultTokenFile, "vault-token-file", "", "A file with a Vault token that may read mounts, policies and roles.")
	show.bind(command)
	return command
}

// report is what -o json and yaml show.
type report struct {
	Findings []doctor.Finding `json:"findings"`
}

func (c *connection) doctor(ctx context.Context, flags doctorFlags, show output) error {
	if err := show.check(); err != nil {
		return err
	}
	facts, err := c.facts(ctx, flags)
	if err != nil {
		return err
	}
	found := report{Findings: doctor.Examine(facts)}
	if err := show.show(c.Out, found, func() string { return doctor.Page(found.Findings) }); err != nil {
		return err
	}
	if doctor.Failed(found.Findings) {
		return errFailed
	}
	return nil
}

// facts gathers what the doctor judges.
func (c *connection) facts(ctx context.Context, flags doctorFlags) (doctor.Facts, error) {
	config, err := c.config()
	if err != nil {
		return doctor.Facts{}, err
	}
	kube, err := c.client()
	if err != nil {
		return doctor.Facts{}, err
	}
	f := doctor.Facts{Now: c.Now(), Namespace: c.operatorNamespace, Version: version.Version, Kubernetes: serverVersion(config)}
	if err := c.look(ctx, kube, &f); err != nil {
		return f, err
	}
	f.Platform.Value, f.Source, f.Platform.Err = c.platformFrom(ctx, kube, flags.platformConfig)
	if f.Platform.Value == nil {
		return f, nil // that, and why, is one of the facts
	}
	return f, lookAround(ctx, kube, flags, &f)
}

// platformFrom reads the platform configuration from a file, or from the cluster.
func (c *connection) platformFrom(ctx context.Context, kube client.Client, file string) (cfg *configv1.PlatformConfiguration, source string, err error) {
	if file == "" {
		cfg, err = c.platform(ctx, kube)
		return cfg, fmt.Sprintf("ConfigMap %s/%s", c.operatorNamespace, platformConfigMap), err
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, file, err
	}
	cfg, err = loadPlatform(string(content))
	return cfg, file, err
}
