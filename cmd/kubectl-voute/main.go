// Command kubectl-voute is a plugin of kubectl: kubectl voute.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"voute.dev/voute/internal/plugin"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	options := plugin.Options{Streams: plugin.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}, Now: time.Now}
	os.Exit(plugin.Run(ctx, options, plugin.Arguments(os.Args)))
}
