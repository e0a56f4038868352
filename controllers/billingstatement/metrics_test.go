package billingstatement

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/billing"
	"voute.dev/voute/internal/tariff"
	"voute.dev/voute/test/memoryapi"
	"voute.dev/voute/test/scrape"
)

const namespace = "voute-system"

var platform = &configv1.PlatformConfiguration{TimeZone: "America/Toronto", Tariff: configv1.Tariff{
	SubscriptionAnnual: "3500.00", IncludedGB: 20, AdditionalGBAnnual: "3.75", InterventionHour: "133.00", Currency: "CAD",
}}

func TestGauges(t *testing.T) {
	g := &gauges{}
	if shown := scrape.Gauges(t, g); len(shown) != 0 {
		t.Errorf("shown before there is an operator: %q", shown)
	}
	zone, err := time.LoadLocation(platform.TimeZone)
	if err != nil {
		t.Fatal(err)
	}
	closed, open, unreadable := statement(t, "culture", 10), statement(t, "justice", 11), statement(t, "sante", 11)
	billing.Close(closed, time.Date(2026, 11, 1, 0, 3, 0, 0, zone))
	unreadable.Spec.TimeZone = "Nowhere/At-All"
	kube := with(t, closed, open, unreadable)
	g.statements.Store(&kube)
	// Midnight in Québec is five in the morning, UTC.
	want := []string{"voute_statement_month_end_timestamp_seconds 2026-11 justice justice 1796101200"}
	if diff := cmp.Diff(want, scrape.Gauges(t, g)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// statement is the open one of a client for a month of 2026.
func statement(t *testing.T, name string, month time.Month) *v1alpha1.BillingStatement {
	t.Helper()
	from := time.Date(2026, month, 3, 12, 0, 0, 0, time.UTC)
	made, err := billing.Open(platform, namespace, v1alpha1.TenantReference{Namespace: name, Name: name}, "Organisme "+name, tariff.MonthOf(from, time.UTC), from, 20)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// with is an API that has these statements.
func with(t *testing.T, statements ...*v1alpha1.BillingStatement) client.Client {
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
	if err := kube.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}); err != nil {
		t.Fatal(err)
	}
	for _, each := range statements {
		if err := kube.Create(t.Context(), each); err != nil {
			t.Fatal(err)
		}
	}
	return kube
}
