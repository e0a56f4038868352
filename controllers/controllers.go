// Package controllers puts the operator's controllers together. Each kind has
// a folder of its own below this one.
package controllers

import (
	"context"
	"fmt"
	"time"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	networkingv1 "k8s.io/api/networking/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrlconfig "sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/controllers/billingstatement"
	"voute.dev/voute/controllers/intervention"
	"voute.dev/voute/controllers/pilot"
	"voute.dev/voute/controllers/retentionpolicy"
	"voute.dev/voute/controllers/sharingtenant"
	"voute.dev/voute/internal/apply"
	"voute.dev/voute/internal/billing"
	"voute.dev/voute/internal/fleet"
	"voute.dev/voute/internal/heads"
	"voute.dev/voute/internal/index"
	"voute.dev/voute/internal/serverstatus"
)

// HeapFloor is up to where garbage may fill the operator's heap, in bytes: about
// what is in use for a thousand tenants, so that a smaller fleet pays little for
// collections, and none takes more memory than that one.
const HeapFloor = 46 << 20

// told is how many tenants with news of one kind may wait to be looked at.
const told = 128

// Options are about the process.
type Options struct {
	// Namespace is the operator's own.
	Namespace string
	// MetricsAddress and HealthAddress are where to listen; 0 for nowhere.
	MetricsAddress string
	HealthAddress  string
	LeaderElection bool
	// Predecessor, where there is one, gets to know who held the Lease before.
	Predecessor *Predecessor
	// Again lets one process start an operator after another one has ended.
	Again bool
}

// Parts are what the controllers work with.
type Parts struct {
	Platform func() *sharingtenant.Platform
	// PublicKey is the fingerprint of the operator's key; Namespace is its own.
	PublicKey string
	Namespace string
	// Wake asks for a look at every tenant.
	Wake <-chan event.GenericEvent
	Pace sharingtenant.Pace
	Now  func() time.Time
	// Alive is when an operator before this one was last at work; nil where nobody
	// can tell.
	Alive func() time.Time
}

// +kubebuilder:rbac:groups=coordination.k8s.io,namespace=voute-system,resources=leases,verbs=create
// +kubebuilder:rbac:groups=coordination.k8s.io,namespace=voute-system,resources=leases,resourceNames=voute-operator,verbs=get;update

// NewManager prepares the manager; the cache keeps of the kinds that tenants
// own only what carries the tenant's label. Leader election holds one Lease.
func NewManager(config *rest.Config, options Options) (ctrl.Manager, error) {
	scheme, err := Scheme()
	if err != nil {
		return nil, err
	}
	cached, err := cacheOptions(options.Namespace)
	if err != nil {
		return nil, err
	}
	lock, err := newLease(config, options.Namespace, options.Predecessor)
	if err != nil {
		return nil, fmt.Errorf("prepare the Lease: %w", err)
	}
	manager, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:                              scheme,
		Cache:                               cached,
		Metrics:                             metricsserver.Options{BindAddress: options.MetricsAddress},
		HealthProbeBindAddress:              options.HealthAddress,
		LeaderElection:                      options.LeaderElection,
		LeaderElectionResourceLockInterface: lock,
		LeaderElectionReleaseOnCancel:       true,
		Controller:                          ctrlconfig.Controller{SkipNameValidation: &options.Again},
	})
	if meta.IsNoMatchError(err) {
		return nil, fmt.Errorf("the cluster does not know the operator's own kinds: kubectl apply --server-side -k config/crd (%w)", err)
	}
	if err != nil {
		return nil, fmt.Errorf("prepare the manager: %w", err)
	}
	if err := manager.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return nil, err
	}
	return manager, manager.AddReadyzCheck("ping", healthz.Ping)
}

// Scheme knows every kind that the operator reads or writes. Those of Kubernetes
// that it does not would take some megabytes more.
func Scheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		corev1.AddToScheme, appsv1.AddToScheme, networkingv1.AddToScheme, storagev1.AddToScheme, eventsv1.AddToScheme,
		certmanagerv1.AddToScheme, v1alpha1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	return scheme, nil
}

// newInformer keeps the kinds that are watched by their metadata as heads, and
// leaves out the index by namespace: a set for each kind and client takes as much
// memory as the objects in it. Only ControllerRevisions are ever listed by their
// namespace; all else is looked up by name, or by a field, which is kept once.
func newInformer(from toolscache.ListerWatcher, kind runtime.Object, resync time.Duration, indexers toolscache.Indexers) toolscache.SharedIndexInformer {
	head, isHead := kind.(*metav1.PartialObjectMetadata)
	if !isHead {
		return index.Once(toolscache.NewSharedIndexInformer(from, kind, resync, toolscache.Indexers{}))
	}
	if head.Kind != "ControllerRevision" {
		indexers = toolscache.Indexers{}
	}
	return heads.NewInformer(from, head, resync, indexers)
}

