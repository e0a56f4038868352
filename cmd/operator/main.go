// Command operator runs the controllers of SharingTenant, Pilot and
// RetentionPolicy.
package main

import (
	"fmt"
	"os"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"voute.dev/voute/controllers"
	"voute.dev/voute/internal/garbage"
	"voute.dev/voute/internal/logs"
	"voute.dev/voute/internal/version"
)

func main() {
	options, err := parseFlags(os.Args[1:])
	if err != nil {
		os.Exit(2) // the flag package has told why
	}
	logger := logs.New(os.Stderr)
	ctrl.SetLogger(logger)
	if err := run(options, logger); err != nil {
		fmt.Fprintln(os.Stderr, "voute-operator:", err)
		os.Exit(1)
	}
}

func run(options options, logger logr.Logger) error {
	ctx := ctrl.SetupSignalHandler()
	garbage.LetPile(controllers.HeapFloor)
	logger.Info("starting", "version", version.Version, "namespace", options.namespace)
	operator, err := newOperator(ctx, options)
	if err != nil {
		return err
	}
	return operator.Start(ctx)
}
