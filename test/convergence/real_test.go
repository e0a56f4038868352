package convergence

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/controllers"
	"voute.dev/voute/controllers/sharingtenant"
	"voute.dev/voute/internal/platform"
	"voute.dev/voute/internal/vault/memory"
	"voute.dev/voute/test/apiserver"
	"voute.dev/voute/test/seeds"
	"voute.dev/voute/test/simulation"
)

const (
	// few is how many sequences run against a real API server; more, when many are asked for.
	few, more = 30, 100
	atOnce    = 10
	// patience is how long an end may take on a busy machine.
	patience = 4 * time.Minute
	// moment is a round of a sequence in real time, and atRest how long nothing may be written at the end.
	moment, atRest = 150 * time.Millisecond, 4 * time.Second
)

var quick = sharingtenant.Pace{Eager: 100 * time.Millisecond, Patient: 300 * time.Millisecond, Impatience: time.Minute, Settled: 500 * time.Millisecond}

// TestRealSequences runs sequences, each in a namespace of its own, against a
// real API server and the whole operator, with the watches that wake it.
func TestRealSequences(t *testing.T) {
	kube := startOperator(t)
	sequences, begin := few, time.Now()
	if os.Getenv(seeds.Soak) != "" {
		sequences = more
	}
	seeds := make(chan uint64)
	var crew sync.WaitGroup
	for range atOnce {
		crew.Go(func() {
			for seed := range seeds {
				s := newSequence(seed)
				if err := s.runReal(t.Context(), kube); err != nil {
					t.Errorf("%v\n%v", s, err)
				}
			}
		})
	}
	for i := range sequences {
		seeds <- uint64(i + 1)
	}
	close(seeds)
	crew.Wait()
	restsAll(t, kube)
	if sequences == more && !t.Failed() {
		fmt.Printf("SOAK convergence: %d sequences on a real API server, %s\n", sequences, time.Since(begin).Round(time.Second))
	}
}

// startOperator starts an API server and everything around it.
func startOperator(t *testing.T) client.Client {
	t.Helper()
	ctrl.SetLogger(logr.Discard())
	server := apiserver.Start(t, crds, apiserver.CertManagerCRDs(t))
	server.Config.QPS = -1
	manager, err := controllers.NewManager(server.Config, controllers.Options{Namespace: operatorNamespace, MetricsAddress: "0", HealthAddress: "0", Again: true})
	if err != nil {
		t.Fatal(err)
	}
	kube, err := client.New(server.Config, client.Options{Scheme: manager.GetScheme()})
	if err != nil {
		t.Fatal(err)
	}
	class := &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: "voute-local"}, Provisioner: "example.org/simulated", AllowVolumeExpansion: ptr.To(true)}
	if err := kube.Create(t.Context(), class); err != nil {
		t.Fatal(err)
	}
	if err := kube.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: operatorNamespace}}); err != nil {
		t.Fatal(err)
	}
	simulated := simulation.Cached(t, server.Config, manager.GetScheme())
	simulation.Start(t, simulated)
	inForce := realPlatform(t, simulated)
	parts := controllers.Parts{
		Platform: func() *sharingtenant.Platform { return inForce }, PublicKey: "key", Namespace: operatorNamespace,
		Wake: make(chan event.GenericEvent), Pace: quick, Now: time.Now,
	}
	if err := controllers.Add(t.Context(), manager, parts); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var ended sync.WaitGroup
	ended.Go(func() {
		if err := manager.Start(ctx); err != nil {
			t.Errorf("the operator ended: %v", err)
		}
	})
	t.Cleanup(func() {
		stop()
		ended.Wait()
	})
	return kube
}

