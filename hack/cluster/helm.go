package cluster

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"voute.dev/voute/hack/artifact"
	"voute.dev/voute/hack/place"
	"voute.dev/voute/hack/progress"
)

// HelmProgram is a helm program and the cluster it is for.
type HelmProgram struct {
	Program, Config string
	// Home is a folder for what Helm keeps beside the cluster.
	Home string
}

// Helm is Helm of this tree for this cluster, which an older tree may have
// started.
func (c *Cluster) Helm(ctx context.Context, source string, log *progress.Log) (HelmProgram, error) {
	cache, err := place.Cache()
	if err != nil {
		return HelmProgram{}, err
	}
	dir, err := artifact.BuildHelm(ctx, cache, source, log)
	return HelmProgram{Program: filepath.Join(dir, "helm"), Config: c.Kubeconfig(), Home: c.Path("helm")}, err
}

// Run runs helm and returns what it prints.
func (h HelmProgram) Run(ctx context.Context, args ...string) (string, error) {
	command := exec.CommandContext(ctx, h.Program, args...)
	command.Env = append(os.Environ(), "KUBECONFIG="+h.Config,
		"HELM_CACHE_HOME="+h.Home+"/cache", "HELM_CONFIG_HOME="+h.Home+"/config", "HELM_DATA_HOME="+h.Home+"/data")
	var output, problems bytes.Buffer
	command.Stdout, command.Stderr = &output, &problems
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("helm %s failed (%w): %s", strings.Join(args, " "), err, strings.TrimSpace(problems.String()))
	}
	return output.String(), nil
}
