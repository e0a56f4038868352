package sharingtenant

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/apply"
	"voute.dev/voute/internal/conditions"
)

// summarise puts the outcomes of the steps into the status.
func (s *scope) summarise(results []conditions.Result) {
	whole := conditions.Summary{Reason: "Serving", Message: s.addresses()}
	s.tenant.Status.Conditions = conditions.Set(s.before.Conditions, s.tenant.Generation, s.now, whole, results)
	s.tenant.Status.ObservedGeneration = s.tenant.Generation
	s.onItsWay = conditions.IsOnItsWay(results)
	s.summariseChanges()
}

// write patches the status if it changed, then tells what is new. It holds only
// for the tenant that was read: where another operator, or somebody, has
// written meanwhile, what is new would be told a second time.
func (r *Reconciler) write(ctx context.Context, s *scope) error {
	if !equality.Semantic.DeepEqual(s.before, s.tenant.Status) {
		old := s.tenant.DeepCopy()
		old.Status = s.before
		if err := r.Client.Status().Patch(ctx, s.tenant, client.MergeFromWithOptions(old, client.MergeFromWithOptimisticLock{}), client.FieldOwner(apply.Owner)); err != nil {
			r.written.failed(s.tenant, err)
			r.tellRepairs(s) // they are done, whatever becomes of the status
			return client.IgnoreNotFound(err)
		}
		r.written.note(s.tenant, s.now)
	}
	r.tell(s)
	return nil
}

// writes remembers the last write to each tenant's status.
type writes struct {
	lock sync.Mutex
	last map[types.NamespacedName]write
}

type write struct {
	version string
	at      time.Time
	// unanswered: nobody knows whether it was done.
	unanswered bool
}

func (w *writes) note(tenant *v1alpha1.SharingTenant, now time.Time) {
	w.put(tenant, write{version: tenant.ResourceVersion, at: now})
}

// failed notes a write that was not done, as far as we were told. What the API
// server refuses is not done; of anything else nobody knows.
func (w *writes) failed(tenant *v1alpha1.SharingTenant, err error) {
	var answer apierrors.APIStatus
	if errors.As(err, &answer) && answer.Status().Code < http.StatusInternalServerError {
		return
	}
	w.put(tenant, write{unanswered: true})
}

func (w *writes) put(tenant *v1alpha1.SharingTenant, last write) {
	w.lock.Lock()
	defer w.lock.Unlock()
	if w.last == nil {
		w.last = map[types.NamespacedName]write{}
	}
	w.last[client.ObjectKeyFromObject(tenant)] = last
}

func (w *writes) isUnanswered(key types.NamespacedName) bool {
	w.lock.Lock()
	defer w.lock.Unlock()
	return w.last[key].unanswered
}

// isAheadOf says whether the tenant, as the cache gives it, is older than our
// last write. It does not stay so: when an etcd is restored from a backup,
// versions start again below those that were seen.
func (w *writes) isAheadOf(tenant *v1alpha1.SharingTenant, now time.Time) bool {
	w.lock.Lock()
	defer w.lock.Unlock()
	last, found := w.last[client.ObjectKeyFromObject(tenant)]
	if !found || !isWithin(now, last.at, longestLag) {
		return false
	}
	order, err := resourceversion.CompareResourceVersion(tenant.ResourceVersion, last.version)
	return err == nil && order < 0
}

func (w *writes) forget(key types.NamespacedName) {
	w.lock.Lock()
	defer w.lock.Unlock()
	delete(w.last, key)
}
