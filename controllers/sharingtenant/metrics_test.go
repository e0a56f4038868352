package sharingtenant

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/availability"
	"voute.dev/voute/internal/fleet"
	"voute.dev/voute/test/memoryapi"
	"voute.dev/voute/test/scrape"
)

func TestGauges(t *testing.T) {
	g := &gauges{}
	if shown := scrape.Gauges(t, g); len(shown) != 0 {
		t.Errorf("shown before there is an operator: %q", shown)
	}
	kube := withTenant(t)
	g.tenants.Store(&kube)
	ledger := fleet.New(nil)
	ledger.Note(fleet.Key{Environment: v1alpha1.ProductionEnvironment}, fleet.Line{Wants: "0.2.0", Runs: "0.1.0", Pending: true, Awaits: "version 0.2.0"})
	failed := fleet.Key{Tenant: types.NamespacedName{Namespace: "culture", Name: "culture"}, Environment: v1alpha1.ProductionEnvironment}
	ledger.Note(failed, fleet.Line{Wants: "0.2.0", Runs: "0.1.0", Pending: true, Awaits: "version 0.2.0", Failed: "version 0.2.0"})
	g.fleet.Store(ledger)
	g.seen.Store(&sightings{})
	target := func() float64 { return 1 }
	g.target.Store(&target)
	haltAfter := 1
	load := func() int { return haltAfter }
	g.haltAfter.Store(&load)
	want := []string{
		"voute_availability_target_ratio 1",
		"voute_rollout_environments changing 0.2.0 0",
		"voute_rollout_environments done 0.2.0 0",
		"voute_rollout_environments failed 0.2.0 1",
		"voute_rollout_environments pending 0.2.0 1",
		"voute_rollout_halted version 0.2.0 1",
		"voute_tenant_address_up production justice justice 1",
		"voute_tenant_availability_ratio production justice justice 1",
		"voute_tenant_certificate_expiry_timestamp_seconds production justice justice 1795435200",
		"voute_tenant_change_pending release production justice justice 1",
		fmt.Sprintf("voute_tenant_change_pending_since_timestamp_seconds release production justice justice %d", noon.Unix()),
		"voute_tenant_down_seconds production justice justice 0",
		"voute_tenant_keys_overdue justice justice 0",
		"voute_tenant_quota_bytes production justice justice 20000000000",
		"voute_tenant_ready justice justice 1",
		"voute_tenant_unobserved_seconds production justice justice 60",
		"voute_tenant_used_bytes production justice justice 5000000",
	}
	if diff := cmp.Diff(want, scrape.Gauges(t, g)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	// What was seen since is newer than what the status tells.
	down := availability.Record{Since: noon, Until: noon.Add(time.Hour), DownSince: noon, Observed: time.Hour, Down: time.Hour}
	g.seen.Load().put(fleet.Key{Tenant: types.NamespacedName{Namespace: "justice", Name: "justice"}, Environment: v1alpha1.ProductionEnvironment}, sighting{record: down})
	if shown := scrape.Gauges(t, g); !slices.Contains(shown, "voute_tenant_address_up production justice justice 0") ||
		!slices.Contains(shown, "voute_tenant_availability_ratio production justice justice 0") {
		t.Errorf("what was seen is not shown: %q", shown)
	} else if !slices.Contains(shown, "voute_tenant_down_seconds production justice justice 3600") {
		t.Errorf("an hour down is not shown: %q", shown)
	}
	haltAfter = 2
	if shown := scrape.Gauges(t, g); slices.Contains(shown, "voute_rollout_halted version 0.2.0 1") {
		t.Error("a change is halted after one client where it takes two")
	}
}

// withTenant has one tenant, which serves production and has no development yet.
func withTenant(t *testing.T) client.Client {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	model, err := memoryapi.NewModel(scheme, "../../config/crd/bases")
	if err != nil {
		t.Fatal(err)
	}
	kube := model.New(time.Now).Client("test", nil)
	tenant := &v1alpha1.SharingTenant{ObjectMeta: metav1.ObjectMeta{Namespace: "justice", Name: "justice"}}
	for _, object := range []client.Object{&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "justice"}}, tenant} {
		if err := kube.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
	tenant.Status = v1alpha1.SharingTenantStatus{
		Conditions: []metav1.Condition{{Type: v1alpha1.ReadyCondition, Status: metav1.ConditionTrue, Reason: "Serving", LastTransitionTime: metav1.NewTime(noon)}},
		Environments: []v1alpha1.EnvironmentStatus{
			{
				Name: v1alpha1.ProductionEnvironment, CertificateNotAfter: &metav1.Time{Time: noon.Add(24 * time.Hour)},
				Pending:      &v1alpha1.PendingChange{Class: v1alpha1.ReleaseChange, Reason: "version", Revision: "r", Since: &metav1.Time{Time: noon}, WaitsFor: "Sunday"},
				Availability: availabilityOf(availability.Record{Since: noon, Until: noon, Unobserved: time.Minute}),
				Quota:        resource.NewQuantity(20*gigabyte, resource.DecimalSI), Used: resource.NewQuantity(5*megabyte, resource.DecimalSI),
			},
			{Name: v1alpha1.DevelopmentEnvironment},
		},
	}
	if err := kube.Status().Update(t.Context(), tenant); err != nil {
		t.Fatal(err)
	}
	return kube
}
