package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
)

type options struct {
	platformConfig string
	vaultTokenFile string
	metricsAddress string
	healthAddress  string
	leaderElect    bool
	allowTestClock bool
	namespace      string
}

func parseFlags(args []string) (options, error) {
	var o options
	set := flag.NewFlagSet("voute-operator", flag.ContinueOnError)
	set.StringVar(&o.platformConfig, "platform-config", "/etc/voute/platform.yaml", "the platform configuration file, read again when it changes")
	set.StringVar(&o.vaultTokenFile, "vault-token-file", "/var/run/secrets/vault/token", "the projected ServiceAccount token shown to Vault")
	set.StringVar(&o.metricsAddress, "metrics-bind-address", ":8080", "where metrics are served; 0 for nowhere")
	set.StringVar(&o.healthAddress, "health-probe-bind-address", ":8081", "where /healthz and /readyz are served")
	set.BoolVar(&o.leaderElect, "leader-elect", false, "work only while holding the Lease, so that one of several replicas does")
	set.BoolVar(&o.allowTestClock, "allow-test-clock", false, "take testClock of the platform configuration, which moves the operator's time; for tests only")
	set.StringVar(&o.namespace, "namespace", os.Getenv("POD_NAMESPACE"), "the operator's own namespace; the environment's POD_NAMESPACE by default")
	if err := set.Parse(args); err != nil {
		return o, err
	}
	if o.namespace == "" {
		err := errors.New("the operator's own namespace is not known: set --namespace or the environment variable POD_NAMESPACE")
		fmt.Fprintln(os.Stderr, "voute-operator:", err)
		return o, err
	}
	return o, nil
}
