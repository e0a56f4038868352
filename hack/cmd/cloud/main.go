// Command cloud stands in for a cloud around a local cluster: volumes that can
// grow, and a load balancer.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"voute.dev/voute/hack/cloud"
)

type options struct {
	kubeconfig, node, volumes string
	httpsFD, httpFD           int
}

func main() {
	var o options
	flag.StringVar(&o.kubeconfig, "kubeconfig", "", "file with which to sign in to the API server")
	flag.StringVar(&o.node, "node", "", "name of the one node")
	flag.StringVar(&o.volumes, "volumes", "", "folder in which each volume is a folder")
	flag.IntVar(&o.httpsFD, "https-fd", 3, "descriptor of the listening socket for HTTPS")
	flag.IntVar(&o.httpFD, "http-fd", 4, "descriptor of the listening socket for HTTP")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "cloud:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	config, err := clientcmd.BuildConfigFromFlags("", o.kubeconfig)
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", o.kubeconfig, err)
	}
	config.QPS, config.Burst = 50, 100
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	https, err := net.FileListener(os.NewFile(uintptr(o.httpsFD), "https"))
	if err != nil {
		return fmt.Errorf("descriptor %d is no listening socket: %w", o.httpsFD, err)
	}
	http, err := net.FileListener(os.NewFile(uintptr(o.httpFD), "http"))
	if err != nil {
		return fmt.Errorf("descriptor %d is no listening socket: %w", o.httpFD, err)
	}
	routes := &cloud.Routes{}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return cloud.ServeHTTPS(ctx, https, routes) })
	group.Go(func() error { return cloud.ServeHTTP(ctx, http, routes) })
	group.Go(func() error {
		return cloud.Run(ctx, client,
			cloud.Volumes{Client: client, Node: o.node, Dir: o.volumes},
			cloud.Balancer{Client: client, Routes: routes})
	})
	return group.Wait()
}
