package demo

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"voute.dev/voute/hack/cluster"
)

// readyTimeout is how long the sample client may take to become ready.
const readyTimeout = "180s"

// sample is what the sample client has become in the cluster.
type sample struct {
	tenants []object
	pilots  []object
}

// object is what counts of a SharingTenant or a Pilot.
type object struct {
	Kind     string `json:"kind"`
	Metadata struct {
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
	} `json:"metadata"`
	Spec struct {
		Email string `json:"email"`
	} `json:"spec"`
	Status struct {
		Conditions []struct {
			Type, Status, Reason, Message string
		} `json:"conditions"`
		Environments []struct {
			Name string `json:"name"`
			URL  string `json:"url"`
		} `json:"environments"`
	} `json:"status"`
}

// applySample applies config/samples as it is and waits for its tenants.
func applySample(ctx context.Context, kubectl cluster.Kubectl, source string) (sample, error) {
	folder := filepath.Join(source, "config", "samples")
	if _, err := kubectl.Run(ctx, nil, "apply", "-k", folder); err != nil {
		return sample{}, err
	}
	return awaitSample(ctx, kubectl, func() (sample, error) { return readSample(ctx, kubectl, folder) })
}

// awaitSample waits for the sample's tenants.
func awaitSample(ctx context.Context, kubectl cluster.Kubectl, read func() (sample, error)) (sample, error) {
	applied, err := read()
	if err != nil {
		return sample{}, err
	}
	for _, tenant := range applied.tenants {
		_, err := kubectl.Run(ctx, nil, "wait", "--for=condition=Ready", "--timeout="+readyTimeout,
			"-n", tenant.Metadata.Namespace, "sharingtenant/"+tenant.Metadata.Name)
		if err != nil {
			return sample{}, explain(read, err)
		}
	}
	return read()
}

func readSample(ctx context.Context, kubectl cluster.Kubectl, folder string) (sample, error) {
	output, err := kubectl.Run(ctx, nil, "get", "-k", folder, "-o", "json")
	if err != nil {
		return sample{}, err
	}
	return parseSample(output)
}

// explain says which conditions of the tenants are not met, and why.
func explain(read func() (sample, error), cause error) error {
	now, err := read()
	if err != nil {
		return cause
	}
	var reasons []string
	for _, tenant := range now.tenants {
		reasons = append(reasons, unmet(tenant)...)
	}
	return fmt.Errorf("the sample client is not ready after %s:\n%s", readyTimeout, strings.Join(reasons, "\n"))
}

// unmet lists the conditions that stand in the way. Reconciling and Stalled
// are good when false.
func unmet(tenant object) []string {
	var reasons []string
	for _, c := range tenant.Status.Conditions {
		abnormal := c.Type == "Reconciling" || c.Type == "Stalled"
		if abnormal == (c.Status == "True") {
			reasons = append(reasons, fmt.Sprintf("  %s/%s %s: %s (%s)", tenant.Metadata.Namespace, tenant.Metadata.Name, c.Type, c.Message, c.Reason))
		}
	}
	if len(tenant.Status.Conditions) == 0 {
		reasons = append(reasons, "  the operator has not looked at "+tenant.Metadata.Name+" yet; see its log: kubectl -n voute-system logs deployment/voute-operator")
	}
	return reasons
}
