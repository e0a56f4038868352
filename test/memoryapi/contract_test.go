package memoryapi_test

import (
	"context"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/controllers"
	"voute.dev/voute/controllers/sharingtenant"
	"voute.dev/voute/internal/index"
	"voute.dev/voute/test/apiserver"
	"voute.dev/voute/test/memoryapi"
	"voute.dev/voute/test/memoryapi/apitest"
)

const crds = "../../config/crd/bases"

func TestMemory(t *testing.T) {
	apitest.Contract(t, func(t *testing.T) apitest.Setup {
		scheme, err := controllers.Scheme()
		if err != nil {
			t.Fatal(err)
		}
		model, err := memoryapi.NewModel(scheme, crds, apiserver.CertManagerCRDs(t))
		if err != nil {
			t.Fatal(err)
		}
		api := model.New(time.Now)
		labelled, err := labels.NewRequirement(v1alpha1.TenantLabel, selection.Exists, nil)
		if err != nil {
			t.Fatal(err)
		}
		cache, err := api.Cache(memoryapi.CacheOptions{Heads: sharingtenant.Owned(), Label: labels.NewSelector().Add(*labelled)})
		if err != nil {
			t.Fatal(err)
		}
		if err := index.Register(t.Context(), cache); err != nil {
			t.Fatal(err)
		}
		return apitest.Setup{Kube: api.Client("test", nil), Cached: cache}
	})
}

func TestReal(t *testing.T) {
	apitest.Contract(t, func(t *testing.T) apitest.Setup {
		server := apiserver.Start(t, crds, apiserver.CertManagerCRDs(t))
		manager, err := controllers.NewManager(server.Config, controllers.Options{MetricsAddress: "0", HealthAddress: "0"})
		if err != nil {
			t.Fatal(err)
		}
		if err := index.Register(t.Context(), manager.GetFieldIndexer()); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		var ended sync.WaitGroup
		ended.Go(func() {
			if err := manager.Start(ctx); err != nil {
				t.Errorf("the manager ended: %v", err)
			}
		})
		t.Cleanup(func() {
			stop()
			ended.Wait()
		})
		kube, err := client.New(server.Config, client.Options{Scheme: manager.GetScheme()})
		if err != nil {
			t.Fatal(err)
		}
		return apitest.Setup{Kube: kube, Cached: manager.GetClient()}
	})
}

// A cache that lags behind shows the past, and never goes back.
func TestLag(t *testing.T) {
	scheme, err := controllers.Scheme()
	if err != nil {
		t.Fatal(err)
	}
	model, err := memoryapi.NewModel(scheme, crds)
	if err != nil {
		t.Fatal(err)
	}
	api, lag := model.New(time.Now), 0
	cache, err := api.Cache(memoryapi.CacheOptions{Lag: func(string) int { return lag }})
	if err != nil {
		t.Fatal(err)
	}
	kube := api.Client("test", nil)
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "ministry"}}
	policy := &v1alpha1.RetentionPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: "ministry", Name: "courante"}, Spec: v1alpha1.RetentionPolicySpec{DefaultDays: 1, MaxDays: 1}}
	if err := kube.Create(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	if err := kube.Create(t.Context(), policy); err != nil {
		t.Fatal(err)
	}
	for days := int32(2); days <= 5; days++ {
		policy.Spec.MaxDays = days
		if err := kube.Update(t.Context(), policy); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		lag  int
		want int32
	}{{3, 2}, {1, 4}, {4, 4}, {0, 5}} {
		lag = step.lag
		seen := &v1alpha1.RetentionPolicy{}
		if err := cache.Get(t.Context(), client.ObjectKeyFromObject(policy), seen); err != nil {
			t.Fatal(err)
		}
		if seen.Spec.MaxDays != step.want {
			t.Errorf("%d behind it shows %d, want %d", step.lag, seen.Spec.MaxDays, step.want)
		}
	}
}
