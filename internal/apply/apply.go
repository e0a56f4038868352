package apply

import (
	"context"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/util/csaupgrade"
	"sigs.k8s.io/controller-runtime/pkg/client"
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

	live *short
	name types.NamespacedName
}

func (r Result) with(known entry, want client.Object) Result {
	r.live, r.name = &known.short, client.ObjectKeyFromObject(want)
	return r
}

// IsThere says whether the cluster has such an object.
func (r Result) IsThere() bool { return r.live != nil }

// Into fills an object of the kind: with the metadata that identifies it and its
// status; a claim also with its spec.
func (r Result) Into(object client.Object) error {
	object.SetNamespace(r.name.Namespace)
	object.SetName(r.name.Name)
	return r.live.into(object)
}

// and adds what a later look did. What an earlier one has put back is told,
// even where the later one found nothing left to do.
func (r Result) and(later Result) Result {
	if r.Outcome == Repaired && later.Outcome != Created {
		later.Outcome = Repaired
	}
	for _, name := range later.Foreign {
		if !slices.Contains(r.Foreign, name) {
			r.Foreign = append(r.Foreign, name)
		}
	}
	later.Foreign = r.Foreign
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

// Settled gives what Apply would, of an object that has only its name and labels
// so far, as long as the last one that was applied followed from the same source
// and nothing has changed since: then it need not be made to be compared.
func (a *Applier) Settled(ctx context.Context, object client.Object, source uint64) (result Result, settled bool, problem error) {
	if err := nameKind(object, a.writer.Scheme()); err != nil {
		return Result{}, false, nil //nolint:nilerr // Apply says so
	}
	head, _ := a.head(ctx, object)
	known, found := a.memory.recall(object, head.UID, head.ResourceVersion)
	if !found || source == 0 || known.source != source || known.isOver(a.now()) {
		return Result{}, false, nil
	}
	return Result{Outcome: Unchanged}.with(known, object), true, known.problem()
}

// Apply makes the live object as desired. Source is what that follows from, as the
// caller counts it: as long as it is the same, so is the object; 0 says nothing.
func (a *Applier) Apply(ctx context.Context, object client.Object, source uint64) (Result, error) {
	hash, err := identify(object, a.writer.Scheme())
	if err != nil {
		return Result{}, err
	}
	result, err := a.make(ctx, object, hash)
	a.memory.trace(object, hash, source)
	return result, err
}

func (a *Applier) make(ctx context.Context, object client.Object, hash digest) (Result, error) {
	head, missing := a.head(ctx, object)
	known, found := a.memory.recall(object, head.UID, head.ResourceVersion)
	if found && known.agrees(hash) && !known.isOver(a.now()) {
		return Result{Outcome: Unchanged}.with(known, object), known.problem()
	}
	want, err := render(object, hash)
	if err != nil {
		return Result{}, err
	}
	if apierrors.IsNotFound(missing) && !a.memory.knows(want.GroupVersionKind(), want) {
		// Most often there is none, and to look first would cost as much again.
		if result, err := a.create(ctx, want); !apierrors.IsAlreadyExists(err) {
			return result, err
		}
	}
	var whole Result
	for round, seen := 1, known.seenIf(found); ; round, seen = round+1, nil {
		result, err := a.look(ctx, seen, want)
		whole = whole.and(result)
		if (!apierrors.IsConflict(err) && !apierrors.IsAlreadyExists(err)) || round == rounds {
			return whole, err
		}
	}
}

// look reads the object, where it was not read just now, and makes it as desired. It is a conflict when the
// object changes meanwhile: a Deployment's status does so all the time.
func (a *Applier) look(ctx context.Context, live *unstructured.Unstructured, want wanted) (result Result, err error) {
	if live == nil {
		live, err = a.read(ctx, want)
	}
	if err != nil {
		return Result{}, err
	}
	if result, err = a.converge(ctx, live, want); err == nil {
		return result, nil
	}
	err = fmt.Errorf("apply %s: %w", describe(want), err)
	if live != nil && (apierrors.IsInvalid(err) || apierrors.IsForbidden(err)) {
		a.memory.refused(live, want.Unstructured, err, a.now().Add(refusalStands))
	}
	return result, err
}

// Compare says in a word what Apply would do, and does nothing; drift is empty for
// nothing. The result has no Live where there is no object.
func (a *Applier) Compare(ctx context.Context, object client.Object) (result Result, drift string, err error) {
	hash, err := identify(object, a.writer.Scheme())
	if err != nil {
		return Result{}, "", err
	}
	head, _ := a.head(ctx, object)
	if known, found := a.memory.recall(object, head.UID, head.ResourceVersion); found && known.agrees(hash) {
		return Result{Outcome: Unchanged}.with(known, object), "", known.problem()
	}
	want, err := render(object, hash)
	if err != nil {
		return Result{}, "", err
	}
	live, err := a.read(ctx, object)
	if err != nil || live == nil {
		return Result{}, "made", err
	}
	result = Result{Outcome: Unchanged}.with(entry{short: cut(live)}, object)
	if asDesired(live, want.Unstructured) && len(additions(live, want.Unstructured)) == 0 {
		return result, "", nil
	}
	return result, "changed", nil
}

// Observe reads an object without changing it; found is false when there is
// none. Object is filled as by Result.Into.
func (a *Applier) Observe(ctx context.Context, object client.Object) (found bool, err error) {
	if err := nameKind(object, a.writer.Scheme()); err != nil {
		return false, err
	}
	head, _ := a.head(ctx, object) // what the cache does not show is read
	known, found := a.memory.recall(object, head.UID, head.ResourceVersion)
	if !found {
		live, err := a.read(ctx, object)
		if err != nil || live == nil {
			return false, err
		}
		known = a.memory.observed(live, object)
	}
	return true, known.into(object)
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
		a.memory.drop(gvk, object)
		return true, nil
	}
	if err != nil || live.DeletionTimestamp != nil {
		return false, err
	}
	a.memory.drop(gvk, object)
	uid := live.GetUID()
	err = a.writer.Delete(ctx, live, client.Preconditions{UID: &uid}, client.PropagationPolicy(metav1.DeletePropagationBackground))
	return false, client.IgnoreNotFound(err)
}

