package apply

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
)

// memory has the last full look at each object, cut down to what steps read.
// It is what makes a resync cost no request: about 1 kB an object.
type memory struct {
	lock    sync.Mutex
	tenants map[types.NamespacedName]map[objectKey]entry
}

type objectKey struct {
	kind schema.GroupVersionKind
	name string
}

type entry struct {
	uid     types.UID
	version string
	// hash of the desired object it was found to agree with; empty when it was only read.
	hash string
	live *unstructured.Unstructured
	// verdict is what was found out beside, and stays true while nothing changes.
	verdict error
	// until is when the verdict ends; zero for one that does not.
	until time.Time
}

func (e entry) isOver(now time.Time) bool { return !e.until.IsZero() && !now.Before(e.until) }

func newMemory() *memory {
	return &memory{tenants: map[types.NamespacedName]map[objectKey]entry{}}
}

func (m *memory) recall(want *unstructured.Unstructured, uid types.UID, version string) (entry, bool) {
	m.lock.Lock()
	defer m.lock.Unlock()
	known, found := m.tenants[tenantOf(want)][keyOf(want)]
	return known, found && known.uid == uid && known.version == version
}

func (m *memory) had(want *unstructured.Unstructured) bool {
	m.lock.Lock()
	defer m.lock.Unlock()
	_, found := m.tenants[tenantOf(want)][keyOf(want)]
	return found
}

func (m *memory) store(live, want *unstructured.Unstructured, hash string, verdict error) entry {
	return m.put(want, entry{uid: live.GetUID(), version: live.GetResourceVersion(), hash: hash, live: cut(live), verdict: verdict})
}

func (m *memory) refused(live, want *unstructured.Unstructured, verdict error, until time.Time) {
	m.put(want, entry{uid: live.GetUID(), version: live.GetResourceVersion(), hash: hashOf(want), live: cut(live), verdict: verdict, until: until})
}

func (m *memory) put(want *unstructured.Unstructured, known entry) entry {
	m.lock.Lock()
	defer m.lock.Unlock()
	tenant := tenantOf(want)
	if m.tenants[tenant] == nil {
		m.tenants[tenant] = map[objectKey]entry{}
	}
	m.tenants[tenant][keyOf(want)] = known
	return known
}

func (m *memory) drop(object client.Object) {
	m.lock.Lock()
	defer m.lock.Unlock()
	delete(m.tenants[tenantOf(object)], keyOf(object))
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
	return objectKey{kind: object.GetObjectKind().GroupVersionKind(), name: object.GetName()}
}

// cut keeps what steps look at: who the object is, and its status. The spec is
// kept of a claim alone, whose size and class others decide too.
func cut(live *unstructured.Unstructured) *unstructured.Unstructured {
	short := &unstructured.Unstructured{Object: map[string]any{}}
	kept := []string{"apiVersion", "kind", "status"}
	if live.GetKind() == "PersistentVolumeClaim" {
		kept = append(kept, "spec")
	}
	for _, name := range kept {
		if value, found := live.Object[name]; found {
			short.Object[name] = value
		}
	}
	short = short.DeepCopy()
	short.SetName(live.GetName())
	short.SetNamespace(live.GetNamespace())
	short.SetUID(live.GetUID())
	short.SetResourceVersion(live.GetResourceVersion())
	short.SetGeneration(live.GetGeneration())
	short.SetLabels(live.GetLabels())
	short.SetOwnerReferences(live.GetOwnerReferences())
	short.SetDeletionTimestamp(live.GetDeletionTimestamp())
	return short
}
