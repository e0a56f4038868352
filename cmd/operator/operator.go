package main

import (
	"context"
	"fmt"
	"time"

	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/controllers"
	"voute.dev/voute/controllers/sharingtenant"
	"voute.dev/voute/internal/identity"
	"voute.dev/voute/internal/reload"
	"voute.dev/voute/internal/testclock"
)

// unlimited leaves it to the API server how much it takes at a time: its
// priority and fairness know of its load, and of others who ask; a number here
// would know of neither.
const unlimited = -1

// newOperator puts the parts together; nothing runs before Start.
func newOperator(ctx context.Context, options options) (ctrl.Manager, error) {
	config, err := ctrl.GetConfig()
	if err != nil {
		return nil, fmt.Errorf("find the cluster: %w", err)
	}
	config.QPS = unlimited
	own, err := ownIdentity(ctx, config, options.namespace)
	if err != nil {
		return nil, err
	}
	wake := make(chan event.GenericEvent, 1)
	clock := testclock.New(time.Now)
	platform, err := reload.Open(options.platformConfig, platformBuilder(options, own, clock), configurationIsValid, waker(wake))
	if err != nil {
		return nil, fmt.Errorf("the platform configuration: %w", err)
	}
	before := &controllers.Predecessor{}
	manager, err := controllers.NewManager(config, controllers.Options{
		Namespace: options.namespace, MetricsAddress: options.metricsAddress,
		HealthAddress: options.healthAddress, LeaderElection: options.leaderElect, Predecessor: before,
	})
	if err != nil {
		return nil, err
	}
	if err := manager.Add(platform); err != nil {
		return nil, err
	}
	return manager, controllers.Add(ctx, manager, controllers.Parts{
		Platform: platform.Current, PublicKey: own.PublicKey, Namespace: options.namespace,
		Wake: wake, Pace: sharingtenant.DefaultPace, Now: clock.Now, Alive: before.LastAlive,
	})
}

// ownIdentity is needed before the manager runs, and so takes a client of its own.
func ownIdentity(ctx context.Context, config *rest.Config, namespace string) (*identity.Identity, error) {
	scheme, err := controllers.Scheme()
	if err != nil {
		return nil, err
	}
	direct, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		return nil, fmt.Errorf("prepare a client of the API server: %w", err)
	}
	return identity.Ensure(ctx, direct, direct, namespace, time.Now())
}

// waker asks for a look at every tenant; one request that waits is enough.
func waker(wake chan<- event.GenericEvent) func(context.Context) {
	return func(context.Context) {
		select {
		case wake <- event.GenericEvent{Object: &v1alpha1.SharingTenant{}}:
		default:
		}
	}
}
