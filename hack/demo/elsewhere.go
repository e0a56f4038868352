package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"voute.dev/voute/hack/cluster"
	"voute.dev/voute/hack/product"
	"voute.dev/voute/hack/progress"
)

const expectations = `KUBECONFIG is set, so the demo uses that cluster: %s

It expects there:
  images       %s
               %s
               on every node or in reach of its container runtime. "make images" writes both
               as archives for docker load, podman load or ctr images import; another name
               or registry: config/default/kustomization.yaml and platform.yaml
  cert-manager with the ClusterIssuers voute-ca (of the samples) and voute-scan-clients
  Vault        set up as config/vault/README.md says, at the address in platform.yaml
  clamd        behind the scan gateway, and a mail relay, at the addresses there
  a way in     for Services of type LoadBalancer, and a default StorageClass that can grow
  platform     config/default/platform.yaml edited for that cluster

With KUBECONFIG unset the demo makes a cluster of its own that has all this.

`

// Elsewhere runs the demo on the cluster of a kubeconfig file.
func Elsewhere(ctx context.Context, kubeconfig, source string, log *progress.Log, out io.Writer) error {
	fmt.Fprintf(out, expectations, kubeconfig, product.OperatorImage, product.ServerImage)
	kubectl, err := findKubectl(kubeconfig)
	if err != nil {
		return err
	}
	log.Step("looking at the cluster")
	if err := check(ctx, kubectl, log); err != nil {
		return err
	}
	log.Step("installing the operator (kubectl apply -k config/default)")
	if err := installElsewhere(ctx, kubectl, source); err != nil {
		return err
	}
	log.Step("applying the sample client (kubectl apply -k config/samples) and waiting until it is ready")
	applied, err := applySample(ctx, kubectl, source)
	if err != nil {
		return err
	}
	log.Step("done; the pilot's invitation went to %s", emails(applied))
	return showTable(ctx, out, kubectl)
}

// findKubectl finds the person's own kubectl. KUBECONFIG may be a list of files,
// of which some may be missing.
func findKubectl(kubeconfig string) (cluster.Kubectl, error) {
	present := func(file string) bool {
		_, err := os.Stat(file)
		return err == nil
	}
	if !slices.ContainsFunc(filepath.SplitList(kubeconfig), present) {
		return cluster.Kubectl{}, fmt.Errorf("KUBECONFIG names %s, and there is no such file; correct it, or unset it for the local demo", kubeconfig)
	}
	program, err := exec.LookPath("kubectl")
	if err != nil {
		return cluster.Kubectl{}, errors.New("no kubectl on the PATH; install it, or unset KUBECONFIG for the local demo")
	}
	return cluster.Kubectl{Program: program, Config: kubeconfig}, nil
}

func emails(applied sample) string {
	var all []string
	for _, pilot := range applied.pilots {
		all = append(all, pilot.Spec.Email)
	}
	return strings.Join(all, ", ")
}

// check looks for what can be seen from outside.
func check(ctx context.Context, kubectl cluster.Kubectl, log *progress.Log) error {
	if _, err := kubectl.Run(ctx, nil, "version", "-o", "json"); err != nil {
		return fmt.Errorf("the cluster does not answer: %w", err)
	}
	for _, issuer := range []string{"voute-ca", "voute-scan-clients"} {
		if _, err := kubectl.Run(ctx, nil, "get", "clusterissuer", issuer); err != nil {
			return fmt.Errorf("cert-manager's ClusterIssuer %s is missing: %w; make it, or name another in config/samples and platform.yaml", issuer, err)
		}
	}
	missing, err := missingImages(ctx, kubectl)
	if err != nil {
		return err
	}
	for _, image := range missing {
		log.Step("note: no node says that it has %s; the node's runtime must be able to pull it", image)
	}
	return nil
}

// missingImages lists the images that no node has. Nodes list their largest
// images only, so this is a hint.
func missingImages(ctx context.Context, kubectl cluster.Kubectl) ([]string, error) {
	output, err := kubectl.Run(ctx, nil, "get", "nodes", "-o", "json")
	if err != nil {
		return nil, err
	}
	var nodes struct {
		Items []struct {
			Status struct {
				Images []struct {
					Names []string `json:"names"`
				} `json:"images"`
			} `json:"status"`
		} `json:"items"`
	}
	if err := json.Unmarshal([]byte(output), &nodes); err != nil {
		return nil, err
	}
	var present []string
	for _, node := range nodes.Items {
		for _, image := range node.Status.Images {
			present = append(present, image.Names...)
		}
	}
	wanted := []string{product.OperatorImage, product.ServerImage}
	return slices.DeleteFunc(wanted, func(image string) bool { return slices.Contains(present, image) }), nil
}

func installElsewhere(ctx context.Context, kubectl cluster.Kubectl, source string) error {
	if _, err := kubectl.Run(ctx, nil, "apply", "--server-side", "-k", filepath.Join(source, "config", "default")); err != nil {
		return err
	}
	if _, err := kubectl.Run(ctx, nil, "wait", "--for=condition=Established", "--timeout=60s", "crd/sharingtenants.sharing.voute.dev"); err != nil {
		return err
	}
	_, err := kubectl.Run(ctx, nil, "rollout", "status", "deployment/voute-operator", "-n", "voute-system", "--timeout=180s")
	if err != nil {
		return fmt.Errorf("the operator does not become ready: %w; does the node have its image? See: kubectl -n voute-system describe pods", err)
	}
	return nil
}

// RemoveElsewhere removes the sample client and the operator from the cluster
// of a kubeconfig file. The client goes first: the operator has to let go of it.
func RemoveElsewhere(ctx context.Context, kubeconfig, source string, log *progress.Log) error {
	kubectl, err := findKubectl(kubeconfig)
	if err != nil {
		return err
	}
	for _, folder := range []string{"samples", "default"} {
		log.Step("removing config/%s", folder)
		_, err := kubectl.Run(ctx, nil, "delete", "--ignore-not-found", "--timeout=120s", "-k", filepath.Join(source, "config", folder))
		if err != nil {
			return err
		}
	}
	return nil
}
