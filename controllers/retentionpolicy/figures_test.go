package retentionpolicy

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/serverstatus"
	"voute.dev/voute/server/status"
)

var noon = time.Date(2026, 11, 22, 17, 20, 30, 0, time.UTC)

type fleet struct {
	*Reconciler
	now   time.Time
	users []v1alpha1.SharingTenant
}

// newFleet has two tenants, of which one has both environments.
func newFleet() *fleet {
	f := &fleet{now: noon}
	f.Reconciler = &Reconciler{
		Reports: serverstatus.NewStore(), Now: func() time.Time { return f.now },
		Config: func() *configv1.PlatformConfiguration {
			return &configv1.PlatformConfiguration{TimeZone: "America/Toronto"}
		},
	}
	for name, environments := range map[string][]v1alpha1.EnvironmentName{"justice": {"production", "development"}, "culture": {"production"}} {
		user := v1alpha1.SharingTenant{ObjectMeta: metav1.ObjectMeta{Namespace: "clients", Name: name}}
		for _, each := range environments {
			user.Status.Environments = append(user.Status.Environments, v1alpha1.EnvironmentStatus{Name: each, URL: "https://x"})
		}
		f.users = append(f.users, user)
	}
	return f
}

func (f *fleet) tell(tenant string, environment v1alpha1.EnvironmentName, report *status.RetentionReport) {
	f.Reports.Answered(serverstatus.Key{Namespace: "clients", Tenant: tenant, Environment: environment}, &status.Report{Retention: report}, f.now)
}

func (f *fleet) look(t *testing.T, kept *v1alpha1.RetentionPolicyStatus, wait time.Duration) {
	t.Helper()
	if got := f.takeOver(kept, f.users); got != wait {
		t.Errorf("it looks again in %s, not in %s", got, wait)
	}
}

// TestFigures are summed over the environments, once all were heard, at most once
// an hour; and what stays the same is not written again.
func TestFigures(t *testing.T) {
	f, kept := newFleet(), &v1alpha1.RetentionPolicyStatus{Tenants: ptr.To[int32](2)}
	swept, early := noon.Add(-time.Second), noon.Add(-14*time.Hour) // the day before, in Québec
	f.tell("justice", "production", &status.RetentionReport{NextExpiry: ptr.To(noon.Add(50 * time.Hour)), DueIn7Days: 3, LastSweep: &swept, Shredded: 40, Held: 1})
	f.tell("justice", "development", &status.RetentionReport{LastSweep: &early, Shredded: 2})
	f.look(t, kept, 0)
	if kept.FiguresTime != nil {
		t.Error("figures are told before all servers were heard")
	}
	f.tell("culture", "production", &status.RetentionReport{NextExpiry: ptr.To(noon.Add(5 * time.Hour)), DueIn7Days: 4, LastSweep: &swept, Shredded: 7})
	f.look(t, kept, 0)
	want := &v1alpha1.RetentionPolicyStatus{
		Tenants: ptr.To[int32](2), NextExpiry: &metav1.Time{Time: time.Date(2026, 11, 22, 22, 0, 0, 0, time.UTC)}, DueIn7Days: ptr.To[int64](7), LastSweep: "2026-11-21",
		Shredded: ptr.To[int64](49), Held: ptr.To[int64](1), FiguresTime: &metav1.Time{Time: noon},
	}
	if diff := cmp.Diff(want, kept); diff != "" {
		t.Error(diff)
	}
	f.now = noon.Add(2 * time.Hour)
	f.look(t, kept, 0)
	if diff := cmp.Diff(want, kept); diff != "" {
		t.Errorf("nothing changed: %s", diff)
	}
	f.now = noon.Add(20 * time.Minute)
	f.tell("justice", "development", &status.RetentionReport{LastSweep: &swept, Shredded: 3})
	f.look(t, kept, 40*time.Minute)
	if *kept.Shredded != 49 {
		t.Error("written twice within the hour")
	}
	f.now = noon.Add(time.Hour)
	f.look(t, kept, 0)
	if *kept.Shredded != 50 || kept.LastSweep != "2026-11-22" {
		t.Errorf("after an hour: %d, %s", *kept.Shredded, kept.LastSweep)
	}
}

// TestFiguresWhenSomebodyIsSilent: the last word stays; of whom nothing was heard
// since the operator started keeps the figures as they were.
func TestFiguresWhenSomebodyIsSilent(t *testing.T) {
	f := newFleet()
	kept := &v1alpha1.RetentionPolicyStatus{Shredded: ptr.To[int64](9), FiguresTime: &metav1.Time{Time: noon.AddDate(0, 0, -1)}}
	f.tell("culture", "production", &status.RetentionReport{LastSweep: &noon, Shredded: 1})
	f.tell("justice", "production", &status.RetentionReport{LastSweep: &noon, Shredded: 2})
	f.look(t, kept, 0)
	if *kept.Shredded != 9 {
		t.Errorf("%d, without one of them", *kept.Shredded)
	}
	f.Reports.Answered(serverstatus.Key{Namespace: "clients", Tenant: "justice", Environment: "development"}, &status.Report{}, noon) // of a version that does not tell
	f.Reports.Silent(serverstatus.Key{Namespace: "clients", Tenant: "justice", Environment: "production"}, errors.New("silent"), noon)
	f.look(t, kept, 0)
	if *kept.Shredded != 3 {
		t.Errorf("%d, want 3", *kept.Shredded)
	}
	f.users = nil
	f.look(t, kept, 0)
	if kept.Shredded != nil || kept.FiguresTime != nil {
		t.Error("a policy that nobody uses has figures")
	}
}
