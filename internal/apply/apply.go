package apply

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/conditions"
)

// Owner is the one field owner of everything the operator writes.
const Owner = "voute-operator"

// refusalStands is how long a change that the API server refuses is not asked
// for again, unless the object or what is desired changes: what stands against
// it may lie elsewhere, for example in a storage class.
const refusalStands = 5 * time.Minute

// rounds is how often an object that changes while it is looked at is looked at
// again at once.
const rounds = 5

// Outcome says what Apply did.
type Outcome string

// The outcomes of Apply.
const (
	Unchanged Outcome = "Unchanged"
	Created   Outcome = "Created"
	Updated   Outcome = "Updated"
	// Repaired means that someone else had changed or removed the object.
	Repaired Outcome = "Repaired"
)

// Result is the object as it is in the cluster now, and what was done.
type Result struct {
	Outcome Outcome
	// Foreign names the fields that others had put in and that were removed.
	Foreign []string
	// Live has the metadata that identifies it and its status; a claim also its spec.
	Live *unstructured.Unstructured
}

// and adds what a later look did. What an earlier one has put back is told,
// even where the later one found nothing left to do.
func (r Result) and(later Result) Result {
	if r.Outcome == Repaired && later.Outcome != Created {
		later.Outcome = Repaired
	}
	if len(r.Foreign) > 0 {
		later.Foreign = r.Foreign
	}
	return later
}

// Applier keeps objects as desired. It is safe for concurrent use as long as
// no two calls are about the same object.
type Applier struct {
	cached client.Reader
	live   client.Reader
	writer client.Client
	now    func() time.Time
	memory *memory
}

// New makes an Applier. Cached is asked for metadata only, live for whole
// objects; the writer is never read from.
func New(cached, live client.Reader, writer client.Client, now func() time.Time) *Applier {
	return &Applier{cached: cached, live: live, writer: writer, now: now, memory: newMemory()}
}

// Apply makes the live object as desired.
func (a *Applier) Apply(ctx context.Context, object client.Object) (Result, error) {
	want, err := render(object, a.writer.Scheme())
	if err != nil {
		return Result{}, err
	}
	if known, found := a.remembered(ctx, want); found && known.hash == hashOf(want) && !known.isOver(a.now()) {
		return Result{Outcome: Unchanged, Live: known.live}, known.verdict
	}
	var whole Result
	for round := 1; ; round++ {
		result, err := a.look(ctx, want)
		whole = whole.and(result)
		if !apierrors.IsConflict(err) || round == rounds {
			return whole, err
		}
	}
}

// look reads the object and makes it as desired. It is a conflict when the
// object changes meanwhile: a Deployment's status does so all the time.
func (a *Applier) look(ctx context.Context, want *unstructured.Unstructured) (Result, error) {
	live, err := a.read(ctx, want)
	if err != nil {
		return Result{}, err
	}
	result, err := a.converge(ctx, live, want)
	if err == nil {
		return result, nil
	}
	err = fmt.Errorf("apply %s: %w", describe(want), err)
	if live != nil && (apierrors.IsInvalid(err) || apierrors.IsForbidden(err)) {
		a.memory.refused(live, want, err, a.now().Add(refusalStands))
	}
	return result, err
}

// Observe reads an object without changing it; found is false when there is
// none. Object is filled as Result.Live is.
func (a *Applier) Observe(ctx context.Context, object client.Object) (found bool, err error) {
	want, err := render(object, a.writer.Scheme())
	if err != nil {
		return false, err
	}
	known, found := a.remembered(ctx, want)
	if !found {
		live, err := a.read(ctx, want)
		if err != nil || live == nil {
			return false, err
		}
		known = a.memory.store(live, want, "", nil)
	}
	return true, runtime.DefaultUnstructuredConverter.FromUnstructured(known.live.Object, object)
}

// Delete removes an object and says whether it is gone. Nothing is written for
// one that is gone or going.
func (a *Applier) Delete(ctx context.Context, object client.Object) (gone bool, err error) {
	gvk, err := a.writer.GroupVersionKindFor(object)
	if err != nil {
		return false, err
	}
	live := &metav1.PartialObjectMetadata{}
	live.SetGroupVersionKind(gvk)
	err = a.live.Get(ctx, client.ObjectKeyFromObject(object), live)
	if apierrors.IsNotFound(err) {
		return true, nil
	}
	if err != nil || live.DeletionTimestamp != nil {
		return false, err
	}
	a.memory.drop(live)
	uid := live.GetUID()
	err = a.writer.Delete(ctx, live, client.Preconditions{UID: &uid}, client.PropagationPolicy(metav1.DeletePropagationBackground))
	return false, client.IgnoreNotFound(err)
}

