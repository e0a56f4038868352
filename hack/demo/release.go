package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"

	"voute.dev/voute/hack/cluster"
	"voute.dev/voute/hack/progress"
)

// release is the sample client as a release of charts/sharing-tenant.
const release = "justice"

// releaseSample does what docs/clients.md has a platform team do: an
// administrator prepares the namespace, and the client is a release in it.
func releaseSample(ctx context.Context, c *cluster.Cluster, source string, log *progress.Log) (sample, error) {
	kubectl, samples := c.KubectlProgram(), filepath.Join(source, "config", "samples")
	for _, file := range []string{"namespace.yaml", "issued_secrets.yaml", "smtp_secret.yaml"} {
		if _, err := kubectl.Run(ctx, nil, "apply", "-f", filepath.Join(samples, file)); err != nil {
			return sample{}, err
		}
	}
	helm, err := c.Helm(ctx, source, log)
	if err != nil {
		return sample{}, err
	}
	if _, err := helm.Run(ctx, "upgrade", "--install", release, filepath.Join(source, "charts", "sharing-tenant"),
		"--namespace", release, "--values", filepath.Join(samples, "helm-values.yaml"), "--take-ownership", "--force-conflicts"); err != nil {
		return sample{}, err
	}
	read := func() (sample, error) { return readRelease(ctx, kubectl) }
	return awaitSample(ctx, kubectl, read)
}

// readRelease reads what the release has made.
func readRelease(ctx context.Context, kubectl cluster.Kubectl) (sample, error) {
	output, err := kubectl.Run(ctx, nil, "get", "sharingtenants,pilots", "-n", release, "-o", "json")
	if err != nil {
		return sample{}, err
	}
	return parseSample(output)
}

// parseSample reads a list of objects as kubectl prints it.
func parseSample(output string) (sample, error) {
	var list struct {
		Items []object `json:"items"`
	}
	if err := json.Unmarshal([]byte(output), &list); err != nil {
		return sample{}, fmt.Errorf("cannot read what kubectl prints: %w", err)
	}
	var read sample
	for _, item := range list.Items {
		switch item.Kind {
		case "SharingTenant":
			read.tenants = append(read.tenants, item)
		case "Pilot":
			read.pilots = append(read.pilots, item)
		}
	}
	return read, nil
}
