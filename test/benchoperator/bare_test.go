package benchoperator

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/controllers"
	"voute.dev/voute/controllers/sharingtenant"
	"voute.dev/voute/test/simulation"
)

// measureBare gives how long the bare client takes for all tenants, until the
// simulator has marked everything and every tenant is seen ready.
func measureBare(t *testing.T, r recording, crew int) effort {
	p := newPlace(t)
	s := startSimulator(t, p)
	watchAsOperator(t, p)
	b, err := newBare(p.kube, r)
	if err != nil {
		t.Fatal(err)
	}
	p.profileServer(t, "bare")
	begin, before := time.Now(), programs(t)
	each(t, crew, b.make)
	await(t, "the bare client's tenants are ready", func() error {
		marked, ready, err := s.progress()
		if err == nil && (marked < *tenants*r.marks || ready < *tenants) {
			err = fmt.Errorf("%d of %d objects are marked, %d of %d tenants are ready", marked, *tenants*r.marks, ready, *tenants)
		}
		return err
	})
	return since(t, begin, before)
}

// watchAsOperator opens the operator's watches, five of whole objects and the
// others of metadata.
func watchAsOperator(t *testing.T, p *place) {
	t.Helper()
	watches, err := cache.New(p.config, cache.Options{Scheme: p.kube.Scheme(), DefaultTransform: cache.TransformStripManagedFields()})
	if err != nil {
		t.Fatal(err)
	}
	simulation.Run(t, watches.Start)
	kinds := []client.Object{&v1alpha1.SharingTenant{}, &v1alpha1.Pilot{}, &v1alpha1.RetentionPolicy{}, &v1alpha1.Intervention{}, &v1alpha1.BillingStatement{}}
	scheme, err := controllers.Scheme()
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range sharingtenant.Owned() {
		gvks, _, err := scheme.ObjectKinds(kind)
		if err != nil {
			t.Fatal(err)
		}
		metadata := &metav1.PartialObjectMetadata{}
		metadata.SetGroupVersionKind(gvks[0])
		kinds = append(kinds, metadata)
	}
	for _, kind := range kinds {
		if _, err := watches.GetInformer(t.Context(), kind); err != nil {
			t.Fatal(err)
		}
	}
}

// bare makes for each tenant what the operator made for the first.
type bare struct {
	kube          client.Client
	objects       []string
	uid           string
	first, second string // patches of the status
}

func newBare(kube client.Client, r recording) (*bare, error) {
	b := &bare{kube: kube, uid: r.uid}
	for _, object := range r.objects {
		text, err := json.Marshal(object)
		if err != nil {
			return nil, err
		}
		b.objects = append(b.objects, string(text))
	}
	text, err := json.Marshal(map[string]any{"status": r.status})
	if err != nil {
		return nil, err
	}
	b.second = string(text)
	b.first = strings.ReplaceAll(b.second, `"status":"True"`, `"status":"Unknown"`)
	return b, nil
}

func (b *bare) make(ctx context.Context, i int) error {
	tenant, err := order(ctx, b.kube, i)
	if err != nil {
		return err
	}
	finalizer := fmt.Sprintf(`{"metadata":{"finalizers":[%q]}}`, v1alpha1.TenantFinalizer)
	if err := b.kube.Patch(ctx, tenant, client.RawPatch(types.MergePatchType, []byte(finalizer))); err != nil {
		return err
	}
	this := strings.NewReplacer(namespaceOf(1), namespaceOf(i), b.uid, string(tenant.GetUID()))
	for n, text := range b.objects {
		if n == 1 {
			if err := b.status(ctx, tenant, this.Replace(b.first)); err != nil {
				return err
			}
		}
		object := &unstructured.Unstructured{}
		if err := object.UnmarshalJSON([]byte(this.Replace(text))); err != nil {
			return err
		}
		if err := b.kube.Create(ctx, object, client.FieldOwner("voute-operator")); err != nil {
			return fmt.Errorf("make %s %s: %w", object.GetKind(), object.GetName(), err)
		}
	}
	return b.status(ctx, tenant, this.Replace(b.second))
}

func (b *bare) status(ctx context.Context, tenant client.Object, patch string) error {
	return b.kube.Status().Patch(ctx, tenant, client.RawPatch(types.MergePatchType, []byte(patch)))
}
