package sharingtenant

import (
	"context"
	"fmt"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/event"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/apply"
	"voute.dev/voute/internal/availability"
	"voute.dev/voute/internal/billing"
	"voute.dev/voute/internal/conditions"
	"voute.dev/voute/internal/fleet"
	"voute.dev/voute/internal/platform"
	"voute.dev/voute/internal/serverstatus"
	"voute.dev/voute/internal/vault"
)

// Platform is the place the operator runs in, as its configuration file says.
type Platform struct {
	Config *configv1.PlatformConfiguration
	Vault  vault.Keeper
	Server serverstatus.Reader
	// Prober asks public addresses; nil where none are asked.
	Prober availability.Prober
}

// Reconciler reconciles SharingTenants.
type Reconciler struct {
	// Client reads kinds of our own and metadata of others from the cache.
	Client client.Client
	// Live reads from the API server.
	Live    client.Reader
	Objects *apply.Applier
	// Platform gives the configuration in force.
	Platform func() *Platform
	Reports  *serverstatus.Store
	Events   events.EventRecorder
	Now      func() time.Time
	Pace     Pace
	// Book keeps what is billed; nil where nothing is. MonthsOver hears of a
	// statement whose month is over and that is still open.
	Book       *billing.Book
	MonthsOver chan<- event.GenericEvent
	// Fleet knows how far all tenants are with a change.
	Fleet *fleet.Ledger
	// Alive is when an operator before this one was last at work; zero, or nil,
	// where nobody knows.
	Alive func() time.Time

	// PublicKey is the fingerprint of the operator's key; Namespace is where it runs.
	PublicKey string
	Namespace string

	// Wake asks for a look at every tenant.
	Wake <-chan event.GenericEvent
	// PilotsMoved hears of a tenant whose server tells something new of its pilots.
	PilotsMoved chan<- event.GenericEvent
	// FiguresMoved hears of a tenant whose server tells something new of what it
	// has shredded; nil where nobody does.
	FiguresMoved chan<- event.GenericEvent

	// Freed tells of a tenant whose change waited for others, and need no longer.
	Freed <-chan event.GenericEvent

	written   writes
	revisions revisions
	agreed    agreements
	seen      sightings
	editions  editions
	findings  findings
	seeding   sync.Mutex
	// seeded is the configuration by which the ledger knows what all want.
	seeded *configv1.PlatformConfiguration
}

// step is one part of the work. Reason is that of its condition once it is
// done; run says in a sentence what is so then.
type step struct {
	condition string
	reason    string
	run       func(*Reconciler, context.Context, *scope) (string, error)
}

// steps in their order.
var steps = []step{
	{v1alpha1.CalendarReadyCondition, "CalendarKnown", (*Reconciler).calendar},
	{v1alpha1.RetentionReadyCondition, "PolicyInForce", (*Reconciler).retention},
	{v1alpha1.PilotReadyCondition, "PilotNamed", (*Reconciler).pilots},
	{v1alpha1.KeysReadyCondition, "KeysReached", (*Reconciler).keys},
	{v1alpha1.CertificateReadyCondition, "CertificatesIssued", (*Reconciler).certificate},
	{v1alpha1.StorageReadyCondition, "VolumesBound", (*Reconciler).storage},
	{v1alpha1.ConfigurationReadyCondition, "ConfigurationInForce", (*Reconciler).configuration},
	{v1alpha1.WorkloadReadyCondition, "ServersReady", (*Reconciler).workload},
	{v1alpha1.ExposureReadyCondition, "AddressesOpen", (*Reconciler).exposure},
	{"", "", (*Reconciler).settle},
	{"", "", (*Reconciler).buckets},
	{"", "", (*Reconciler).usage},
	{"", "", (*Reconciler).departed},
}

// +kubebuilder:rbac:groups=sharing.voute.dev,resources=sharingtenants,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=sharing.voute.dev,resources=sharingtenants/status,verbs=patch
// +kubebuilder:rbac:groups=sharing.voute.dev,resources=sharingtenants/finalizers,verbs=update

// Reconcile brings one tenant closer to what its spec asks for. What is not called
// routine is news, however the look ends, and whatever the last one was.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	result, err := r.look(ctx, request)
	if result.Priority == nil {
		result.Priority = ptr.To(newsPriority)
	}
	return result, err
}

