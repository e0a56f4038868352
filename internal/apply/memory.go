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
// It is what makes a resync cost no request: about half a kilobyte an object.
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
	// hash of the desired object it was found to agree with; empty when it was only read.
	hash string
	// source is what that followed from, as the caller counts it; 0 where it did not say.
	source uint64
	// verdict is what was found out beside; nil for nothing.
	verdict *verdict
	// seen is the whole object, where it was read and not yet compared.
	seen *unstructured.Unstructured
}

func (e entry) seenIf(current bool) *unstructured.Unstructured {
	if !current {
		return nil
	}
	return e.seen
}

// verdict stays true while nothing changes, or until a time.
type verdict struct {
	err   error
	until time.Time // zero for one that does not end
}

func (e entry) isOver(now time.Time) bool {
	if e.verdict == nil || e.verdict.until.IsZero() {
		return false
	}
	left := e.verdict.until.Sub(now)
	return left <= 0 || left > refusalStands // the clock went back
}

func (e entry) problem() error {
	if e.verdict == nil {
		return nil
	}
	return e.verdict.err
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
	tenant := tenantOf(want)
	at, known, found := m.find(tenant, keyOf(want))
	if !found || known.uid != uid || known.version != version {
		return known, false
	}
	known.uid, known.version = uid, version // the texts of the cache: they need not be there twice
	m.tenants[tenant][at].entry = known
	return known, true
}

// trace notes what the desired object followed from that one was found to agree with.
func (m *memory) trace(want client.Object, hash string, source uint64) {
	m.lock.Lock()
	defer m.lock.Unlock()
	tenant := tenantOf(want)
	if at, known, found := m.find(tenant, keyOf(want)); found && known.hash == hash {
		m.tenants[tenant][at].source = source
	}
}

// had: one that we have made for this very tenant was there. That of a tenant
// before, which had the same name, went with it.
func (m *memory) had(want *unstructured.Unstructured) bool {
	m.lock.Lock()
	defer m.lock.Unlock()
	_, known, found := m.find(tenantOf(want), keyOf(want))
	return found && known.made != "" && known.isOf(want)
}

func (m *memory) store(live *unstructured.Unstructured, want client.Object, hash string, problem error) entry {
	known := entry{short: cut(live), hash: hash}
	if hash == known.made {
		known.hash = known.made // one text is enough
	}
	if problem != nil {
		known.verdict = &verdict{err: problem}
	}
	return m.put(want, known)
}

// observed keeps the whole object for the step that compares it.
func (m *memory) observed(live *unstructured.Unstructured, want client.Object) entry {
	return m.put(want, entry{short: cut(live), seen: live})
}

func (m *memory) refused(live, want *unstructured.Unstructured, problem error, until time.Time) {
	m.put(want, entry{short: cut(live), hash: hashOf(want), verdict: &verdict{err: problem, until: until}})
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
