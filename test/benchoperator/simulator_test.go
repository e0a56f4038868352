package benchoperator

import (
	"context"
	"crypto/tls"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/desired"
	"voute.dev/voute/server/certfile/certtest"
	"voute.dev/voute/server/status"
	"voute.dev/voute/test/simulation"
)

// simulator gives every object the next status of test/simulation, and answers
// for the sharing servers. It is driven by watches, and not by turns; and all
// servers show one certificate, because a thousand would take time to sign that
// is not the operator's.
type simulator struct {
	kube  client.Client
	cache cache.Cache
	queue chan mark

	lock   sync.Mutex
	marked map[types.UID]int64     // the generation that is
	stands map[string]standing     // of each namespace's tenant
	asked  map[string]int          // questions to each server
	many   struct{ now, most int } // environments that change together
	failed error
}

// standing is how far a tenant is, by its status.
type standing struct {
	ready    bool
	changing int
	// version that all its environments run, and of which nothing waits; empty for
	// none.
	version string
}

// mark is an object and what its status is to become.
type mark struct{ from, to client.Object }

func startSimulator(t *testing.T, p *place) *simulator {
	t.Helper()
	labelled, err := labels.NewRequirement(v1alpha1.TenantLabel, selection.Exists, nil)
	if err != nil {
		t.Fatal(err)
	}
	ours := cache.ByObject{Label: labels.NewSelector().Add(*labelled)}
	s := &simulator{
		kube: p.kube, queue: make(chan mark, 1<<16),
		marked: map[types.UID]int64{}, stands: map[string]standing{}, asked: map[string]int{},
	}
	kinds := []client.Object{&certmanagerv1.Certificate{}, &corev1.PersistentVolumeClaim{}, &appsv1.Deployment{}, &corev1.Service{}, &corev1.ConfigMap{}}
	options := cache.Options{Scheme: p.kube.Scheme(), DefaultTransform: cache.TransformStripManagedFields(), ByObject: map[client.Object]cache.ByObject{}}
	for _, kind := range kinds {
		options.ByObject[kind] = ours
	}
	if s.cache, err = cache.New(p.config, options); err != nil {
		t.Fatal(err)
	}
	simulation.Run(t, s.cache.Start)
	for _, kind := range kinds {
		s.watch(t, kind, s.see)
	}
	s.watch(t, &v1alpha1.SharingTenant{}, s.seeTenant)
	for range 16 {
		simulation.Run(t, s.work)
	}
	return s
}

func (s *simulator) watch(t *testing.T, kind client.Object, see func(client.Object)) {
	t.Helper()
	informer, err := s.cache.GetInformer(t.Context(), kind)
	if err != nil {
		t.Fatal(err)
	}
	pass := func(object any) {
		if o, ok := object.(client.Object); ok {
			see(o)
		}
	}
	if _, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{AddFunc: pass, UpdateFunc: func(_, object any) { pass(object) }}); err != nil {
		t.Fatal(err)
	}
}

func (s *simulator) see(object client.Object) {
	if next, ok := object.DeepCopyObject().(client.Object); ok && simulation.Advance(next) {
		s.queue <- mark{from: object, to: next}
	}
}

func (s *simulator) seeTenant(object client.Object) {
	tenant, ok := object.(*v1alpha1.SharingTenant)
	if !ok {
		return
	}
	now := standingOf(tenant)
	s.lock.Lock()
	defer s.lock.Unlock()
	s.many.now += now.changing - s.stands[tenant.Namespace].changing
	s.many.most = max(s.many.most, s.many.now)
	s.stands[tenant.Namespace] = now
}

func standingOf(tenant *v1alpha1.SharingTenant) standing {
	ready := meta.FindStatusCondition(tenant.Status.Conditions, v1alpha1.ReadyCondition)
	now := standing{ready: ready != nil && ready.Status == "True" && ready.ObservedGeneration == tenant.Generation}
	var versions []string
	for _, e := range tenant.Status.Environments {
		if e.Rollout != nil && e.Rollout.Change != nil {
			now.changing++
		}
		if e.Rollout != nil && e.Rollout.Version == e.Version && e.Pending == nil {
			versions = append(versions, e.Version)
		}
	}
	if len(versions) == environments && len(slices.Compact(versions)) == 1 {
		now.version = versions[0]
	}
	return now
}