func realPlatform(t *testing.T, kube client.Client) *sharingtenant.Platform {
	t.Helper()
	text, err := platformText(firstWishes().platform)
	if err != nil {
		t.Fatal(err)
	}
	config, err := platform.Load([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	keeper := memory.New()
	return &sharingtenant.Platform{Config: config, Vault: keeper, Server: simulation.NewServers(kube, keeper)}
}

// runReal carries the sequence out and waits for the end that a fresh tenant,
// in another namespace, comes to as well. The platform's configuration is one
// for all namespaces, and does not change.
func (s sequence) runReal(ctx context.Context, kube client.Client) error {
	edited, fresh := fmt.Sprintf("%s-%d", namespace, s.seed), fmt.Sprintf("fresh-%d", s.seed)
	for _, name := range []string{edited, fresh} {
		if err := kube.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil {
			return err
		}
	}
	crowd, wish := &people{kube: kube, sorted: byName, in: edited}, firstWishes()
	for _, e := range s.edits {
		// What meets a conflict, or waits for something to go, is wished again at the end.
		_ = crowd.enact(ctx, wish)
		time.Sleep(time.Duration(min(e.rounds, 8)) * moment)
		e.wish(wish)
		wish.neverOlder()
		if e.meddle != nil {
			_, _ = e.meddle.do(ctx, kube, edited)
		}
	}
	wish.mend()
	if err := crowd.getTheir(ctx, wish); err != nil {
		return err
	}
	others, err := crowd.successors(ctx, fresh)
	if err != nil {
		return err
	}
	if err := others.makePilots(ctx, wish); err != nil {
		return err
	}
	if err := others.getTheir(ctx, wish); err != nil {
		return err
	}
	if err := eventually(ctx, func() error { return compare(ctx, kube, edited, fresh) }); err != nil {
		return err
	}
	// Each edit, and the last one that mends, may make a fact true once more.
	return errors.Join(toldAtMost(ctx, kube, edited, len(s.edits)+2), toldAtMost(ctx, kube, fresh, 1))
}

// toldAtMost counts how often each fact was told in a namespace.
func toldAtMost(ctx context.Context, kube client.Client, in string, most int) error {
	list := &eventsv1.EventList{}
	if err := kube.List(ctx, list, client.InNamespace(in)); err != nil {
		return err
	}
	times := map[fact]int{}
	for _, told := range list.Items {
		once := fact{kind: told.Regarding.Kind, name: told.Regarding.Name, reason: told.Reason, message: told.Note}
		times[once]++
		if told.Series != nil {
			times[once] += int(told.Series.Count) - 1
		}
	}
	var err error
	for told, n := range times {
		if n > most {
			err = errors.Join(err, fmt.Errorf("told %d times, and %d would do, in %s: %s", n, most, in, told))
		}
	}
	return err
}

func eventually(ctx context.Context, try func() error) error {
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(200 * time.Millisecond) {
		if err = try(); err == nil {
			return nil
		}
	}
	return err
}

// getTheir repeats the wishes until they are heard and the tenant is ready.
func (p *people) getTheir(ctx context.Context, wish *wishes) error {
	return eventually(ctx, func() error {
		if err := p.enact(ctx, wish); err != nil {
			return err
		}
		tenant := &v1alpha1.SharingTenant{}
		if err := p.kube.Get(ctx, client.ObjectKey{Namespace: p.in, Name: tenantName}, tenant); err != nil {
			return err
		}
		ready := meta.FindStatusCondition(tenant.Status.Conditions, v1alpha1.ReadyCondition)
		if ready == nil || ready.Status != metav1.ConditionTrue || ready.ObservedGeneration != tenant.Generation {
			return fmt.Errorf("%s is not ready: %+v", p.in, tenant.Status.Conditions)
		}
		return nil
	})
}

// successors make their pilots in the order in which these were made.
func (p *people) successors(ctx context.Context, in string) (*people, error) {
	pilots := &v1alpha1.PilotList{}
	err := p.kube.List(ctx, pilots, client.InNamespace(p.in))
	return &people{kube: p.kube, sorted: agesOf(pilots).sorted, in: in}, err
}

// makePilots makes them a second apart: that is how exactly the API server
// tells an age.
func (p *people) makePilots(ctx context.Context, wish *wishes) error {
	for _, name := range p.sorted(wish.pilots) {
		if err := p.kube.Create(ctx, &v1alpha1.Pilot{ObjectMeta: p.meta(name), Spec: wish.pilots[name]}); err != nil {
			return err
		}
		time.Sleep(1100 * time.Millisecond)
	}
	return nil
}

func compare(ctx context.Context, kube client.Client, edited, fresh string) error {
	got, left := stateOf(ctx, kube, edited)
	want, right := stateOf(ctx, kube, fresh)
	if err := errors.Join(left, right); err != nil {
		return err
	}
	if wrong := differences(got, want); len(wrong) > 0 {
		return fmt.Errorf("it is not as a fresh tenant:\n%s", strings.Join(wrong, "\n"))
	}
	return nil
}

// restsAll: once every sequence has ended, nothing is written and nothing told.
func restsAll(t *testing.T, kube client.Client) {
	t.Helper()
	err := eventually(t.Context(), func() error {
		before, err := everyVersion(t.Context(), kube)
		if err != nil {
			return err
		}
		time.Sleep(atRest)
		after, err := everyVersion(t.Context(), kube)
		for name, version := range after {
			if before[name] != version {
				err = errors.Join(err, fmt.Errorf("%s was written", name))
			}
		}
		if err == nil && !reflect.DeepEqual(before, after) {
			err = errors.New("something went")
		}
		return err
	})
	if err != nil {
		t.Errorf("it does not come to rest: %v", err)
	}
}

// everyVersion is the version of every object, events included.
func everyVersion(ctx context.Context, kube client.Client) (map[string]string, error) {
	versions := map[string]string{}
	lists := []client.ObjectList{&eventsv1.EventList{}}
	for _, gvk := range kinds {
		list := &metav1.PartialObjectMetadataList{}
		list.SetGroupVersionKind(gvk)
		lists = append(lists, list)
	}
	for _, list := range lists {
		if err := kube.List(ctx, list); err != nil {
			return nil, err
		}
		err := meta.EachListItem(list, func(item runtime.Object) error {
			object, err := meta.Accessor(item)
			if err == nil {
				versions[fmt.Sprintf("%s %s/%s", item.GetObjectKind().GroupVersionKind().Kind, object.GetNamespace(), object.GetName())] = object.GetResourceVersion()
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return versions, nil
}
