package benchoperator

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/controllers"
	"voute.dev/voute/controllers/sharingtenant"
	"voute.dev/voute/internal/identity"
	"voute.dev/voute/server/certfile/certtest"
	"voute.dev/voute/test/benchoperator/settings"
)

const (
	domain       = "bench.example"
	environments = 2
	// quietFor is how long nothing is written before the operator is at rest.
	quietFor = 10 * time.Second
	// appliers bring in tenants; the bare client does it itself.
	appliers = 16
)

// orders are what a client's platform team applies.
var orders = []string{
	`{"apiVersion":"sharing.voute.dev/v1alpha1","kind":"RetentionPolicy","metadata":{"name":"courante","namespace":"NAMESPACE"},"spec":{"defaultDays":30,"maxDays":90}}`,
	`{"apiVersion":"sharing.voute.dev/v1alpha1","kind":"Pilot","metadata":{"name":"marie","namespace":"NAMESPACE"},
	"spec":{"tenantRef":{"name":"justice"},"email":"marie@NAMESPACE.example","name":"Marie"}}`,
	`{"apiVersion":"sharing.voute.dev/v1alpha1","kind":"SharingTenant","metadata":{"name":"justice","namespace":"NAMESPACE"},
	"spec":{"organization":{"nameFr":"Justice","nameEn":"Justice","supportEmail":"aide@justice.example"},
	"retentionPolicyRef":{"name":"courante"},"environments":[
	{"name":"production","host":"NAMESPACE.bench.example","certificate":{"issuerRef":{"name":"voute-ca"}}},
	{"name":"development","host":"NAMESPACE-dev.bench.example","certificate":{"issuerRef":{"name":"voute-ca"}}}]}}`,
}

// outcome is what one run of the operator shows.
type outcome struct {
	effort
	operatorCPU         float64
	peakMiB, settledMiB float64
	written             written
	recording           recording
	afterwards
}

// afterwards is what the last run shows beside, when all tenants are ready.
type afterwards struct {
	resync int
	idle   idle
	change change
}

// stage is a place with the operator's process in it.
type stage struct {
	*place
	simulator *simulator
	vault     *keeper
	process   *operator
	program   string
	settings  string
	log       string
	// kubeconfig and platform are files that the operator reads.
	kubeconfig, platform string
}

func measureOperator(t *testing.T, program string, last bool) outcome {
	s := newStage(t, program)
	mark := sizeOf(t, s.audit)
	s.signIn(t, *reads)
	s.process = startOperator(t, s.program, s.settings, s.log)
	await(t, "the operator leads", func() error {
		if s.writes(t, mark).leases == 0 {
			return fmt.Errorf("it holds no Lease")
		}
		return nil
	})
	o := outcome{}
	s.profileServer(t, "operator")
	begin, before := time.Now(), programs(t)
	each(t, appliers, func(ctx context.Context, i int) error {
		_, err := order(ctx, s.kube, i)
		return err
	})
	await(t, "every tenant is ready", func() error { return s.allReady() })
	o.effort, o.operatorCPU = since(t, begin, before), s.process.cpu(t)
	if *tenants < many { // with more, some tenant's hourly note is always due
		s.rest(t)
	}
	o.peakMiB, o.settledMiB = s.process.memory(t)
	o.written, o.recording = s.writes(t, 0), record(t, s.place)
	tell("written for all tenants", o.written)
	if last && *beyond {
		o.afterwards = s.goOn(t)
	}
	return o
}

// goOn measures what follows with the tenants that are ready. The operator is
// started anew meanwhile, as one whose reads are counted, too: of how fast it was
// all is known by now.
func (s *stage) goOn(t *testing.T) (a afterwards) {
	if *resync {
		a.resync += s.lookAgain(t, "looked at again twice", 2, func() {})
	}
	restarted := s.lookAgain(t, "looked at by a new process", 1, func() {
		s.process.stop()
		s.signIn(t, true)
		s.process = startOperator(t, s.program, s.settings, s.log)
	})
	a.resync += restarted
	a.idle = s.leaveAlone(t, *idleFor)
	a.change = s.rollOut(t)
	return a
}