func (s *simulator) work(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case m := <-s.queue:
			uid := m.from.GetUID()
			err := s.kube.Status().Patch(ctx, m.to, client.MergeFrom(m.from))
			s.lock.Lock()
			if err != nil && ctx.Err() == nil {
				s.failed = err
			}
			s.marked[uid] = m.from.GetGeneration()
			s.lock.Unlock()
		}
	}
}

// progress gives how many objects are marked, and how many tenants are ready.
func (s *simulator) progress() (marked, ready int, err error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	for _, tenant := range s.stands {
		if tenant.ready {
			ready++
		}
	}
	return len(s.marked), ready, s.failed
}

// changed gives how many tenants run a version, ready and with nothing under way
// or waiting, and how many environments changed together at the most.
func (s *simulator) changed(version string) (done, most int, err error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	for _, tenant := range s.stands {
		if tenant.ready && tenant.changing == 0 && tenant.version == version {
			done++
		}
	}
	return done, s.many.most, s.failed
}

// isMarked says whether an object has the status that goes with its generation.
func (s *simulator) isMarked(uid types.UID, generation int64) (bool, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.marked[uid] >= generation, s.failed
}

// leastAsked gives how often the server asked least often was asked.
func (s *simulator) leastAsked(servers int) int {
	s.lock.Lock()
	defer s.lock.Unlock()
	if len(s.asked) < servers {
		return 0
	}
	return slices.Min(slices.Collect(maps.Values(s.asked)))
}

func (s *simulator) allAsked() int {
	s.lock.Lock()
	defer s.lock.Unlock()
	return sum(s.asked)
}

func (s *simulator) forgetAsked() {
	s.lock.Lock()
	defer s.lock.Unlock()
	clear(s.asked)
}

// startServers answers for every sharing server: to the operator at one address,
// and to whoever looks whether users are answered at the other.
func startServers(t *testing.T, s *simulator, authority *certtest.Authority, operatorKey string) (address, public string) {
	t.Helper()
	pair := authority.Issue(t, "*."+domain).Load(t)
	certificate := func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &pair, nil }
	address = simulation.Listen(t, s.answer, status.TLS(certificate, func() []string { return []string{operatorKey} }))
	return address, simulation.Listen(t, func(http.ResponseWriter, *http.Request) {}, &tls.Config{MinVersion: tls.VersionTLS13, GetCertificate: certificate})
}

func (s *simulator) answer(w http.ResponseWriter, r *http.Request) {
	service, rest, _ := strings.Cut(r.Host, ".")
	namespace, _, _ := strings.Cut(rest, ".")
	name := strings.TrimSuffix(service, "-status")
	status.Handler(func(ctx context.Context) (status.Report, error) { return s.report(ctx, namespace, name) }).ServeHTTP(w, r)
}

// report is made of what the operator has written. Use moves with each
// question, by less than the least step that a status shows.
func (s *simulator) report(ctx context.Context, namespace, name string) (status.Report, error) {
	key, file, runs := client.ObjectKey{Namespace: namespace, Name: name}, &corev1.ConfigMap{}, &appsv1.Deployment{}
	if err := errors.Join(s.cache.Get(ctx, key, file), s.cache.Get(ctx, key, runs)); err != nil {
		return status.Report{}, err
	}
	config, err := desired.ReadConfig(file)
	if err != nil {
		return status.Report{}, err
	}
	s.lock.Lock()
	s.asked[namespace+"/"+name]++
	used := 500_000_000 + int64(s.asked[namespace+"/"+name])*3_100_000%15_000_000
	s.lock.Unlock()
	report := status.Report{
		Version: simulation.VersionOf(runs), ConfigHash: desired.ConfigHash(file), Ready: true,
		Storage:     status.StorageReport{QuotaBytes: config.Storage.QuotaBytes, UsedBytes: used},
		Keys:        status.Check{OK: true},
		Scanner:     status.Check{OK: true},
		Mail:        status.Check{OK: true},
		Certificate: status.CertificateReport{NotAfter: time.Date(2036, 2, 20, 12, 0, 0, 0, time.UTC)},
	}
	now := time.Now()
	report.Retention = &status.RetentionReport{LastSweep: &now, NextExpiry: new(now.Add(time.Hour)), DueIn7Days: 12, Shredded: 3400, EarliestBucket: "2036-02-20"}
	for _, pilot := range config.Pilots {
		report.Pilots = append(report.Pilots, status.PilotReport{ID: pilot.ID, State: "invited"})
	}
	return report, nil
}
