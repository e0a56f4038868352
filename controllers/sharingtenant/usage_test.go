package sharingtenant

import (
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"pgregory.net/rapid"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/server/status"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func shown(quota, used int64) *environment {
	return &environment{status: &v1alpha1.EnvironmentStatus{
		Quota: resource.NewQuantity(quota, resource.DecimalSI), Used: resource.NewQuantity(used, resource.DecimalSI),
		UsedPercent: percent(used, quota), UsageTime: &metav1.Time{Time: noon},
	}}
}

func TestMoved(t *testing.T) {
	const twenty, two = 20 * gigabyte, 2 * gigabyte
	for name, test := range map[string]struct {
		shown       *environment
		quota, used int64
		later       time.Duration
		want        bool
	}{
		"nothing is shown yet":          {&environment{status: &v1alpha1.EnvironmentStatus{}}, twenty, 0, 0, true},
		"the same":                      {shown(twenty, 0), twenty, 0, 0, false},
		"a little":                      {shown(twenty, 0), twenty, 49 * megabyte, 0, false},
		"50 MB":                         {shown(twenty, 0), twenty, 50 * megabyte, 0, true},
		"50 MB less":                    {shown(twenty, 100*megabyte), twenty, 50 * megabyte, 0, true},
		"1 % of a small quota":          {shown(two, 0), two, 20 * megabyte, 0, true},
		"less than 1 % of it":           {shown(two, 0), two, 19 * megabyte, 0, false},
		"another quota":                 {shown(twenty, 0), two, 0, 0, true},
		"empty again":                   {shown(twenty, 3*megabyte), twenty, 0, 0, true},
		"a little, a day ago":           {shown(twenty, 0), twenty, 2 * megabyte, 24 * time.Hour, true},
		"a little, not quite a day ago": {shown(twenty, 0), twenty, 2 * megabyte, 24*time.Hour - 1, false},
		"the same for a day":            {shown(twenty, megabyte), twenty, 3, 24 * time.Hour, false},
	} {
		if got := test.shown.moved(test.quota, test.used, noon.Add(test.later)); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

// What the status shows is never farther off than it may be, and a report
// taken over twice changes nothing.
func TestTakeOverProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := &environment{status: &v1alpha1.EnvironmentStatus{}}
		quota := rapid.Int64Range(1, 50).Draw(t, "quota") * gigabyte
		for range rapid.IntRange(1, 8).Draw(t, "reports") {
			used := rapid.Int64Range(0, quota).Draw(t, "used")
			report := &status.Report{Version: "0.1.0", Storage: status.StorageReport{QuotaBytes: quota, UsedBytes: used}}
			e.takeOver(report, noon)
			before := e.status.DeepCopy()
			e.takeOver(report, noon)
			if before.Used.Value() != e.status.Used.Value() {
				t.Fatal("the same report moved the status")
			}
			if off := e.status.Used.Value() - used; off < -smallStep || off >= smallStep+megabyte || (off != 0 && (off < -quota/100 && quota >= 100*megabyte)) {
				t.Fatalf("shown %s, used %d of %d", e.status.Used, used, quota)
			}
			if p := *e.status.UsedPercent; p < 0 || p > 100 {
				t.Fatalf("%d %%", p)
			}
		}
	})
}

func TestPercent(t *testing.T) {
	for _, test := range []struct {
		used, quota int64
		want        *int32
	}{
		{0, 20 * gigabyte, ptr.To[int32](0)},
		{199_999_999, 20 * gigabyte, ptr.To[int32](0)},
		{200_000_000, 20 * gigabyte, ptr.To[int32](1)},
		{20 * gigabyte, 20 * gigabyte, ptr.To[int32](100)},
		{30 * gigabyte, 20 * gigabyte, ptr.To[int32](150)},
		{5, 0, nil},
	} {
		if got := percent(test.used, test.quota); (got == nil) != (test.want == nil) || (got != nil && *got != *test.want) {
			t.Errorf("%d of %d: %v, want %v", test.used, test.quota, got, test.want)
		}
	}
}

// A quota that is nearly used up is told once for each level, and once when it is
// over; the condition keeps its words while the level lasts.
func TestStorageLevels(t *testing.T) {
	const quota = 20 * gigabyte
	tenant := &v1alpha1.SharingTenant{}
	tell := func(percent, reserved int64) (reasons []string, condition string) {
		s := &scope{tenant: tenant.DeepCopy(), before: *tenant.Status.DeepCopy(), now: noon}
		e := &environment{Environment: v1alpha1.Environment{Name: v1alpha1.ProductionEnvironment}, status: s.statusOf(v1alpha1.ProductionEnvironment)}
		s.environments = []*environment{e}
		e.takeOver(&status.Report{Storage: status.StorageReport{QuotaBytes: quota, UsedBytes: quota / 100 * percent, ReservedBytes: reserved}}, noon)
		s.tenant.Status.Conditions = nil
		s.tellStorage()
		for _, each := range s.news {
			reasons = append(reasons, each.reason)
		}
		s.tenant.Status.Environments = []v1alpha1.EnvironmentStatus{*e.status}
		tenant = s.tenant
		if found := meta.FindStatusCondition(tenant.Status.Conditions, v1alpha1.StorageLowCondition); found != nil {
			condition = found.Reason + ": " + found.Message
		}
		return reasons, condition
	}
	last := ""
	for _, step := range []struct {
		percent int64
		news    string
		reason  string
	}{
		{79, "", ""}, {80, "QuotaWarning", "QuotaWarning"}, {79, "", "QuotaWarning"}, {96, "QuotaCritical", "QuotaCritical"}, {93, "", "QuotaCritical"},
		{85, "", "QuotaWarning"}, {50, "QuotaNormal", ""}, {99, "QuotaCritical", "QuotaCritical"},
	} {
		news, condition := tell(step.percent, 0)
		if strings.Join(news, " ") != step.news || !strings.HasPrefix(condition, step.reason) || (step.reason == "") != (condition == "") {
			t.Errorf("at %d %% it tells %v, and %q", step.percent, news, condition)
		}
		if last != "" && condition != "" && strings.HasPrefix(last, step.reason+":") && condition != last {
			t.Errorf("the words change from %q to %q", last, condition)
		}
		last = condition
	}
	if tell(99, 100*megabyte); tenant.Status.Environments[0].Reserved.Value() != 100*megabyte {
		t.Errorf("reserved is %v", tenant.Status.Environments[0].Reserved)
	}
	if tell(99, 0); tenant.Status.Environments[0].Reserved != nil {
		t.Errorf("reserved is still %v", tenant.Status.Environments[0].Reserved)
	}
}

// A smaller quota is in force as far down as documents let it be.
func TestHolds(t *testing.T) {
	for _, test := range []struct{ inForce, used, asked, want int64 }{
		{0, 0, 20, 20}, {35, 10, 20, 20}, {35, 22, 20, 22}, {35, 34, 50, 50}, {35, 36, 20, 35},
	} {
		e := &environment{status: &v1alpha1.EnvironmentStatus{}}
		if test.inForce > 0 {
			e = shown(test.inForce*gigabyte, test.used*gigabyte-megabyte)
		}
		if got := e.holds(test.asked); got != test.want {
			t.Errorf("of %d GB with %d used, %d asked for: %d, want %d", test.inForce, test.used, test.asked, got, test.want)
		}
	}
}