// tell lists writes by kind.
func tell(what string, w written) {
	fmt.Printf("%s: %s; events=%d leases=%d; refused of it: %s\n", what, counts(w.byKind), w.events, w.leases, counts(w.refused))
	if len(w.reads) > 0 {
		fmt.Printf("%s: read %s\n", what, counts(w.reads))
	}
}

func counts(of map[string]int) string {
	lines := make([]string, 0, len(of))
	for what, count := range of {
		lines = append(lines, fmt.Sprintf("%s=%d", what, count))
	}
	slices.Sort(lines)
	return strings.Join(lines, " ")
}

func newStage(t *testing.T, program string) *stage {
	t.Helper()
	p := newPlace(t)
	dir := t.TempDir()
	s := &stage{
		program: program, place: p, simulator: startSimulator(t, p), vault: startVault(t, p),
		settings: filepath.Join(dir, "settings.json"), log: filepath.Join(dir, "operator.log"),
		kubeconfig: filepath.Join(dir, "kubeconfig"), platform: filepath.Join(dir, "platform.yaml"),
	}
	own, err := identity.Ensure(t.Context(), p.kube, p.kube, operatorNamespace, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	authority := certtest.New(t)
	reports, public := startServers(t, s.simulator, authority, own.PublicKey)
	content, err := json.Marshal(settings.Settings{
		Namespace:  operatorNamespace,
		Kubeconfig: s.kubeconfig, TokenFile: s.vault.tokenFile, QPS: float32(*qps), Profiles: *profiles,
		StatusAddress: reports, PublicAddress: public, PlatformFile: s.platform,
	})
	if err != nil {
		t.Fatal(err)
	}
	write(t, s.settings, string(content))
	write(t, s.platform, platformFile(t, s.vault.Address, string(read(t, s.vault.CAFile))+string(read(t, authority.File))))
	return s
}

// signIn writes what the operator shows to the API server the next time it starts.
func (s *stage) signIn(t *testing.T, countsReads bool) {
	t.Helper()
	groups := []string{"system:serviceaccounts", "system:serviceaccounts:" + operatorNamespace, "system:authenticated"}
	if countsReads {
		groups = append(groups, readsCount)
	}
	user, err := s.environment.AddUser(envtest.User{Name: operatorUser, Groups: groups}, nil)
	if err != nil {
		t.Fatal(err)
	}
	kubeconfig, err := user.KubeConfig()
	if err != nil {
		t.Fatal(err)
	}
	write(t, s.kubeconfig, string(kubeconfig))
}

// write puts a file in place at once, as Kubernetes does.
func write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.WriteFile(file+".new", []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
}

// platformFile is the one of config/default, with this Vault and its authority.
func platformFile(t *testing.T, vault, authorities string) string {
	t.Helper()
	text := strings.NewReplacer("https://vault.vault.svc:8200", vault, "# className: voute-local", "className: voute-local").
		Replace(string(read(t, "../../config/default/platform.yaml")))
	return text + "\ntrustedCAs: |\n  " + strings.ReplaceAll(strings.TrimSpace(authorities), "\n", "\n  ") + "\n"
}

// order applies what the platform team does, and gives the tenant.
func order(ctx context.Context, kube client.Client, i int) (*unstructured.Unstructured, error) {
	var last *unstructured.Unstructured
	for _, text := range orders {
		last = &unstructured.Unstructured{}
		if err := last.UnmarshalJSON([]byte(strings.ReplaceAll(text, "NAMESPACE", namespaceOf(i)))); err != nil {
			return nil, err
		}
		if err := kube.Create(ctx, last, client.FieldOwner("platform-team")); err != nil {
			return nil, err
		}
	}
	return last, nil
}

func (s *stage) allReady() error {
	_, ready, err := s.simulator.progress()
	if err == nil && ready < *tenants {
		err = fmt.Errorf("%d of %d are", ready, *tenants)
	}
	return err
}

// rest waits until nothing is written for a while.
func (s *stage) rest(t *testing.T) {
	t.Helper()
	last, since, mark := -1, time.Now(), sizeOf(t, s.audit)
	await(t, "the operator comes to rest", func() error {
		time.Sleep(time.Second)
		if now := s.writes(t, mark).total(); now != last {
			last, since = now, time.Now()
		}
		if time.Since(since) < quietFor {
			return fmt.Errorf("it goes on to write: %d times since every tenant is ready or looked at", last)
		}
		return nil
	})
}

// lookAgain lets the operator look at every tenant while use moves, after
// something was done to it. It gives the writes to Kubernetes and Vault.
func (s *stage) lookAgain(t *testing.T, what string, times int, after func()) int {
	t.Helper()
	mark, vaultMark := sizeOf(t, s.audit), sizeOf(t, s.vault.audit)
	s.simulator.forgetAsked()
	after()
	await(t, "every server is asked again", func() error {
		if least := s.simulator.leastAsked(*tenants * environments); least < times {
			return fmt.Errorf("one was asked %d times", least)
		}
		return nil
	})
	s.rest(t)
	w, toVault := s.writes(t, mark), s.vault.since(t, vaultMark)
	tell(what, w)
	fmt.Printf("%s: %d writes to Vault\n", what, toVault.writes)
	return w.total() + toVault.writes
}

// recording is what the operator made for one tenant.
type recording struct {
	objects []map[string]any
	marks   int // of the simulator
	uid     string
	status  any
}

func record(t *testing.T, p *place) recording {
	t.Helper()
	namespace := namespaceOf(1)
	tenant := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "sharing.voute.dev/v1alpha1", "kind": "SharingTenant"}}
	if err := p.kube.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "justice"}, tenant); err != nil {
		t.Fatal(err)
	}
	r := recording{uid: string(tenant.GetUID()), status: tenant.Object["status"]}
	scheme, err := controllers.Scheme()
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range sharingtenant.Owned() {
		gvks, _, err := scheme.ObjectKinds(kind)
		if err != nil {
			t.Fatal(err)
		}
		list := &unstructured.UnstructuredList{}
		list.SetGroupVersionKind(gvks[0].GroupVersion().WithKind(gvks[0].Kind + "List"))
		if err := p.kube.List(t.Context(), list, client.InNamespace(namespace)); err != nil {
			t.Fatal(err)
		}
		for i := range list.Items {
			r.add(&list.Items[i])
		}
	}
	statements := &unstructured.UnstructuredList{}
	statements.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("BillingStatementList"))
	if err := p.kube.List(t.Context(), statements, client.InNamespace(operatorNamespace), client.MatchingLabels{v1alpha1.TenantNamespaceLabel: namespace}); err != nil {
		t.Fatal(err)
	}
	for i := range statements.Items {
		r.add(&statements.Items[i])
	}
	return r
}

