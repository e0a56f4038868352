// Command operator is cmd/operator as the benchmark measures it: with the same
// code in it and no test's, but that it finds every sharing server at one
// address, because there is no DNS, and can leave profiles.
package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/controllers"
	"voute.dev/voute/controllers/sharingtenant"
	"voute.dev/voute/internal/availability"
	"voute.dev/voute/internal/garbage"
	"voute.dev/voute/internal/identity"
	"voute.dev/voute/internal/logs"
	"voute.dev/voute/internal/platform"
	"voute.dev/voute/internal/reload"
	"voute.dev/voute/internal/serverstatus"
	"voute.dev/voute/internal/vault"
	"voute.dev/voute/test/benchoperator/settings"
)

// checkStands is as cmd/operator has it.
const checkStands = 5 * time.Second

func main() {
	if err := operate(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "operator:", err)
		os.Exit(1)
	}
}

// operate runs it with the settings of a file.
func operate(file string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var set settings.Settings
	if err := json.Unmarshal(content, &set); err != nil {
		return err
	}
	ctx := ctrl.SetupSignalHandler()
	garbage.LetPile(controllers.HeapFloor)
	ctrl.SetLogger(logs.New(os.Stderr))
	config, err := clientcmd.BuildConfigFromFlags("", set.Kubeconfig)
	if err != nil {
		return err
	}
	config.QPS, config.Burst = set.QPS, max(1, int(2*set.QPS))
	before := &controllers.Predecessor{}
	manager, err := controllers.NewManager(config, controllers.Options{
		Namespace: set.Namespace, MetricsAddress: "0", HealthAddress: "0", LeaderElection: true, Predecessor: before,
	})
	if err != nil {
		return err
	}
	direct, err := client.New(config, client.Options{Scheme: manager.GetScheme()})
	if err != nil {
		return err
	}
	own, err := identity.Ensure(ctx, direct, direct, set.Namespace, time.Now())
	if err != nil {
		return err
	}
	if err := add(ctx, manager, set, own, before); err != nil {
		return err
	}
	return profiled(ctx, set.Profiles, manager.Start)
}

// add puts the controllers into the manager, and what reads the platform's file.
func add(ctx context.Context, manager ctrl.Manager, set settings.Settings, own *identity.Identity, before *controllers.Predecessor) error {
	wake := make(chan event.GenericEvent, 1)
	build := func(content []byte) (*sharingtenant.Platform, error) { return platformOf(set, own, content) }
	inForce, err := reload.Open(set.PlatformFile, build, func(bool) {}, waker(wake))
	if err != nil {
		return err
	}
	if err := manager.Add(inForce); err != nil {
		return err
	}
	return controllers.Add(ctx, manager, controllers.Parts{
		Platform: inForce.Current, PublicKey: own.PublicKey, Namespace: set.Namespace,
		Wake: wake, Pace: sharingtenant.DefaultPace, Now: time.Now, Alive: before.LastAlive,
	})
}

// waker asks for a look at every tenant, as cmd/operator does.
func waker(wake chan<- event.GenericEvent) func(context.Context) {
	return func(context.Context) {
		select {
		case wake <- event.GenericEvent{Object: &v1alpha1.SharingTenant{}}:
		default:
		}
	}
}

func platformOf(set settings.Settings, own *identity.Identity, content []byte) (*sharingtenant.Platform, error) {
	config, err := platform.Load(content)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(config.TrustedCAs))
	keeper, err := vault.New(vault.Options{
		Address: config.Vault.Address, TransitPath: config.Vault.TransitPath, AuthPath: config.Vault.AuthPath,
		Role: config.Vault.OperatorRole, TokenFile: set.TokenFile, Roots: roots, Now: time.Now,
	})
	if err != nil {
		return nil, err
	}
	to := func(address string) func(context.Context, string, string) (net.Conn, error) {
		return func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		}
	}
	return &sharingtenant.Platform{
		Config: config,
		Vault:  vault.NewShared(keeper, checkStands, time.Now, func(bool) {}),
		Server: serverstatus.NewClient(own.Certificate, roots, to(set.StatusAddress)),
		Prober: availability.NewClient(to(set.PublicAddress), time.Now),
	}, nil
}