// Forget drops what is remembered of a tenant's objects.
func (a *Applier) Forget(namespace, tenant string) {
	a.memory.forget(namespace, tenant)
}

// remembered is the last full look, if the object has not changed since.
func (a *Applier) remembered(ctx context.Context, want *unstructured.Unstructured) (entry, bool) {
	head := &metav1.PartialObjectMetadata{}
	head.SetGroupVersionKind(want.GroupVersionKind())
	if err := a.cached.Get(ctx, client.ObjectKeyFromObject(want), head); err != nil {
		return entry{}, false
	}
	return a.memory.recall(want, head.UID, head.ResourceVersion)
}

func (a *Applier) read(ctx context.Context, want *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	live := &unstructured.Unstructured{}
	live.SetGroupVersionKind(want.GroupVersionKind())
	err := a.live.Get(ctx, client.ObjectKeyFromObject(want), live)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", describe(want), err)
	}
	return live, nil
}

// converge compares the live object with the desired one, and writes what it takes.
func (a *Applier) converge(ctx context.Context, live, want *unstructured.Unstructured) (Result, error) {
	if live == nil {
		return a.create(ctx, want)
	}
	if err := claimable(live, want); err != nil {
		return Result{}, err
	}
	foreign, err := foreignFields(live)
	if err != nil {
		return Result{}, err
	}
	if hashOf(live) == hashOf(want) && len(foreign) == 0 {
		foreign = additions(live, want)
	}
	if len(foreign) > 0 {
		return a.repair(ctx, want, foreign)
	}
	if asDesired(live, want) {
		return Result{Outcome: Unchanged, Live: a.memory.store(live, want, hashOf(want), nil).live}, nil
	}
	outcome := Updated
	if hashOf(live) == hashOf(want) {
		outcome = Repaired
	}
	return a.apply(ctx, want, outcome)
}

func (a *Applier) create(ctx context.Context, want *unstructured.Unstructured) (Result, error) {
	outcome := Created
	if a.memory.had(want) {
		outcome = Repaired
	}
	return a.apply(ctx, want, outcome)
}

func (a *Applier) apply(ctx context.Context, want *unstructured.Unstructured, outcome Outcome) (Result, error) {
	applied, err := a.write(ctx, want)
	if err != nil {
		return Result{}, err
	}
	if more := additions(applied, want); len(more) > 0 {
		return a.repair(ctx, want, more)
	}
	known := a.memory.store(applied, want, hashOf(want), nil)
	return Result{Outcome: outcome, Live: known.live}, nil
}

func (a *Applier) write(ctx context.Context, want *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	applied := want.DeepCopy()
	err := a.writer.Apply(ctx, client.ApplyConfigurationFromUnstructured(applied), client.FieldOwner(Owner), client.ForceOwnership)
	return applied, err
}

// claimable refuses an object that is someone else's.
func claimable(live, want *unstructured.Unstructured) error {
	if owner := metav1.GetControllerOf(live); owner != nil && !ownedBy(want, owner) {
		return conditions.Wait("NameTaken", "%s belongs to %s %s, which is going or has another use for it: wait, or remove it.",
			describe(live), owner.Kind, owner.Name)
	}
	tenant := live.GetLabels()[v1alpha1.TenantLabel]
	if tenant == want.GetLabels()[v1alpha1.TenantLabel] || (tenant == "" && hasEntry(live)) {
		return nil
	}
	return conditions.Stall("NameTaken", "%s exists and is not this tenant's: remove or rename it.", describe(live))
}

func ownedBy(want *unstructured.Unstructured, owner *metav1.OwnerReference) bool {
	for _, ours := range want.GetOwnerReferences() {
		if ours.UID == owner.UID {
			return true
		}
	}
	return false
}

func describe(object client.Object) string {
	return object.GetObjectKind().GroupVersionKind().Kind + " " + object.GetNamespace() + "/" + object.GetName()
}
