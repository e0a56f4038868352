package cluster

import (
	"bytes"
	"context"
	"embed"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"text/template"
)

//go:embed manifests
var manifests embed.FS

// KubectlProgram is kubectl for this cluster.
func (c *Cluster) KubectlProgram() Kubectl {
	return Kubectl{Program: c.kube("kubectl"), Config: c.Kubeconfig()}
}

// Kubectl runs kubectl on the cluster and returns what it prints.
func (c *Cluster) Kubectl(ctx context.Context, args ...string) (string, error) {
	return c.KubectlProgram().Run(ctx, nil, args...)
}

// Apply applies manifests, with server-side apply.
func (c *Cluster) Apply(ctx context.Context, manifest io.Reader) error {
	_, err := c.KubectlProgram().Run(ctx, manifest, applyArgs...)
	return err
}

var applyArgs = []string{"apply", "--server-side", "--force-conflicts", "--field-manager=voute-local", "-f", "-"}

// Kubectl is a kubectl program and the cluster it is for.
type Kubectl struct{ Program, Config string }

// Run runs kubectl and returns what it prints.
func (k Kubectl) Run(ctx context.Context, input io.Reader, args ...string) (string, error) {
	command := exec.CommandContext(ctx, k.Program, args...)
	command.Env = append(os.Environ(), "KUBECONFIG="+k.Config)
	command.Stdin = input
	var output, problems bytes.Buffer
	command.Stdout, command.Stderr = &output, &problems
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("kubectl %s failed (%w): %s", strings.Join(args, " "), err, strings.TrimSpace(problems.String()))
	}
	return output.String(), nil
}

// beside are the services that run beside the pods, by the names that pods use.
type beside struct {
	Name, Namespace string
	Port            int
}

func (c *Cluster) applyBase(ctx context.Context) error {
	manifest, err := fill("manifests/base.yaml", map[string]any{
		"NodeIP": nodeIP,
		"Services": []beside{
			{"vault", "vault", vaultPort}, {"clamd", "scanning", scanPort}, {"smtp", "mail", mailPort},
		},
	})
	if err != nil {
		return err
	}
	if err := c.Apply(ctx, manifest); err != nil {
		return err
	}
	_, err = c.Kubectl(ctx, "apply", "--server-side", "--force-conflicts", "-f", c.kube("cert-manager-crds"))
	return err
}

func (c *Cluster) applyIssuers(ctx context.Context) error {
	var issuers []map[string]string
	for name, files := range map[string]string{"voute-ca": servicesCA, "voute-scan-clients": scanCA} {
		cert, err := os.ReadFile(c.Path("pki", files+".crt"))
		if err != nil {
			return err
		}
		key, err := os.ReadFile(c.Path("pki", files+".key"))
		if err != nil {
			return err
		}
		encode := base64.StdEncoding.EncodeToString
		issuers = append(issuers, map[string]string{"Name": name, "Cert": encode(cert), "Key": encode(key)})
	}
	manifest, err := fill("manifests/issuers.yaml", map[string]any{"Issuers": issuers})
	if err != nil {
		return err
	}
	if _, err := c.Kubectl(ctx, "wait", "--for=condition=Established", "--timeout=30s", "crd", "--all"); err != nil {
		return err
	}
	if err := c.Apply(ctx, manifest); err != nil {
		return err
	}
	_, err = c.Kubectl(ctx, "wait", "--for=condition=Ready", "--timeout=60s", "clusterissuers", "--all")
	return err
}

func (c *Cluster) waitForNode(ctx context.Context) error {
	if _, err := c.Kubectl(ctx, "wait", "--for=create", "--timeout=60s", "node/"+c.Name); err != nil {
		return fmt.Errorf("the kubelet does not register its node: %w\n%s", err, tail(c.Path("log", "kubelet.log")))
	}
	_, err := c.Kubectl(ctx, "wait", "--for=condition=Ready", "--timeout=60s", "node/"+c.Name)
	return err
}

func fill(name string, values any) (io.Reader, error) {
	parsed, err := template.ParseFS(manifests, name)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	return &out, parsed.Execute(&out, values)
}
