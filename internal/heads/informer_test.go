package heads_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	fake "k8s.io/client-go/tools/cache/testing"
	"k8s.io/utils/ptr"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/heads"
)

const byOwner = "owner"

func deployments() *metav1.PartialObjectMetadata {
	kind := &metav1.PartialObjectMetadata{}
	kind.SetGroupVersionKind(appsv1.SchemeGroupVersion.WithKind("Deployment"))
	return kind
}

// deployment has more than anybody asks for.
func deployment(namespace, name string) *metav1.PartialObjectMetadata {
	whole := deployments()
	whole.ObjectMeta = metav1.ObjectMeta{
		Namespace: namespace, Name: name, UID: types.UID("uid-" + name), Generation: 3,
		Labels:      map[string]string{v1alpha1.TenantLabel: namespace, "app.kubernetes.io/name": "voute"},
		Annotations: map[string]string{"more": "x"},
		OwnerReferences: []metav1.OwnerReference{{Name: "other", UID: "8"}, {
			APIVersion: "sharing.voute.dev/v1alpha1", Kind: "SharingTenant", Name: namespace, UID: types.UID("of-" + namespace), Controller: ptr.To(true),
		}},
		Finalizers: []string{"example.org/hold"}, ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "voute-operator"}},
	}
	return whole
}

func owner(object any) ([]string, error) {
	head, ok := object.(*metav1.PartialObjectMetadata)
	if !ok {
		return nil, fmt.Errorf("an indexer sees %T", object)
	}
	return []string{head.OwnerReferences[len(head.OwnerReferences)-1].Name}, nil
}

// told writes down what a handler hears.
type told struct {
	lines chan string
}

func (t told) tell(what string, objects ...any) {
	line := what
	for _, object := range objects {
		if gone, isTombstone := object.(toolscache.DeletedFinalStateUnknown); isTombstone {
			object = gone.Obj
		}
		if head, ok := object.(*metav1.PartialObjectMetadata); ok {
			line += fmt.Sprintf(" %s %s/%s %s %s %s", head.Kind, head.Namespace, head.Name, head.UID, head.ResourceVersion, head.Labels[v1alpha1.TenantLabel])
		} else {
			line += fmt.Sprintf(" %T", object)
		}
	}
	t.lines <- line
}

func (t told) OnAdd(object any, _ bool)   { t.tell("added", object) }
func (t told) OnUpdate(before, after any) { t.tell("updated", before, after) }
func (t told) OnDelete(object any)        { t.tell("deleted", object) }

type making func(toolscache.ListerWatcher, *metav1.PartialObjectMetadata, time.Duration, toolscache.Indexers) toolscache.SharedIndexInformer

func usual(from toolscache.ListerWatcher, kind *metav1.PartialObjectMetadata, resync time.Duration, indexers toolscache.Indexers) toolscache.SharedIndexInformer {
	return toolscache.NewSharedIndexInformer(from, kind, resync, indexers)
}

// lived is what is heard and read of an informer while objects come, change and go.
type lived struct {
	Heard          []string
	Keys, ByOwner  []string
	Found, Removed bool
	All            []*metav1.PartialObjectMetadata
}

func live(t *testing.T, informerOf making, change toolscache.TransformFunc) lived {
	t.Helper()
	source := fake.NewFakeControllerSource()
	first, second, third := deployment("justice", "production"), deployment("justice", "development"), deployment("sante", "production")
	source.Add(first)
	informer := informerOf(source, deployments(), 0, toolscache.Indexers{toolscache.NamespaceIndex: toolscache.MetaNamespaceIndexFunc})
	ears := told{lines: make(chan string, 100)}
	must(t, informer.SetTransform(change))
	must(t, informer.AddIndexers(toolscache.Indexers{byOwner: owner}))
	_, err := informer.AddEventHandlerWithOptions(ears, toolscache.HandlerOptions{})
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go informer.RunWithContext(ctx)
	var all lived
	hear := func(many int) {
		for range many {
			select {
			case line := <-ears.lines:
				all.Heard = append(all.Heard, line)
			case <-time.After(time.Minute):
				t.Fatalf("nothing more is heard after %q", all.Heard)
			}
		}
	}
	hear(1)
	source.Add(second)
	source.Add(third)
	changed := first.DeepCopy()
	changed.Labels[v1alpha1.TenantLabel] = "other"
	source.Modify(changed)
	source.Delete(second.DeepCopy())
	hear(4)
	all.read(t, informer.GetIndexer())
	return all
}

