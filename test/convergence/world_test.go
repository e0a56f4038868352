package convergence

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/controllers"
	"voute.dev/voute/controllers/sharingtenant"
	"voute.dev/voute/internal/platform"
	"voute.dev/voute/internal/vault/memory"
	"voute.dev/voute/test/apiserver"
	"voute.dev/voute/test/memoryapi"
	"voute.dev/voute/test/simulation"
)

const (
	crds         = "../../config/crd/bases"
	platformFile = "../../config/default/platform.yaml"
	// The operator is at rest when it wrote nothing for so many rounds.
	restful = 4
	// longest is after how many rounds it should have come to rest.
	longest = 150
	// restless is how long it is left alone while calls go on failing.
	restless = 20
)

// start is when every world begins.
var start = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

var errRestless = errors.New("it does not come to rest")

// model is read once for all worlds.
func loadModel(t testing.TB) *memoryapi.Model {
	t.Helper()
	scheme, err := controllers.Scheme()
	if err != nil {
		t.Fatal(err)
	}
	model, err := memoryapi.NewModel(scheme, crds, apiserver.CertManagerCRDs(t))
	if err != nil {
		t.Fatal(err)
	}
	return model
}

// world is one cluster in memory with its operators, and a clock of its own.
type world struct {
	ctx       context.Context
	rng       *rand.Rand
	api       *memoryapi.API
	admin     *memoryapi.Client
	people    *people
	cluster   *simulation.Cluster
	servers   *simulation.Servers
	vault     *memory.Keeper
	operators []*operator
	told      *told
	faults    *faults
	inForce   *sharingtenant.Platform
	wanted    platformWishes

	lock  sync.Mutex
	clock time.Time
	// meddled counts what others did to the operator's objects.
	meddled int
	// edits are the API's counts of writes at which people changed their wishes.
	edits []int64
	// looked is the count at which people and cluster last had nothing to do.
	looked int64
}

func newWorld(model *memoryapi.Model, seed uint64, m mode) (*world, error) {
	w := &world{
		ctx: log.IntoContext(context.Background(), logr.Discard()), rng: rand.New(rand.NewPCG(seed, 1)), //nolint:gosec // a sequence is meant to be repeated
		vault: memory.New(), told: newTold(), clock: start,
	}
	w.api = model.New(w.now)
	w.admin = w.api.Client("platform-team", nil)
	w.people = &people{kube: w.admin, sorted: byName, in: namespace, rivals: true}
	w.cluster = simulation.New(w.api.Client("cluster", nil))
	w.cluster.Keys = true
	w.servers = simulation.NewServers(w.admin, w.vault)
	w.servers.Now = w.now
	w.faults = newFaults(w.rng, m)
	w.inForce = &sharingtenant.Platform{Vault: w.vault, Server: w.servers}
	if err := w.setPlatform(firstWishes().platform); err != nil {
		return nil, err
	}
	if err := w.furnish(); err != nil {
		return nil, err
	}
	for range m.operators {
		o, err := w.newOperator()
		if err != nil {
			return nil, err
		}
		w.operators = append(w.operators, o)
	}
	return w, nil
}

func (w *world) now() time.Time {
	w.lock.Lock()
	defer w.lock.Unlock()
	return w.clock
}

func (w *world) wait(d time.Duration) {
	w.lock.Lock()
	defer w.lock.Unlock()
	w.clock = w.clock.Add(d)
}

func (w *world) furnish() error {
	theirs := metav1.ObjectMeta{Namespace: rival, Name: rival}
	class := &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: "voute-local"}, Provisioner: "example.org/simulated", AllowVolumeExpansion: ptr.To(true)}
	return errors.Join(
		w.admin.Create(w.ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}),
		w.admin.Create(w.ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: operatorNamespace}}),
		w.admin.Create(w.ctx, class),
		w.admin.Create(w.ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: rival}}),
		w.admin.Create(w.ctx, &v1alpha1.RetentionPolicy{ObjectMeta: theirs, Spec: v1alpha1.RetentionPolicySpec{DefaultDays: 30, MaxDays: 90}}),
		w.admin.Create(w.ctx, &v1alpha1.Pilot{ObjectMeta: theirs, Spec: v1alpha1.PilotSpec{
			TenantRef: v1alpha1.ObjectReference{Name: rival}, Email: "rival@other.example", Name: "Rival",
		}}),
	)
}

var readPlatform = sync.OnceValues(func() (string, error) {
	content, err := os.ReadFile(platformFile)
	return strings.Replace(string(content), "# className: voute-local", "className: voute-local", 1) + simulation.AnyTime(start), err
})

