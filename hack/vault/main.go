package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/vault/audit"
	vaulthttp "github.com/hashicorp/vault/http"
	"github.com/hashicorp/vault/internalshared/configutil"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/physical/file"
	"github.com/hashicorp/vault/vault"
)

type options struct {
	listen, certFile, keyFile, storage, logLevel string
}

func main() {
	var o options
	flag.StringVar(&o.listen, "listen", "127.0.0.1:8200", "address of the HTTPS API")
	flag.StringVar(&o.certFile, "tls-cert", "", "PEM certificate of the API")
	flag.StringVar(&o.keyFile, "tls-key", "", "PEM key of the API's certificate")
	flag.StringVar(&o.storage, "storage", "", "folder that holds the encrypted data")
	flag.StringVar(&o.logLevel, "log-level", "warn", "trace, debug, info, warn or error")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "vault:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	core, err := newCore(o)
	if err != nil {
		return err
	}
	server := &http.Server{
		Addr:              o.listen,
		ReadHeaderTimeout: 10 * time.Second,
		Handler: vaulthttp.Handler.Handler(&vault.HandlerProperties{
			Core: core,
			ListenerConfig: &configutil.Listener{
				Address:            o.listen,
				MaxRequestSize:     vaulthttp.DefaultMaxRequestSize,
				MaxRequestDuration: vault.DefaultMaxRequestDuration,
			},
		}),
	}
	context.AfterFunc(ctx, func() { _ = server.Shutdown(context.Background()) })
	if err := server.ListenAndServeTLS(o.certFile, o.keyFile); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("cannot serve the API on %s with %s and %s: %w", o.listen, o.certFile, o.keyFile, err)
	}
	return core.ShutdownWait()
}

func newCore(o options) (*vault.Core, error) {
	if o.storage == "" {
		return nil, errors.New("no folder for the data; give one with --storage")
	}
	logger := hclog.New(&hclog.LoggerOptions{Name: "vault", Level: hclog.LevelFromString(o.logLevel), Output: os.Stderr})
	disk, err := file.NewFileBackend(map[string]string{"path": o.storage}, logger.Named("storage"))
	if err != nil {
		return nil, fmt.Errorf("cannot use %s as storage: %w", o.storage, err)
	}
	core, err := vault.NewCore(&vault.CoreConfig{
		Physical:           disk,
		StorageType:        "file",
		Logger:             logger,
		BuiltinRegistry:    plugins,
		LogicalBackends:    map[string]logical.Factory{"transit": plugins.secrets["transit"]},
		CredentialBackends: map[string]logical.Factory{"kubernetes": plugins.auth["kubernetes"]},
		AuditBackends:      map[string]audit.Factory{audit.TypeFile: audit.NewFileBackend},
		// Locking memory needs a capability that a plain container lacks, and
		// the keys here protect test data only.
		DisableMlock: true,
		ClusterName:  "voute-local",
	})
	var warning *vault.NonFatalError
	if err != nil && !errors.As(err, &warning) {
		return nil, fmt.Errorf("cannot start Vault's core on %s: %w", o.storage, err)
	}
	return core, nil
}
