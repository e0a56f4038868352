package apply

import (
	"slices"
	"sync"
	"time"
	"unique"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
)

// memory has the last full look at each object, cut down to what steps read.
// It is what makes a resync cost no request: about a quarter of a kilobyte an object.
type memory struct {
	lock    sync.Mutex
	tenants map[types.NamespacedName][]record
}

// record is in a list, which is searched: there are some twenty to a tenant,
// and a map of so few takes twice as much.
type record struct {
	objectKey
	entry
}

type objectKey struct {
	kind unique.Handle[schema.GroupVersionKind]
	name unique.Handle[string]
}

type entry struct {
	short
	// source is what the desired object followed from, as the caller counts it; 0
	// where it did not say.
	source uint64
	// odd is what few objects have; nil for one that is as it was made.
	odd *odd
}

// odd is all that was found out about an object that is not simply as it was made.
type odd struct {
	// agrees with the desired object of this hash; zero for none.
	agrees digest
	// problem stays true while nothing changes, or until a time; zero for one that
	// does not end.
	problem error
	until   time.Time
	// seen is the whole object, where it was read and not yet compared.
	seen *unstructured.Unstructured
}

// agrees says whether the object was found to be as desired, or as near to it as
// it can be.
func (e entry) agrees(hash digest) bool {
	if e.odd == nil {
		return e.made == hash
	}
	return e.odd.agrees == hash
}

func (e entry) seenIf(current bool) *unstructured.Unstructured {
	if !current || e.odd == nil {
		return nil
	}
	return e.odd.seen
}

func (e entry) isOver(now time.Time) bool {
	if e.odd == nil || e.odd.until.IsZero() {
		return false
	}
	left := e.odd.until.Sub(now)
	return left <= 0 || left > refusalStands // the clock went back
}

func (e entry) problem() error {
	if e.odd == nil {
		return nil
	}
	return e.odd.problem
}

func newMemory() *memory {
	return &memory{tenants: map[types.NamespacedName][]record{}}
}

// find is called under the lock.
func (m *memory) find(tenant types.NamespacedName, object objectKey) (at int, known entry, found bool) {
	at = slices.IndexFunc(m.tenants[tenant], func(r record) bool { return r.objectKey == object })
	if at < 0 {
		return at, entry{}, false
	}
	return at, m.tenants[tenant][at].entry, true
}

func (m *memory) recall(want client.Object, uid types.UID, version string) (entry, bool) {
	m.lock.Lock()
	defer m.lock.Unlock()
	_, known, found := m.find(tenantOf(want), keyOf(want))
	return known, found && known.is(uid, version)
}

// trace notes what the desired object followed from that one was found to agree with.
func (m *memory) trace(want client.Object, hash digest, source uint64) {
	m.lock.Lock()
	defer m.lock.Unlock()
	tenant := tenantOf(want)
	if at, known, found := m.find(tenant, keyOf(want)); found && known.agrees(hash) {
		m.tenants[tenant][at].source = source
	}
}

// had: one that we have made for this very tenant was there. That of a tenant
// before, which had the same name, went with it.
func (m *memory) had(want *unstructured.Unstructured) bool {
	m.lock.Lock()
	defer m.lock.Unlock()
	_, known, found := m.find(tenantOf(want), keyOf(want))
	return found && known.made != (digest{}) && known.isOf(want)
}

// store notes that an object is as desired, but for a problem that is not for us
// to solve; nil for none.
func (m *memory) store(live, want *unstructured.Unstructured, problem error) entry {
	known := entry{short: cut(live)}
	if hash, _ := digestOf(want); problem != nil || hash != known.made {
		known.odd = &odd{agrees: hash, problem: problem}
	}
	return m.put(want, known)
}

// taken notes an object that is not ours to change, so that it is looked at before
// one is made.
func (m *memory) taken(live *unstructured.Unstructured, want client.Object) {
	m.put(want, entry{short: cut(live), odd: &odd{}})
}

// observed keeps the whole object for the step that compares it.
func (m *memory) observed(live *unstructured.Unstructured, want client.Object) entry {
	return m.put(want, entry{short: cut(live), odd: &odd{seen: live}})
}

func (m *memory) refused(live, want *unstructured.Unstructured, problem error, until time.Time) {
	hash, _ := digestOf(want)
	m.put(want, entry{short: cut(live), odd: &odd{agrees: hash, problem: problem, until: until}})
}

func (m *memory) put(want client.Object, known entry) entry {
	m.lock.Lock()
	defer m.lock.Unlock()
	tenant, object := tenantOf(want), keyOf(want)
	if at, _, found := m.find(tenant, object); found {
		m.tenants[tenant][at].entry = known
		return known
	}
	before := m.tenants[tenant]
	after := make([]record, len(before)+1) // no longer than it has to be
	after[copy(after, before)] = record{object, known}
	m.tenants[tenant] = after
	return known
}

// drop goes by the labels that an object should have: those it has may be gone.
func (m *memory) drop(kind schema.GroupVersionKind, object client.Object) {
	m.lock.Lock()
	defer m.lock.Unlock()
	tenant := tenantOf(object)
	if at, _, found := m.find(tenant, key(kind, object)); found {
		m.tenants[tenant] = slices.Delete(m.tenants[tenant], at, at+1)
	}
}

func (m *memory) knows(kind schema.GroupVersionKind, object client.Object) bool {
	m.lock.Lock()
	defer m.lock.Unlock()
	_, _, found := m.find(tenantOf(object), key(kind, object))
	return found
}

func (m *memory) forget(namespace, tenant string) {
	m.lock.Lock()
	defer m.lock.Unlock()
	delete(m.tenants, types.NamespacedName{Namespace: namespace, Name: tenant})
}

func tenantOf(want client.Object) types.NamespacedName {
	return types.NamespacedName{Namespace: want.GetNamespace(), Name: want.GetLabels()[v1alpha1.TenantLabel]}
}

func keyOf(object client.Object) objectKey {
	return key(object.GetObjectKind().GroupVersionKind(), object)
}

func key(kind schema.GroupVersionKind, object client.Object) objectKey {
	return objectKey{kind: unique.Make(kind), name: unique.Make(object.GetName())}
}
