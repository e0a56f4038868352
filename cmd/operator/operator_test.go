package main

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"voute.dev/voute/internal/identity"
	"voute.dev/voute/internal/testclock"
)

func TestParseFlags(t *testing.T) {
	t.Setenv("POD_NAMESPACE", "")
	if _, err := parseFlags(nil); err == nil || !strings.Contains(err.Error(), "POD_NAMESPACE") {
		t.Errorf("without a namespace: %v", err)
	}
	t.Setenv("POD_NAMESPACE", "voute-system")
	got, err := parseFlags([]string{"--leader-elect", "--metrics-bind-address=0"})
	if err != nil || got.namespace != "voute-system" || !got.leaderElect || got.metricsAddress != "0" || got.platformConfig != "/etc/voute/platform.yaml" {
		t.Errorf("options are %+v, %v", got, err)
	}
	if got, _ = parseFlags([]string{"--namespace=other"}); got.namespace != "other" {
		t.Errorf("the namespace is %s", got.namespace)
	}
}

// TestManifestFlags keeps the flags of the manifest those of the program.
func TestManifestFlags(t *testing.T) {
	manifest, err := os.ReadFile("../../config/manager/deployment.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var args []string
	for line := range strings.Lines(string(manifest)) {
		if arg, found := strings.CutPrefix(strings.TrimSpace(line), "- --"); found {
			args = append(args, "--"+arg)
		}
	}
	if len(args) == 0 {
		t.Fatal("the manifest gives no flag: the test would prove nothing")
	}
	t.Setenv("POD_NAMESPACE", "voute-system")
	got, err := parseFlags(args)
	if err != nil {
		t.Errorf("%v: %v", args, err)
	}
	if got.allowTestClock {
		t.Errorf("%v let a file move the time of an operator that is in use", args)
	}
}

func TestPlatformBuilder(t *testing.T) {
	build := platformBuilder(options{vaultTokenFile: "/var/run/secrets/vault/token"}, &identity.Identity{}, testclock.New(time.Now))
	file, err := os.ReadFile("../../config/default/platform.yaml")
	if err != nil {
		t.Fatal(err)
	}
	got, err := build(file)
	if err != nil {
		t.Fatal(err)
	}
	if got.Config.Vault.OperatorRole != "voute-operator" || got.Vault == nil || got.Server == nil {
		t.Errorf("it is %+v", got)
	}
	for name, bad := range map[string]string{
		"an unknown field": string(file) + "\nmore: 1\n",
		"no authority":     string(file) + "\ntrustedCAs: nothing in PEM\n",
		"no YAML":          "{",
	} {
		if _, err := build([]byte(bad)); err == nil {
			t.Errorf("%s: it is taken", name)
		}
	}
}

func TestVaultGauge(t *testing.T) {
	for _, up := range []bool{true, false} {
		set(vaultUp, up)
		if got := scraped(t, "voute_vault_up"); (got == 1) != up {
			t.Errorf("up %v: %v", up, got)
		}
	}
}

// scraped is a gauge as the metrics port shows it.
func scraped(t *testing.T, name string) float64 {
	t.Helper()
	families, err := metrics.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == name {
			return family.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatalf("there is no %s", name)
	return 0
}

// One request to look at every tenant is enough, and nobody waits to ask.
func TestWaker(t *testing.T) {
	wake := make(chan event.GenericEvent, 1)
	ask := waker(wake)
	for range 3 {
		ask(context.Background())
	}
	if len(wake) != 1 {
		t.Errorf("%d requests wait", len(wake))
	}
}
