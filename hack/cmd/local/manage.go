package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"voute.dev/voute/hack/cluster"
	"voute.dev/voute/hack/node"
	"voute.dev/voute/hack/place"
	"voute.dev/voute/hack/progress"
)

// target holds the flags that most commands have.
type target struct {
	*flag.FlagSet
	name, source string
}

func newTarget(command string) *target {
	t := &target{FlagSet: flag.NewFlagSet("local "+command, flag.ContinueOnError)}
	t.StringVar(&t.name, "name", "demo", "name of the cluster")
	t.StringVar(&t.source, "source", "", "root of the source tree; found from the current folder when empty")
	return t
}

// parse reads the flags, before and after the words, and returns the words.
func (t *target) parse(args []string) (words []string, err error) {
	for len(args) > 0 {
		if err := t.Parse(args); err != nil {
			return nil, err
		}
		if args = t.Args(); len(args) > 0 {
			words, args = append(words, args[0]), args[1:]
		}
	}
	if t.source == "" {
		t.source, _ = place.Source() // what needs it will say so
	}
	return words, nil
}

func (t *target) needSource() error {
	if t.source != "" {
		return nil
	}
	_, err := place.Source()
	return err
}

func up(ctx context.Context, args []string) error {
	t := newTarget("up")
	https := t.Int("https-port", 0, "port on 127.0.0.1 for HTTPS; 443 or 8443 for the cluster demo, any for others")
	http := t.Int("http-port", 0, "port on 127.0.0.1 for HTTP")
	if _, err := t.parse(args); err != nil {
		return err
	}
	if err := t.needSource(); err != nil {
		return err
	}
	log := progress.New(os.Stderr)
	c, err := cluster.Up(ctx, cluster.Options{
		Name: t.name, Source: t.source, Ports: map[string]int{"https": *https, "http": *http},
	}, log)
	if err != nil {
		return err
	}
	fmt.Printf("export KUBECONFIG=%s\nexport PATH=%s:$PATH\n", c.Kubeconfig(), c.BinDir())
	return nil
}

func down(_ context.Context, args []string) error {
	t := newTarget("down")
	if _, err := t.parse(args); err != nil {
		return err
	}
	return cluster.Down(t.name, progress.New(os.Stderr))
}

func status(ctx context.Context, args []string) error {
	if _, err := newTarget("status").parse(args); err != nil {
		return err
	}
	found, err := place.Clusters()
	if err != nil {
		return err
	}
	if len(found) == 0 {
		fmt.Println("There is no local cluster. Start one with: local up")
	}
	for _, where := range found {
		if err := showStatus(ctx, where.Name); err != nil {
			return err
		}
	}
	return nil
}

func showStatus(ctx context.Context, name string) error {
	c, err := cluster.Open(name)
	if err != nil {
		return err
	}
	if !c.Running() {
		fmt.Printf("%s: does not run; its state is in %s\n", c.Name, c.Dir)
		return nil
	}
	fmt.Printf("%s: runs, %s\n", c.Name, c.Dir)
	for _, door := range c.Doors {
		fmt.Printf("  %-24s 127.0.0.1:%d\n", "door "+door.Name, door.Port)
	}
	processes, err := node.NewControl(c.Dir).Processes(ctx)
	if err != nil {
		return err
	}
	for _, p := range processes {
		fmt.Printf("  %-24s %-8s starts %d", p.Name, p.State, p.Starts)
		if p.State == "running" {
			fmt.Printf(", since %s", time.Since(p.Started).Round(time.Second))
		}
		if p.Problem != "" {
			fmt.Printf(", ended before: %s", p.Problem)
		}
		fmt.Println()
	}
	return nil
}

func env(_ context.Context, args []string) error {
	t := newTarget("env")
	if _, err := t.parse(args); err != nil {
		return err
	}
	c, err := cluster.OpenRunning(t.name)
	if err != nil {
		return err
	}
	environment, err := c.Environment()
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(environment)
}

func volume(ctx context.Context, args []string) error {
	t := newTarget("volume")
	words, err := t.parse(args)
	if err != nil {
		return err
	}
	if len(words) != 1 {
		return errors.New("name one claim: local volume <namespace>/<claim>")
	}
	c, err := cluster.OpenRunning(t.name)
	if err != nil {
		return err
	}
	folder, err := c.VolumeDir(ctx, words[0])
	if err != nil {
		return err
	}
	fmt.Println(folder)
	return nil
}

func vault(ctx context.Context, args []string) error {
	t := newTarget("vault")
	words, err := t.parse(args)
	if err != nil {
		return err
	}
	c, err := cluster.OpenRunning(t.name)
	if err != nil {
		return err
	}
	switch {
	case len(words) == 1 && words[0] == "seal":
		return c.SealVault(ctx)
	case len(words) == 1 && words[0] == "unseal":
		return c.UnsealVault(ctx)
	}
	return errors.New("say what to do: local vault seal, or local vault unseal")
}

func process(ctx context.Context, args []string) error {
	t := newTarget("process")
	words, err := t.parse(args)
	if err != nil {
		return err
	}
	if len(words) != 2 {
		return errors.New("say what to do with which process: local process start|stop|restart <name>; local status lists them")
	}
	c, err := cluster.OpenRunning(t.name)
	if err != nil {
		return err
	}
	return node.NewControl(c.Dir).Act(ctx, words[1], words[0])
}
