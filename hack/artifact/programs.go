package artifact

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"voute.dev/voute/hack/progress"
)

// Versions of what is built. They are those in the go.mod files.
const (
	KubernetesVersion = "1.36.3"
	VaultVersion      = "1.21.0"
	HelmVersion       = "4.2.4"
)

// buildFlags are those of every build in this project, so that the operator,
// cert-manager and Kubernetes share compiled packages in Go's build cache.
const buildFlags = "-trimpath -buildvcs=false"

// Programs are folders of compiled programs.
type Programs struct {
	Kube  string // kube and its names (kubectl, kubelet, etcd …), coredns, cert-manager, pause
	Cloud string // the stand-in for a cloud
	Vault string
	Helm  string
}

// kubeNames are what the kube program can be called.
var kubeNames = []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-proxy", "kube-scheduler", "kubectl", "kubelet"}

// BuildPrograms compiles what the cache does not hold yet.
func BuildPrograms(ctx context.Context, cache, source string, log *progress.Log) (Programs, error) {
	var made Programs
	var err error
	if made.Kube, err = buildKube(ctx, cache, source, log); err != nil {
		return made, err
	}
	if made.Cloud, err = buildCloud(ctx, cache, source, log); err != nil {
		return made, err
	}
	if made.Vault, err = buildVault(ctx, cache, source, log); err != nil {
		return made, err
	}
	made.Helm, err = BuildHelm(ctx, cache, source, log)
	return made, err
}

func buildKube(ctx context.Context, cache, source string, log *progress.Log) (string, error) {
	hack := filepath.Join(source, "hack")
	return build(cache, "kubernetes-"+KubernetesVersion, func(dir string) error {
		log.Step("building Kubernetes %s, CoreDNS and cert-manager (5 to 12 minutes the first time on 2 cores)", KubernetesVersion)
		err := GoBuild(ctx, hack, dir+"/", kubeLinkFlags(), "./cmd/kube", "./cmd/coredns", "./cmd/cert-manager", "./cmd/pause")
		if err != nil {
			return err
		}
		if err := nameKube(dir); err != nil {
			return err
		}
		return copyDefinitions(ctx, hack, filepath.Join(dir, "cert-manager-crds"))
	}, moduleFiles(hack, "cmd/kube", "cmd/coredns", "cmd/cert-manager", "cmd/pause")...)
}

func nameKube(dir string) error {
	for _, name := range kubeNames {
		if err := os.Symlink("kube", filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// copyDefinitions keeps cert-manager's custom resource definitions beside its program.
func copyDefinitions(ctx context.Context, module, dir string) error {
	list := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/cert-manager/cert-manager")
	list.Dir = module
	output, err := list.Output()
	if err != nil {
		return fmt.Errorf("cannot find cert-manager's module: %w", err)
	}
	found, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(output)), "deploy", "crds", "*.yaml"))
	if err != nil || len(found) == 0 {
		return errors.Join(errors.New("cert-manager's module has no definitions in deploy/crds"), err)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	for _, file := range found {
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(file)), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func buildCloud(ctx context.Context, cache, source string, log *progress.Log) (string, error) {
	hack := filepath.Join(source, "hack")
	return build(cache, "cloud", func(dir string) error {
		log.Step("building the stand-in for a cloud (volumes, load balancer)")
		return GoBuild(ctx, hack, dir+"/", "", "./cmd/cloud")
	}, moduleFiles(hack, "cmd/cloud", "cloud", "splice")...)
}

func buildVault(ctx context.Context, cache, source string, log *progress.Log) (string, error) {
	module := filepath.Join(source, "hack", "vault")
	return build(cache, "vault-"+VaultVersion, func(dir string) error {
		log.Step("building Vault %s (4 to 7 minutes the first time on 2 cores)", VaultVersion)
		return GoBuild(ctx, module, dir+"/vault", "", ".")
	}, module)
}

// helmStamp is the variable that holds the version which helm reports.
const helmStamp = "helm.sh/helm/v4/internal/version.version"

// BuildHelm compiles Helm's command line, in the module of what tests the charts.
func BuildHelm(ctx context.Context, cache, source string, log *progress.Log) (string, error) {
	module := filepath.Join(source, "hack", "charts")
	return build(cache, "helm-"+HelmVersion, func(dir string) error {
		log.Step("building Helm %s (half a minute the first time)", HelmVersion)
		return GoBuild(ctx, module, dir+"/helm", "-X "+helmStamp+"=v"+HelmVersion, "helm.sh/helm/v4/cmd/helm")
	}, moduleFiles(module)...)
}

func moduleFiles(module string, folders ...string) []string {
	files := []string{filepath.Join(module, "go.mod"), filepath.Join(module, "go.sum")}
	for _, folder := range folders {
		files = append(files, filepath.Join(module, folder))
	}
	return files
}

func build(cache, name string, compile func(dir string) error, inputs ...string) (string, error) {
	key, err := hashOf([]string{runtime.Version(), runtime.GOARCH, buildFlags, kubeLinkFlags()}, inputs...)
	if err != nil {
		return "", err
	}
	return keep(cache, name+"-"+key, compile)
}

// GoBuild compiles packages of a module into out: a folder when it ends in a
// slash, else a file.
func GoBuild(ctx context.Context, module, out, linkFlags string, packages ...string) error {
	args := append([]string{"build", "-o", out, "-ldflags", strings.TrimSpace("-s -w " + linkFlags)}, packages...)
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir = module
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS="+buildFlags, "GOWORK=off")
	output, err := command.CombinedOutput()
	if err != nil {
		return fmt.Errorf("cannot build %s in %s (%w):\n%s", strings.Join(packages, " "), module, err, lastLines(string(output), 40))
	}
	return nil
}

// kubeLinkFlags stamps the version that the API server and kubectl report:
// without it clients take the server for version 0.0.0.
func kubeLinkFlags() string {
	parts := strings.Split(KubernetesVersion, ".")
	stamps := []string{
		"gitVersion=v" + KubernetesVersion, "gitMajor=" + parts[0], "gitMinor=" + parts[1],
		"gitCommit=unknown", "gitTreeState=archive", "buildDate=2026-01-01T00:00:00Z",
	}
	var flags []string
	for _, pkg := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
		for _, stamp := range stamps {
			flags = append(flags, "-X "+pkg+"."+stamp)
		}
	}
	return strings.Join(flags, " ")
}
