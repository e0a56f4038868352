package cluster

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"voute.dev/voute/hack/artifact"
	"voute.dev/voute/hack/node"
	"voute.dev/voute/hack/place"
	"voute.dev/voute/hack/product"
	"voute.dev/voute/hack/progress"
	"voute.dev/voute/hack/values"
)

const (
	operatorNamespace = "voute-system"
	operatorRelease   = "voute"
)

// BuildProduct builds Voûte's programs and images into the cache.
func BuildProduct(ctx context.Context, source string, log *progress.Log) (product.Product, error) {
	cache, err := place.Cache()
	if err != nil {
		return product.Product{}, err
	}
	unlock, err := artifact.Lock(cache, "product")
	if err != nil {
		return product.Product{}, err
	}
	defer unlock()
	log.Step("building the operator and the sharing server")
	return product.Build(ctx, source, productDir(cache, source))
}

// productDir is a folder for each tree: two clones do not overwrite one another's.
func productDir(cache, source string) string {
	tree := fmt.Sprintf("%x", sha256.Sum256([]byte(source)))[:12]
	return filepath.Join(cache, "product", tree)
}

// AddServer gives the node the sharing server of this tree as another version, and
// returns the image's reference: for tests of roll-outs, and for nothing else.
func (c *Cluster) AddServer(ctx context.Context, source, version string) (reference string, err error) {
	cache, err := place.Cache()
	if err != nil {
		return "", err
	}
	unlock, err := artifact.Lock(cache, "product")
	if err != nil {
		return "", err
	}
	defer unlock()
	archive, err := product.BuildServer(ctx, source, productDir(cache, source), version)
	if err != nil {
		return "", err
	}
	_, err = c.Import(ctx, archive)
	return product.ServerOf(version), err
}

// Install puts Voûte into the cluster: images, gateway, kinds, operator. Done
// again it brings in what has changed. It returns when the operator is ready.
func (c *Cluster) Install(ctx context.Context, source string, log *progress.Log) error {
	built, err := BuildProduct(ctx, source, log)
	if err != nil {
		return err
	}
	log.Step("giving the node the images")
	changed, err := c.importProduct(ctx, built)
	if err != nil {
		return err
	}
	if err := c.renewGateway(ctx, built); err != nil {
		return err
	}
	if changed {
		if err := c.endPods(ctx); err != nil {
			return err
		}
	}
	log.Step("installing the operator (helm upgrade --install, charts/voute-operator)")
	if err := c.releaseOperator(ctx, source, log); err != nil {
		return err
	}
	return c.awaitOperator(ctx)
}

// importProduct reports whether the node had other images of the product before.
func (c *Cluster) importProduct(ctx context.Context, built product.Product) (changed bool, err error) {
	for _, name := range product.Programs() {
		isNew, err := c.Import(ctx, built.Archive(name))
		if err != nil {
			return false, err
		}
		changed = changed || isNew
	}
	return changed, nil
}

// renewGateway runs this tree's scan gateway before clamd.
func (c *Cluster) renewGateway(ctx context.Context, built product.Product) error {
	content, err := os.ReadFile(built.Binary("voute-server"))
	if err != nil {
		return err
	}
	last, err := os.ReadFile(c.ServerBinary())
	if err == nil && string(last) == string(content) {
		return nil
	}
	// Renamed into place: the program of before may be running.
	draft := c.ServerBinary() + ".draft"
	if err := os.WriteFile(draft, content, 0o755); err != nil {
		return err
	}
	if err := os.Rename(draft, c.ServerBinary()); err != nil {
		return err
	}
	return node.NewControl(c.Dir).Act(ctx, scanGatewayName, "restart")
}

// releaseOperator does what docs/install.md has a platform team do. What is there
// already, by kustomize or because a release was uninstalled, is taken over.
func (c *Cluster) releaseOperator(ctx context.Context, source string, log *progress.Log) error {
	file, err := c.writeValues()
	if err != nil {
		return err
	}
	helm, err := c.Helm(ctx, source, log)
	if err != nil {
		return err
	}
	if _, err := c.Kubectl(ctx, "apply", "--server-side", "--force-conflicts", "-f", filepath.Join(source, "config", "manager", "namespace.yaml")); err != nil {
		return err
	}
	if _, err := helm.Run(ctx, "upgrade", "--install", operatorRelease, filepath.Join(source, "charts", "voute-operator"),
		"--namespace", operatorNamespace, "--values", file, "--take-ownership", "--force-conflicts"); err != nil {
		return err
	}
	_, err = c.Kubectl(ctx, "wait", "--for=condition=Established", "--timeout=30s", "crd", "--all")
	return err
}

// writeValues writes what of the chart's values is this cluster's own.
func (c *Cluster) writeValues() (string, error) {
	ca, err := os.ReadFile(c.CAFile())
	if err != nil {
		return "", err
	}
	content, err := values.For(values.Cluster{
		Version: product.Version, ServerImage: product.ServerImage, TrustedCAs: string(ca),
		HTTPSPort: c.Port(doorHTTPS), HTTPPort: c.Port(doorHTTP),
	})
	if err != nil {
		return "", err
	}
	file := c.Path("values.yaml")
	return file, os.WriteFile(file, content, 0o644)
}

func (c *Cluster) awaitOperator(ctx context.Context) error {
	deployment := "deployment/voute-operator"
	_, err := c.Kubectl(ctx, "rollout", "status", deployment, "-n", operatorNamespace, "--timeout=90s")
	if err == nil {
		return nil
	}
	logs, logError := c.Kubectl(ctx, "logs", deployment, "-n", operatorNamespace, "--tail=10")
	return fmt.Errorf("the operator does not become ready: %w\nIts last words:\n%s", errors.Join(err, logError), logs)
}

// endPods ends what runs images that have changed under their tags, which
// Kubernetes cannot see. It starts them again.
func (c *Cluster) endPods(ctx context.Context) error {
	_, err := c.Kubectl(ctx, "delete", "pods", "--all-namespaces", "--selector=app.kubernetes.io/part-of=voute", "--wait=false")
	return err
}
