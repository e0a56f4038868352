package main

import (
	"context"
	"errors"

	"voute.dev/voute/hack/cluster"
)

func runInit(_ context.Context, args []string) error {
	c, err := openDir(args)
	if err != nil {
		return err
	}
	return c.RunInit()
}

func runSupervisor(ctx context.Context, args []string) error {
	c, err := openDir(args)
	if err != nil {
		return err
	}
	return c.RunSupervisor(ctx)
}

func runMailbox(ctx context.Context, args []string) error {
	c, err := openDir(args)
	if err != nil {
		return err
	}
	return c.RunMailbox(ctx)
}

func openDir(args []string) (*cluster.Cluster, error) {
	if len(args) != 1 {
		return nil, errors.New("this command is for the processes of a node; people use: local up")
	}
	return cluster.OpenDir(args[0])
}