// Knows says whether an object was there when it was last looked at, whatever
// the cache shows: it shows nothing of one that has lost its label.
func (a *Applier) Knows(object client.Object) (bool, error) {
	gvk, err := a.writer.GroupVersionKindFor(object)
	return err == nil && a.memory.knows(gvk, object), err
}

// Suspects says whether an object may be there: the cache shows it, or it was
// there when it was last looked at. It costs no request.
func (a *Applier) Suspects(ctx context.Context, object client.Object) (bool, error) {
	if err := nameKind(object, a.writer.Scheme()); err != nil {
		return false, err
	}
	if _, err := a.head(ctx, object); !apierrors.IsNotFound(err) {
		return true, nil
	}
	return a.Knows(object)
}

// ForgetOne drops what is remembered of one object.
func (a *Applier) ForgetOne(object client.Object) error {
	gvk, err := a.writer.GroupVersionKindFor(object)
	if err == nil {
		a.memory.drop(gvk, object)
	}
	return err
}

// IsNews says whether a watch tells of a version of an object that was not
// looked at yet. The version that a write of ours has made is none.
func (a *Applier) IsNews(head client.Object) bool {
	_, known := a.memory.recall(head, head.GetUID(), head.GetResourceVersion())
	return !known
}

// Forget drops what is remembered of a tenant's objects.
func (a *Applier) Forget(namespace, tenant string) {
	a.memory.forget(namespace, tenant)
}

// head is what the cache shows of an object; empty with an error.
func (a *Applier) head(ctx context.Context, want client.Object) (metav1.PartialObjectMetadata, error) {
	head := metav1.PartialObjectMetadata{}
	head.SetGroupVersionKind(want.GetObjectKind().GroupVersionKind())
	err := a.cached.Get(ctx, client.ObjectKeyFromObject(want), &head, client.UnsafeDisableDeepCopy) // it is only read
	if err != nil {
		return metav1.PartialObjectMetadata{}, err
	}
	return head, nil
}

