package year

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/controllers"
	"voute.dev/voute/internal/vault/memory"
	"voute.dev/voute/test/apiserver"
	"voute.dev/voute/test/memoryapi"
	"voute.dev/voute/test/simulation"
)

const (
	// tenants is how many clients there are; the first ones have a development
	// environment, too.
	tenants  = 200
	withBoth = 110
	// followers is how many follow the platform's versions at least: all of them
	// would take some minutes a year. They do where wholeFleet divides the seed.
	followers  = 8
	wholeFleet = 250
	// sample of those at rest is looked at where everybody is.
	sample         = 10
	tenantName     = "client"
	firstVersion   = "0.1.0"
	crds           = "../../config/crd/bases"
	day            = 24 * time.Hour
	longestBirth   = 2 * time.Hour
	operatorName   = "voute-operator"
	peopleName     = "platform-team"
	clusterName    = "cluster"
	storageClass   = "voute-local"
	platformFile   = "../../config/default/platform.yaml"
	operatorsSpace = "voute-system"
)

var (
	// birth is when the base world is made, and first is the first day of the year.
	birth = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	first = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	last  = first.Add(365 * day)

	errUnready = errors.New("not every tenant of the base world gets ready")
)

// tenant is one client of the platform, as the driver and the oracle see it.
type tenant struct {
	number    int
	namespace string
	turn      turn
	file      *file
}

// world is one cluster in memory, with one operator at a time and a clock that
// goes from one thing that is due to the next.
type world struct {
	ctx     context.Context
	rng     *rand.Rand
	api     *memoryapi.API
	people  *memoryapi.Client
	cluster *memoryapi.Client
	servers *simulation.Servers
	vault   *memory.Keeper
	clients []*tenant
	byName  map[string]*tenant
	// followers run what the platform's file says; the others have pinned the first
	// version, and stay with it.
	followers []*tenant

	clock time.Time
	queue queue
	// epoch counts the platform's files; config is the one in force.
	epoch  int
	config *configv1.PlatformConfiguration

	operator *operator
	// stormy: until then calls fail now and then.
	stormy time.Time
	// unanswered are the clients of whose status the operator does not know what
	// became of the last write: who is looked at until it knows.
	unanswered map[string]bool
	doom       *doom
	broken     map[string]bool
	// seen is up to where each kind's log was followed.
	seen    []int
	stepped map[string]bool
	moving  bool
	oracle  *oracle
	count   counts
	failure error
}

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

// base is where every year begins: all tenants are ready with the first version.
type base struct {
	api    *memoryapi.API
	config *configv1.PlatformConfiguration
}

func newWorld(seed uint64) *world {
	w := &world{
		ctx: log.IntoContext(context.Background(), logr.Discard()), rng: rand.New(rand.NewPCG(seed, 4)), //nolint:gosec // a year is meant to be repeated
		vault: memory.New(), byName: map[string]*tenant{}, broken: map[string]bool{}, unanswered: map[string]bool{}, stepped: map[string]bool{},
		seen: make([]int, len(followed)), count: newCounts(),
	}
	for i := range tenants {
		c := &tenant{number: i, namespace: fmt.Sprintf("client-%03d", i)}
		w.clients, w.byName[c.namespace] = append(w.clients, c), c
	}
	return w
}

func (w *world) now() time.Time { return w.clock }

// inhabit gives a world its API, and those who use it.
func (w *world) inhabit(api *memoryapi.API) {
	w.api = api
	w.people, w.cluster = api.Client(peopleName, nil), api.Client(clusterName, nil)
	w.servers = simulation.NewServers(w.cluster, nil)
	w.servers.Now = w.now
}

func newBase(model *memoryapi.Model) (*base, error) {
	w := newWorld(0)
	w.clock = birth
	w.inhabit(model.New(w.now))
	config, err := loadPlatform(func(*configv1.PlatformConfiguration) {})
	if err != nil {
		return nil, err
	}
	w.config = config
	if err := w.furnish(); err != nil {
		return nil, err
	}
	w.oracle = newOracle(w)
	if err := errors.Join(w.startOperator(), w.run(birth.Add(longestBirth))); err != nil {
		return nil, err
	}
	for _, c := range w.clients {
		if !c.file.isReady() {
			return nil, fmt.Errorf("%w: %s", errUnready, c.namespace)
		}
	}
	return &base{api: w.api, config: config}, nil
}

// furnish makes what people make.
func (w *world) furnish() error {
	class := &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: storageClass}, Provisioner: "example.org/simulated", AllowVolumeExpansion: ptr.To(true)}
	problems := []error{w.people.Create(w.ctx, class)}
	for _, c := range w.clients {
		theirs := metav1.ObjectMeta{Namespace: c.namespace, Name: tenantName}
		for _, object := range []client.Object{
			&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: c.namespace}},
			&v1alpha1.RetentionPolicy{ObjectMeta: theirs, Spec: v1alpha1.RetentionPolicySpec{DefaultDays: 30, MinDays: 1, MaxDays: 90}},
			&v1alpha1.Pilot{ObjectMeta: theirs, Spec: v1alpha1.PilotSpec{
				TenantRef: v1alpha1.ObjectReference{Name: tenantName}, Email: "pilot@" + c.namespace + ".example", Name: "Pilot", Language: v1alpha1.French,
			}},
			&v1alpha1.SharingTenant{ObjectMeta: theirs, Spec: w.firstSpec(c)},
		} {
			problems = append(problems, w.people.Create(w.ctx, object))
		}
	}
	return errors.Join(problems...)
}

func (w *world) firstSpec(c *tenant) v1alpha1.SharingTenantSpec {
	spec := v1alpha1.SharingTenantSpec{
		Organization:       v1alpha1.Organization{NameFr: "Ministère", NameEn: "Ministry", SupportEmail: "aide@" + c.namespace + ".example"},
		RetentionPolicyRef: v1alpha1.ObjectReference{Name: tenantName},
		Version:            firstVersion,
		DeletionPolicy:     v1alpha1.RetainOnDeletion,
		Calendar:           w.drawCalendar(),
		Environments:       []v1alpha1.Environment{environment(c, v1alpha1.ProductionEnvironment)},
	}
	if c.number < withBoth {
		spec.Environments = append(spec.Environments, environment(c, v1alpha1.DevelopmentEnvironment))
	}
	return spec
}

func environment(c *tenant, name v1alpha1.EnvironmentName) v1alpha1.Environment {
	return v1alpha1.Environment{
		Name: name, Host: fmt.Sprintf("%s.%s.example", name, c.namespace),
		Certificate: v1alpha1.CertificateSource{IssuerRef: &v1alpha1.IssuerReference{Name: "voute-ca"}},
	}
}

// newYear clones the base world, in which a new operator starts.
func newYear(b *base, seed uint64) (*world, error) {
	w := newWorld(seed)
	w.clock = first
	w.inhabit(b.api.Clone(w.now))
	w.config = b.config
	w.oracle = newOracle(w)
	w.follow()
	w.oracle.awake()
	w.followers = w.someClients(followers + w.rng.IntN(followers))
	if seed%wholeFleet == 0 {
		w.followers = w.clients
	}
	if err := w.draw(); err != nil {
		return nil, err
	}
	w.follow()
	return w, w.startOperator()
}