func (l *lived) read(t *testing.T, from toolscache.Indexer) {
	t.Helper()
	for _, item := range from.List() {
		head, ok := item.(*metav1.PartialObjectMetadata)
		if !ok {
			t.Fatalf("a reader sees %T", item)
		}
		l.All = append(l.All, head)
	}
	l.Keys = slices.Sorted(slices.Values(from.ListKeys()))
	for _, find := range []func() ([]any, error){
		func() ([]any, error) { return from.ByIndex(byOwner, "justice") },
		func() ([]any, error) { return from.ByIndex(toolscache.NamespaceIndex, "sante") },
		func() ([]any, error) { return from.Index(byOwner, deployment("justice", "of the same")) },
	} {
		found, err := find()
		must(t, err)
		for _, item := range found {
			l.ByOwner = append(l.ByOwner, item.(*metav1.PartialObjectMetadata).Name)
		}
	}
	item, exists, err := from.GetByKey("sante/production")
	must(t, err)
	_, l.Found = item.(*metav1.PartialObjectMetadata)
	l.Found = l.Found && exists
	_, l.Removed, err = from.Get(deployment("justice", "development"))
	must(t, err)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestAsTheUsualOne: what is heard and read is what the informer of client-go
// tells, cut down.
func TestAsTheUsualOne(t *testing.T) {
	got, want := live(t, heads.NewInformer, nil), live(t, usual, cutDown)
	byName := cmpopts.SortSlices(func(a, b *metav1.PartialObjectMetadata) bool { return a.Namespace < b.Namespace })
	if diff := cmp.Diff(want, got, byName); diff != "" {
		t.Errorf("(-usual +heads)\n%s", diff)
	}
	if len(got.All) != 2 || len(got.ByOwner) != 3 || !got.Found || got.Removed {
		t.Errorf("what is compared is not what was meant: %+v", got)
	}
}

func cutDown(object any) (any, error) {
	whole, ok := object.(*metav1.PartialObjectMetadata)
	if !ok {
		return nil, fmt.Errorf("%T", object)
	}
	cut := deployments()
	cut.ObjectMeta = metav1.ObjectMeta{
		Namespace: whole.Namespace, Name: whole.Name, UID: whole.UID, ResourceVersion: whole.ResourceVersion,
		Labels: map[string]string{v1alpha1.TenantLabel: whole.Labels[v1alpha1.TenantLabel]}, OwnerReferences: whole.OwnerReferences[len(whole.OwnerReferences)-1:],
	}
	return cut, nil
}

// TestChangedBefore: what the cache asks for is done before anything is cut.
func TestChangedBefore(t *testing.T) {
	got := live(t, heads.NewInformer, func(object any) (any, error) {
		whole := object.(*metav1.PartialObjectMetadata).DeepCopy()
		whole.UID = "changed"
		return whole, nil
	})
	for _, head := range got.All {
		if head.UID != "changed" {
			t.Errorf("%+v", head)
		}
	}
}

func TestOfNobody(t *testing.T) {
	source := fake.NewFakeControllerSource()
	bare := deployments()
	bare.Namespace, bare.Name, bare.UID = "justice", "alone", "7"
	source.Add(bare)
	informer := heads.NewInformer(source, deployments(), 0, toolscache.Indexers{})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go informer.RunWithContext(ctx)
	if !toolscache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
		t.Fatal("not in step")
	}
	bare.ResourceVersion = "1"
	if diff := cmp.Diff([]any{bare}, informer.GetStore().List()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
