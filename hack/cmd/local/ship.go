package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"voute.dev/voute/hack/artifact"
	"voute.dev/voute/hack/cluster"
	"voute.dev/voute/hack/demo"
	"voute.dev/voute/hack/place"
	"voute.dev/voute/hack/product"
	"voute.dev/voute/hack/progress"
)

func runDemo(ctx context.Context, args []string) error {
	t, log, err := withSource("demo", args)
	if err != nil {
		return err
	}
	if kubeconfig := os.Getenv("KUBECONFIG"); kubeconfig != "" && !isLocal(kubeconfig) {
		return demo.Elsewhere(ctx, kubeconfig, t.source, log, os.Stdout)
	}
	return demo.Local(ctx, t.source, log, os.Stdout)
}

func removeDemo(ctx context.Context, args []string) error {
	t, log, err := withSource("demo-down", args)
	if err != nil {
		return err
	}
	if kubeconfig := os.Getenv("KUBECONFIG"); kubeconfig != "" && !isLocal(kubeconfig) {
		return demo.RemoveElsewhere(ctx, kubeconfig, t.source, log)
	}
	return cluster.Down(demo.Name, log)
}

// isLocal reports whether a kubeconfig file is that of the demo's own cluster:
// people set it as the demo told them to, and run the demo again.
func isLocal(kubeconfig string) bool {
	c, err := cluster.Open(demo.Name)
	return err == nil && filepath.Clean(kubeconfig) == c.Kubeconfig()
}

func install(ctx context.Context, args []string) error {
	t, log, err := withSource("install", args)
	if err != nil {
		return err
	}
	c, err := cluster.OpenRunning(t.name)
	if err != nil {
		return err
	}
	if err := c.Install(ctx, t.source, log); err != nil {
		return err
	}
	log.Step("Voûte is installed in the cluster %s", t.name)
	return nil
}

func server(ctx context.Context, args []string) error {
	t := newTarget("server")
	words, err := t.parse(args)
	if err != nil {
		return err
	}
	if len(words) != 1 {
		return errors.New("say which version: local server <version>")
	}
	if err := t.needSource(); err != nil {
		return err
	}
	c, err := cluster.OpenRunning(t.name)
	if err != nil {
		return err
	}
	reference, err := c.AddServer(ctx, t.source, words[0])
	if err != nil {
		return err
	}
	fmt.Println(reference)
	return nil
}

func images(ctx context.Context, args []string) error {
	t := newTarget("images")
	out := t.String("out", "out", "folder to write the archives into")
	if _, err := t.parse(args); err != nil {
		return err
	}
	if err := t.needSource(); err != nil {
		return err
	}
	built, err := cluster.BuildProduct(ctx, t.source, progress.New(os.Stderr))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(*out, 0o755); err != nil {
		return err
	}
	for _, name := range product.Programs() {
		target := filepath.Join(*out, name+".tar")
		size, err := copyFile(built.Archive(name), target)
		if err != nil {
			return err
		}
		fmt.Printf("%s  %.1f MB\n", target, float64(size)/1e6)
	}
	return nil
}

func copyFile(from, to string) (int64, error) {
	source, err := os.Open(from)
	if err != nil {
		return 0, err
	}
	defer source.Close()
	target, err := os.Create(to)
	if err != nil {
		return 0, err
	}
	defer target.Close()
	size, err := io.Copy(target, source)
	if err != nil {
		return 0, err
	}
	return size, target.Close()
}

func build(ctx context.Context, args []string) error {
	t, log, err := withSource("build", args)
	if err != nil {
		return err
	}
	programs, packages, err := artifacts(ctx, t.source, log)
	if err != nil {
		return err
	}
	log.Step("everything a local cluster needs is there:")
	fmt.Fprintln(os.Stderr, " ", programs.Kube)
	fmt.Fprintln(os.Stderr, " ", programs.Cloud)
	fmt.Fprintln(os.Stderr, " ", programs.Vault)
	fmt.Fprintln(os.Stderr, " ", programs.Helm)
	fmt.Fprintln(os.Stderr, " ", packages.Root)
	return nil
}

func tools(ctx context.Context, args []string) error {
	t, log, err := withSource("tools", args)
	if err != nil {
		return err
	}
	programs, packages, err := artifacts(ctx, t.source, log)
	if err != nil {
		return err
	}
	cache, err := place.Cache()
	if err != nil {
		return err
	}
	peers, err := artifact.FetchPeers(ctx, cache, log)
	if err != nil {
		return err
	}
	dir, err := artifact.Tools(cache, programs, packages, peers)
	if err != nil {
		return err
	}
	fmt.Println(dir)
	return nil
}

func artifacts(ctx context.Context, source string, log *progress.Log) (artifact.Programs, artifact.Packages, error) {
	cache, err := place.Cache()
	if err != nil {
		return artifact.Programs{}, artifact.Packages{}, err
	}
	packages, err := artifact.FetchPackages(ctx, cache, log)
	if err != nil {
		return artifact.Programs{}, packages, err
	}
	programs, err := artifact.BuildPrograms(ctx, cache, source, log)
	return programs, packages, err
}

// withSource reads the flags of a command that builds something from the tree.
func withSource(command string, args []string) (*target, *progress.Log, error) {
	t := newTarget(command)
	if _, err := t.parse(args); err != nil {
		return nil, nil, err
	}
	return t, progress.New(os.Stderr), t.needSource()
}