// cacheOptions keeps our own kinds whole, and of every other only what carries
// the tenant's label. Other kinds are not named: one that the cluster does not
// know, for want of cert-manager, would keep the operator from starting.
func cacheOptions(namespace string) (cache.Options, error) {
	labelled, err := labels.NewRequirement(v1alpha1.TenantLabel, selection.Exists, nil)
	if err != nil {
		return cache.Options{}, err
	}
	options := cache.Options{
		DefaultTransform:     slim,
		NewInformer:          newInformer,
		DefaultLabelSelector: labels.NewSelector().Add(*labelled),
		ByObject:             map[client.Object]cache.ByObject{},
	}
	for _, kind := range []client.Object{&v1alpha1.SharingTenant{}, &v1alpha1.Pilot{}, &v1alpha1.RetentionPolicy{}, &v1alpha1.Intervention{}} {
		options.ByObject[kind] = cache.ByObject{Label: labels.Everything()}
	}
	// Closed statements are kept for ever, and looked at by nobody here.
	options.ByObject[&v1alpha1.BillingStatement{}] = cache.ByObject{
		Namespaces: map[string]cache.Config{namespace: {LabelSelector: labels.SelectorFromSet(labels.Set{v1alpha1.OpenLabel: "true"})}},
	}
	return options, nil
}

// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// waker tells of a tenant that need not wait for others any more. One that is not
// told of looks again by itself, only later.
func waker(freed chan<- event.GenericEvent) func(types.NamespacedName) {
	return func(key types.NamespacedName) {
		tenant := &v1alpha1.SharingTenant{}
		tenant.Namespace, tenant.Name = key.Namespace, key.Name
		select {
		case freed <- event.GenericEvent{Object: tenant}:
		default:
		}
	}
}

// Add registers every controller with the manager.
func Add(ctx context.Context, manager ctrl.Manager, parts Parts) error {
	if err := index.Register(ctx, manager.GetFieldIndexer()); err != nil {
		return err
	}
	cached, live := manager.GetClient(), manager.GetAPIReader()
	reports := serverstatus.NewStore()
	book := billing.NewBook(cached, live, cached, parts.Namespace)
	config := func() *configv1.PlatformConfiguration { return parts.Platform().Config }
	moved, freed, over := make(chan event.GenericEvent, told), make(chan event.GenericEvent, told), make(chan event.GenericEvent, told)
	figures := make(chan event.GenericEvent, told)
	tenants := &sharingtenant.Reconciler{
		Client: cached, Live: live, Objects: apply.New(cached, live, cached, parts.Now),
		Platform: parts.Platform, Reports: reports, Events: manager.GetEventRecorder("sharingtenant"), Now: parts.Now, Pace: parts.Pace,
		PublicKey: parts.PublicKey, Namespace: parts.Namespace, Wake: parts.Wake, PilotsMoved: moved, FiguresMoved: figures,
		Fleet: fleet.New(waker(freed)), Freed: freed, Alive: parts.Alive, Book: book, MonthsOver: over,
	}
	pilots := &pilot.Reconciler{Client: cached, Reports: reports, Events: manager.GetEventRecorder("pilot"), Now: parts.Now, Moved: moved}
	policies := &retentionpolicy.Reconciler{
		Client: cached, Reports: reports, Config: config, Events: manager.GetEventRecorder("retentionpolicy"), Now: parts.Now, Moved: figures,
	}
	statements := &billingstatement.Reconciler{
		Client: cached, Book: book, Events: manager.GetEventRecorder("billingstatement"), Now: parts.Now, Config: config, Over: over,
	}
	interventions := &intervention.Reconciler{
		Client: cached, Live: live, Book: book, Events: manager.GetEventRecorder("intervention"), Now: parts.Now, Namespace: parts.Namespace, Config: config,
	}
	for kind, controller := range map[string]interface{ SetupWithManager(ctrl.Manager) error }{
		"SharingTenant": tenants, "Pilot": pilots, "RetentionPolicy": policies, "BillingStatement": statements, "Intervention": interventions,
	} {
		if err := controller.SetupWithManager(manager); err != nil {
			return fmt.Errorf("add the controller of %s: %w", kind, err)
		}
	}
	return nil
}