// platformText is the platform's configuration file as it is wished.
func platformText(p platformWishes) (string, error) {
	text, err := readPlatform()
	if err != nil {
		return "", err
	}
	return strings.NewReplacer(
		"defaultVersion: 0.1.0", "defaultVersion: "+p.version,
		"image: localhost/voute-server:0.1.0", "image: localhost/voute-server:0.1.0\n  - {version: 0.2.0, image: localhost/voute-server:0.2.0}",
		"host: smtp.mail.svc", "host: "+p.mailHost,
		"developmentGB: 2", fmt.Sprintf("developmentGB: %d", p.developmentGB),
		"# annotations: {}", fmt.Sprintf("annotations: {example.org/place: %q}", p.annotation),
	).Replace(text), nil
}

func (w *world) setPlatform(p platformWishes) error {
	if w.wanted == p {
		return nil
	}
	text, err := platformText(p)
	if err != nil {
		return err
	}
	config, err := platform.Load([]byte(text))
	if err != nil {
		return err
	}
	w.wanted = p
	w.inForce = &sharingtenant.Platform{Config: config, Vault: w.vault, Server: w.servers}
	return nil
}

// round lets everybody act once. People and the cluster look again only where
// something was written.
func (w *world) round(wish *wishes) error {
	start := w.api.Writes()
	isNews := w.looked != start
	if isNews {
		if err := errors.Join(w.setPlatform(wish.platform), w.people.enact(w.ctx, wish)); err != nil {
			return fmt.Errorf("people: %w", err)
		}
	}
	if err := w.operate(); err != nil {
		return err
	}
	if isNews || w.api.Writes() != start {
		w.cluster.Turn(w.ctx)
	}
	if w.api.Writes() == start {
		w.looked = start
	}
	w.wait(time.Duration(1+w.rng.IntN(5)) * time.Second)
	return nil
}

// edited is called when wishes, or what hinders the cluster, have changed.
func (w *world) edited() {
	w.faults.edited()
	w.edits = append(w.edits, w.api.Writes())
	w.looked = -1
}

// settle lets rounds go by until nothing has been written for some, or as many
// as it is told.
func (w *world) settle(wish *wishes, rounds int) error {
	quiet := 0
	for i := range rounds {
		before := w.api.Writes()
		if err := w.round(wish); err != nil {
			return err
		}
		if quiet++; w.api.Writes() != before {
			quiet = 0
		}
		if quiet == restful {
			return nil
		}
		if w.faults.mode.fails > 0 && i == restless {
			return nil // a call that fails shows in a condition, again and again
		}
		if i == longest {
			return fmt.Errorf("%w: %s", errRestless, w.lastWrites(12))
		}
	}
	return nil
}

func (w *world) writesNothing(wish *wishes, waits ...time.Duration) error {
	before := w.api.Writes()
	for _, d := range waits {
		w.wait(d)
		if err := w.round(wish); err != nil {
			return err
		}
	}
	if after := w.api.Writes() - before; after > 0 {
		return fmt.Errorf("%d writes at rest: %s", after, w.lastWrites(int(after)))
	}
	return nil
}

// tellsOfTheDay: each object was written once at most, and none of another kind.
func (w *world) tellsOfTheDay(writes int) error {
	seen := map[string]bool{}
	for _, written := range strings.Split(w.lastWrites(writes), "; ") {
		_, object, _ := strings.Cut(written, " ")
		if writes > 0 && (seen[object] || !strings.HasPrefix(object, "SharingTenant ") && !strings.HasPrefix(object, "RetentionPolicy ")) {
			return fmt.Errorf("%d writes when a day is over: %s", writes, w.lastWrites(writes))
		}
		seen[object] = true
	}
	return nil
}

// staysQuiet lets a lot of time go by, in which nothing may be written or told. A
// day that is over is the only news: its keys are deleted, which each tenant says
// once, and so each policy up to when all was swept.
func (w *world) staysQuiet(wish *wishes) error {
	told := w.told.total()
	if err := w.writesNothing(wish, time.Second, time.Minute, 7*time.Minute, time.Hour); err != nil {
		return err
	}
	before := w.api.Writes()
	w.wait(25 * time.Hour)
	for range 2 { // a policy may be looked at before the tenant whose server it asks
		if err := w.round(wish); err != nil {
			return err
		}
	}
	if err := w.tellsOfTheDay(int(w.api.Writes() - before)); err != nil {
		return err
	}
	if err := w.writesNothing(wish, time.Second, time.Minute); err != nil {
		return err
	}
	if after := w.told.total() - told; after > 0 {
		return fmt.Errorf("%d events at rest: %v", after, w.told.last())
	}
	return nil
}
