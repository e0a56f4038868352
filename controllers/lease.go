package controllers

import (
	"context"
	"os"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

const (
	leaseName = "voute-operator"
	// askLease bounds one question about the Lease: one that hangs must not cost it.
	askLease = 5 * time.Second
)

// Predecessor knows when another operator was last at work, from the Lease that
// it held. The zero value knows of none.
type Predecessor struct{ renewed atomic.Int64 }

// LastAlive is the last time at which another operator has renewed the Lease, as
// far as this process has seen it; zero when it has seen none.
func (p *Predecessor) LastAlive() time.Time {
	if at := p.renewed.Load(); at != 0 {
		return time.Unix(at, 0)
	}
	return time.Time{}
}

// lease is the Lease by which one of several operators works. Whoever waits for
// it, or takes it over, has read it before: that is what a Predecessor knows from.
type lease struct {
	resourcelock.Interface
	seen *Predecessor
}

// newLease tells nothing by events: who holds the Lease is written in it.
func newLease(config *rest.Config, namespace string, seen *Predecessor) (*lease, error) {
	host, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	config = rest.AddUserAgent(rest.CopyConfig(config), "leader-election")
	config.Timeout = askLease // of this client alone: a watch would end by it
	kube, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	lock, err := resourcelock.New(resourcelock.LeasesResourceLock, namespace, leaseName, kube.CoreV1(), kube.CoordinationV1(),
		resourcelock.ResourceLockConfig{Identity: host + "_" + string(uuid.NewUUID())})
	return &lease{Interface: lock, seen: seen}, err
}

// Get reads the Lease. One that was given back names nobody.
func (l *lease) Get(ctx context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	record, raw, err := l.Interface.Get(ctx)
	if err == nil && l.seen != nil && record.HolderIdentity != l.Identity() && !record.RenewTime.IsZero() {
		l.seen.renewed.Store(record.RenewTime.Unix())
	}
	return record, raw, err
}