// add keeps of an object what its maker said.
func (r *recording) add(object *unstructured.Unstructured) {
	if metav1.GetControllerOf(object) == nil && !slices.ContainsFunc(object.GetManagedFields(), func(f metav1.ManagedFieldsEntry) bool { return f.Manager == "voute-operator" }) {
		return // the cluster's own, such as the namespace's default ServiceAccount
	}
	content := object.DeepCopy().Object
	if status, found := content["status"].(map[string]any); found && len(status) > 0 && marked(object) {
		r.marks++
	}
	delete(content, "status")
	for _, field := range []string{"uid", "resourceVersion", "managedFields", "creationTimestamp", "generation", "finalizers"} {
		unstructured.RemoveNestedField(content, "metadata", field)
	}
	for _, field := range []string{"clusterIP", "clusterIPs", "healthCheckNodePort"} {
		unstructured.RemoveNestedField(content, "spec", field)
	}
	ports, _, _ := unstructured.NestedSlice(content, "spec", "ports")
	for _, port := range ports {
		delete(port.(map[string]any), "nodePort")
	}
	if object.GetKind() == "Service" {
		_ = unstructured.SetNestedSlice(content, ports, "spec", "ports")
	}
	r.objects = append(r.objects, content)
}

// marked says whether the simulator gave the object its status.
func marked(object *unstructured.Unstructured) bool {
	kind, _, _ := unstructured.NestedString(object.Object, "spec", "type")
	return object.GetKind() != "Service" || kind == "LoadBalancer"
}
