package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// command is one word after "local".
type command struct {
	name, args, help string
	run              func(ctx context.Context, args []string) error
}

func commands() []command {
	return []command{
		{"demo", "", "run a client's vault on a local cluster, or on that of $KUBECONFIG", runDemo},
		{"demo-down", "", "remove the demo", removeDemo},
		{"up", "", "start a cluster and all that is beside it, or complete one that runs", up},
		{"down", "", "end a cluster and remove all it left", down},
		{"status", "", "show the clusters and their processes", status},
		{"env", "", "print as JSON where everything of a cluster is", env},
		{"volume", "<namespace>/<claim>", "print the folder of a claim's volume", volume},
		{"vault", "seal|unseal", "seal or unseal a cluster's Vault", vault},
		{"process", "start|stop|restart <name>", "start or stop one process of a cluster", process},
		{"install", "", "build Voûte and install it in a cluster; again after a change", install},
		{"server", "<version>", "build the sharing server as another version, for the node", server},
		{"images", "--out <folder>", "write Voûte's images as archives", images},
		{"tools", "", "print the folder of the programs that tests run", tools},
		{"build", "", "build and fetch all that a cluster needs, without starting one", build},
	}
}

// inner are what the processes of a node call themselves; people do not.
func inner() []command {
	return []command{
		{name: "init", run: runInit},
		{name: "supervise", run: runSupervisor},
		{name: "mailbox", run: runMailbox},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) < 2 {
		usage()
		os.Exit(2)
	}
	for _, c := range append(commands(), inner()...) {
		if c.name != os.Args[1] {
			continue
		}
		if err := c.run(ctx, os.Args[2:]); err != nil && !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintf(os.Stderr, "local %s: %v\n", c.name, err)
			os.Exit(1)
		}
		return
	}
	usage()
	os.Exit(2)
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: local <command> [--name <cluster>] …")
	for _, c := range commands() {
		fmt.Fprintf(os.Stderr, "  %-36s %s\n", c.name+" "+c.args, c.help)
	}
}
