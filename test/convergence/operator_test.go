package convergence

import (
	"context"
	"math/rand/v2"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/event"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/controllers/billingstatement"
	"voute.dev/voute/controllers/pilot"
	"voute.dev/voute/controllers/retentionpolicy"
	"voute.dev/voute/controllers/sharingtenant"
	"voute.dev/voute/internal/apply"
	"voute.dev/voute/internal/billing"
	"voute.dev/voute/internal/fleet"
	"voute.dev/voute/internal/index"
	"voute.dev/voute/internal/serverstatus"
	"voute.dev/voute/test/memoryapi"
)

// pace is one at which each round asks the servers anew.
var pace = sharingtenant.Pace{Eager: time.Second, Patient: 2 * time.Second, Impatience: time.Minute, Settled: time.Second}

// operator is one process: its reconcilers with what they keep in memory.
type operator struct {
	tenants    *sharingtenant.Reconciler
	pilots     *pilot.Reconciler
	policies   *retentionpolicy.Reconciler
	statements *billingstatement.Reconciler
	moved      chan event.GenericEvent
	// pause lets the other operator go on in the middle of a reconcile.
	pause func()
}

// newOperator puts together what controllers.Add does, on a cache that lags.
func (w *world) newOperator() (*operator, error) {
	o := &operator{moved: make(chan event.GenericEvent, 1000), pause: func() {}}
	labelled, err := labels.NewRequirement(v1alpha1.TenantLabel, selection.Exists, nil)
	if err != nil {
		return nil, err
	}
	cache, err := w.api.Cache(memoryapi.CacheOptions{
		Heads: sharingtenant.Owned(), Label: labels.NewSelector().Add(*labelled),
		Lag: func(string) int { return w.faults.lag() }, Shuffle: w.rng.Shuffle,
	})
	if err != nil {
		return nil, err
	}
	if err := index.Register(w.ctx, cache); err != nil {
		return nil, err
	}
	live := w.api.Client("voute-operator", func(_ context.Context, call memoryapi.Call, do func() error) error {
		o.pause()
		return w.faults.around(call, do)
	})
	cached, reports := live.Cached(cache), serverstatus.NewStore()
	book := billing.NewBook(cached, live, cached, operatorNamespace)
	o.tenants = &sharingtenant.Reconciler{
		Client: cached, Live: live, Objects: apply.New(cached, live, cached, w.now),
		Platform: func() *sharingtenant.Platform { return w.inForce }, Reports: reports, Events: w.told, Now: w.now, Pace: pace,
		PublicKey: "key", Namespace: operatorNamespace, PilotsMoved: o.moved, Fleet: fleet.New(nil), Book: book,
	}
	o.pilots = &pilot.Reconciler{Client: cached, Reports: reports, Events: w.told, Now: w.now, Moved: o.moved}
	config := func() *configv1.PlatformConfiguration { return w.inForce.Config }
	o.policies = &retentionpolicy.Reconciler{Client: cached, Reports: reports, Config: config, Events: w.told, Now: w.now}
	o.statements = &billingstatement.Reconciler{Client: cached, Book: book, Events: w.told, Now: w.now, Config: config}
	return o, nil
}

// task is one reconcile.
type task func(ctx context.Context, o *operator)

// tasks are a look at everything, in any order. An error is what the workqueue
// would retry: the next round does.
func (w *world) tasks() ([]task, error) {
	pilots, policies := &v1alpha1.PilotList{}, &v1alpha1.RetentionPolicyList{}
	if err := w.admin.List(w.ctx, pilots); err != nil {
		return nil, err
	}
	if err := w.admin.List(w.ctx, policies); err != nil {
		return nil, err
	}
	var all []task
	for _, request := range []ctrl.Request{request(namespace, tenantName), request(rival, rival)} {
		all = append(all, func(ctx context.Context, o *operator) { _, _ = o.tenants.Reconcile(ctx, request) })
	}
	for _, each := range pilots.Items {
		all = append(all, func(ctx context.Context, o *operator) {
			_, _ = o.pilots.Reconcile(ctx, request(each.Namespace, each.Name))
		})
	}
	for _, each := range policies.Items {
		all = append(all, func(ctx context.Context, o *operator) {
			_, _ = o.policies.Reconcile(ctx, request(each.Namespace, each.Name))
		})
	}
	statements := &v1alpha1.BillingStatementList{}
	if err := w.admin.List(w.ctx, statements); err != nil {
		return nil, err
	}
	for _, each := range statements.Items {
		all = append(all, func(ctx context.Context, o *operator) {
			_, _ = o.statements.Reconcile(ctx, request(each.Namespace, each.Name))
		})
	}
	w.rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all, nil
}

func request(in, name string) ctrl.Request {
	return ctrl.Request{NamespacedName: types.NamespacedName{Namespace: in, Name: name}}
}

// operate lets every operator look at everything once.
func (w *world) operate() error {
	var each []func(pause func())
	for _, o := range w.operators {
		all, err := w.tasks()
		if err != nil {
			return err
		}
		each = append(each, func(pause func()) {
			o.pause = pause
			for _, task := range all {
				task(w.ctx, o)
			}
			for len(o.moved) > 0 {
				<-o.moved
			}
		})
	}
	interleave(w.rng, each)
	return nil
}

// interleave runs all at once, but only one at a time: at each pause a draw
// says who goes on.
func interleave(rng *rand.Rand, all []func(pause func())) {
	if len(all) == 1 {
		all[0](func() {})
		return
	}
	type runner struct {
		resume, paused chan struct{}
		ended          bool
	}
	runners := make([]*runner, 0, len(all))
	for _, run := range all {
		r := &runner{resume: make(chan struct{}), paused: make(chan struct{})}
		runners = append(runners, r)
		go func() {
			<-r.resume
			run(func() {
				r.paused <- struct{}{}
				<-r.resume
			})
			r.ended = true
			r.paused <- struct{}{}
		}()
	}
	for len(runners) > 0 {
		i := rng.IntN(len(runners))
		runners[i].resume <- struct{}{}
		<-runners[i].paused
		if runners[i].ended {
			runners = append(runners[:i], runners[i+1:]...)
		}
	}
}