func (a *Applier) read(ctx context.Context, want client.Object) (*unstructured.Unstructured, error) {
	live := &unstructured.Unstructured{}
	live.SetGroupVersionKind(want.GetObjectKind().GroupVersionKind())
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
func (a *Applier) converge(ctx context.Context, live *unstructured.Unstructured, want wanted) (Result, error) {
	if live == nil {
		return a.create(ctx, want)
	}
	if err := claimable(live, want.Unstructured); err != nil {
		a.memory.taken(live, want)
		return Result{}, err
	}
	done, err := a.disinherit(ctx, live, want.Unstructured)
	if err != nil {
		return Result{}, err
	}
	result, err := a.settle(ctx, live, want.Unstructured)
	return done.and(result), err
}

// settle makes an object that is ours hold what is desired, and nothing else in
// its closed parts.
func (a *Applier) settle(ctx context.Context, live, want *unstructured.Unstructured) (Result, error) {
	foreign, err := foreignFields(live)
	if err != nil {
		return Result{}, err
	}
	if hashOf(live) == hashOf(want) && len(foreign) == 0 {
		foreign = additions(live, want)
	}
	if len(foreign) > 0 {
		return a.repair(ctx, live, want, foreign)
	}
	if asDesired(live, want) {
		return Result{Outcome: Unchanged}.with(a.memory.store(live, want, nil), want), nil
	}
	outcome := Updated
	if hashOf(live) == hashOf(want) {
		outcome = Repaired
	}
	return a.apply(ctx, live, want, outcome)
}

// create makes an object that is not there. Whether it is not is for the API
// server to say, in the same moment: what somebody else has made under this
// name meanwhile stays as it is.
//
// It goes as its type: where the API server takes a compact form of it, that
// costs both sides less than fields do.
func (a *Applier) create(ctx context.Context, want wanted) (Result, error) {
	outcome := Created
	if a.memory.had(want.Unstructured) {
		outcome = Repaired
	}
	if err := a.writer.Create(ctx, want.typed, client.FieldOwner(Owner)); err != nil {
		return Result{}, fmt.Errorf("apply %s: %w", describe(want), err)
	}
	want.typed.GetObjectKind().SetGroupVersionKind(want.GroupVersionKind()) // the client takes it away
	owners := want.typed.GetManagedFields()
	want.typed.SetManagedFields(nil) // the most to write as fields, and only a repair goes by them
	made, err := fieldsOf(want.typed)
	if err != nil {
		return Result{}, err
	}
	more := additions(made, want.Unstructured)
	if len(more) > 0 {
		made.SetManagedFields(owners)
	}
	return a.written(ctx, made, want.Unstructured, more, outcome)
}

func (a *Applier) apply(ctx context.Context, live, want *unstructured.Unstructured, outcome Outcome) (Result, error) {
	applied, err := a.write(ctx, live, want)
	if err != nil {
		return Result{}, err
	}
	return a.written(ctx, applied, want, additions(applied, want), outcome)
}

// written notes what became of a write, and takes out what is more than was asked
// for: an admission webhook may have added it.
func (a *Applier) written(ctx context.Context, live, want *unstructured.Unstructured, more []string, outcome Outcome) (Result, error) {
	if len(more) > 0 {
		return a.repair(ctx, live, want, more)
	}
	known := a.memory.store(live, want, nil)
	return Result{Outcome: outcome}.with(known, want), nil
}

// write is server-side apply. An apply removes the fields that this owner has
// applied before and no longer does: those that were written when the object
// was made have to count as applied first.
func (a *Applier) write(ctx context.Context, live, want *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	if err := a.inherit(ctx, live); err != nil {
		return nil, err
	}
	applied := want.DeepCopy()
	err := a.writer.Apply(ctx, client.ApplyConfigurationFromUnstructured(applied), client.FieldOwner(Owner), client.ForceOwnership)
	return applied, err
}

// inherit makes what we have not applied count as applied. It is asked only where
// there is such a thing: the patch also differs where nothing does but the order of
// the ports 80 and 443.
func (a *Applier) inherit(ctx context.Context, live *unstructured.Unstructured) error {
	if !slices.ContainsFunc(live.GetManagedFields(), isUpdated) {
		return nil
	}
	patch, err := csaupgrade.UpgradeManagedFieldsPatch(live, sets.New(Owner), Owner)
	if err != nil {
		return fmt.Errorf("read who owns the fields of %s: %w", describe(live), err)
	}
	return a.writer.Patch(ctx, live, client.RawPatch(types.JSONPatchType, patch), client.FieldOwner(Owner))
}

func describe(object client.Object) string {
	return object.GetObjectKind().GroupVersionKind().Kind + " " + object.GetNamespace() + "/" + object.GetName()
}