func (r *Reconciler) look(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	tenant := &v1alpha1.SharingTenant{}
	if err := r.Client.Get(ctx, request.NamespacedName, tenant); err != nil {
		if apierrors.IsNotFound(err) {
			r.forget(request.NamespacedName)
		}
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	switch behind, err := r.isBehind(ctx, tenant); {
	case err != nil:
		return ctrl.Result{}, err
	case behind:
		return ctrl.Result{RequeueAfter: cacheLag}, nil
	}
	s := r.newScope(tenant)
	if !tenant.DeletionTimestamp.IsZero() {
		return r.remove(ctx, s)
	}
	if err := r.hold(ctx, tenant); err != nil {
		return conditions.Again(err)
	}
	if err := r.seed(ctx, s.platform.Config); err != nil {
		return ctrl.Result{}, err
	}
	r.observe(ctx, s)
	if err := r.schedule(ctx, s); err != nil {
		return r.giveUp(s, err)
	}
	results := r.run(ctx, s)
	s.summarise(results)
	if err := r.write(ctx, s); err != nil {
		return r.giveUp(s, err)
	}
	r.noteFleet(tenant, tenant.Status)
	if err := r.consume(ctx, s); err != nil {
		return conditions.Again(err)
	}
	return r.Pace.next(s, results)
}

// isBehind says whether the cache has not seen our last write yet: what follows
// from the old status would be written and told a second time. Where that write
// had no answer, the API server is asked what became of it.
func (r *Reconciler) isBehind(ctx context.Context, tenant *v1alpha1.SharingTenant) (bool, error) {
	key := client.ObjectKeyFromObject(tenant)
	if r.written.isUnanswered(key) {
		there := &v1alpha1.SharingTenant{}
		if err := r.Live.Get(ctx, key, there); err != nil {
			return false, client.IgnoreNotFound(err)
		}
		r.written.note(there, r.Now())
	}
	return r.written.isAheadOf(tenant, r.Now()), nil
}

// giveUp ends a look that failed: a place that was claimed is free again, and one
// that the tenant was woken for is left to the next. Where nobody knows whether the
// change is in the status, it has its place until somebody does.
func (r *Reconciler) giveUp(s *scope, err error) (ctrl.Result, error) {
	if !r.written.isUnanswered(client.ObjectKeyFromObject(s.tenant)) {
		r.noteFleet(s.tenant, s.before)
	}
	return conditions.Again(err)
}

// seed fills the ledger with what the statuses say, once: before anybody claims a
// place in it. Where the platform's file has changed since, it notes what each
// tenant is to have now: else the first who ask would be taken for all there are.
func (r *Reconciler) seed(ctx context.Context, cfg *configv1.PlatformConfiguration) error {
	r.seeding.Lock()
	defer r.seeding.Unlock()
	if r.seeded == cfg {
		return nil
	}
	tenants := &v1alpha1.SharingTenantList{}
	if err := r.Client.List(ctx, tenants, client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("find out how far the tenants are with changes: %w", err)
	}
	for i := range tenants.Items {
		tenant := &tenants.Items[i]
		if r.seeded == nil {
			r.noteFleet(tenant, tenant.Status)
			continue
		}
		r.Fleet.Want(client.ObjectKeyFromObject(tenant), platform.Version(cfg, tenant.Spec.Version))
	}
	r.seeded = cfg
	return nil
}

func (r *Reconciler) run(ctx context.Context, s *scope) []conditions.Result {
	results := make([]conditions.Result, 0, len(steps))
	for _, step := range steps {
		message, err := step.run(r, ctx, s)
		results = append(results, conditions.Result{Type: step.condition, Reason: step.reason, Message: message, Err: err})
	}
	return results
}

// hold sets the finalizer, so that the tenant's end is tidy.
func (r *Reconciler) hold(ctx context.Context, tenant *v1alpha1.SharingTenant) error {
	before := tenant.DeepCopy()
	if !controllerutil.AddFinalizer(tenant, v1alpha1.TenantFinalizer) {
		return nil
	}
	status := tenant.Status.DeepCopy()
	err := r.Client.Patch(ctx, tenant, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}), client.FieldOwner(apply.Owner))
	tenant.Status = *status
	return err
}
