package simulation

import (
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Cached makes a client of a real API server that reads from a cache of its own
// until the test ends: what is simulated looks at everything all the time, and
// to ask the API server would take more of the processor than all that is tested.
func Cached(t testing.TB, config *rest.Config, scheme *runtime.Scheme) client.Client {
	t.Helper()
	seen, err := cache.New(config, cache.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	kube, err := client.New(config, client.Options{Scheme: scheme, Cache: &client.CacheOptions{Reader: seen}})
	if err != nil {
		t.Fatal(err)
	}
	Run(t, seen.Start)
	return kube
}
