package sharingtenant

import (
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/serverstatus"
	"voute.dev/voute/internal/vault"
	"voute.dev/voute/internal/vault/memory"
	"voute.dev/voute/server/status"
)

const keysOfJustice = "justice.justice-production."

// closing is a tenant with one environment, whose keys are looked after.
type closing struct {
	t      *testing.T
	r      *Reconciler
	keeper *memory.Keeper
	tenant *v1alpha1.SharingTenant
	status v1alpha1.EnvironmentStatus
	report *status.RetentionReport
	now    time.Time
	news   []string
}

// newClosing begins on 10 November, with keys until the end of the month.
func newClosing(t *testing.T) *closing {
	c := &closing{t: t, keeper: memory.New("justice.justice-production.hold", "culture.culture-production.2026-11-10"), now: noon.AddDate(0, 0, -12)}
	for day := 10; day <= 30; day++ {
		c.keeper.Add(keysOfJustice + time.Date(2026, 11, day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
	}
	c.r = &Reconciler{}
	c.tenant = &v1alpha1.SharingTenant{ObjectMeta: metav1.ObjectMeta{Namespace: "justice", Name: "justice"}}
	c.status.Name = "production"
	c.report = &status.RetentionReport{}
	return c
}

// look is one look at the tenant; when the status is lost, as by a crash after it,
// what was done stays done.
func (c *closing) look(lost bool) *scope {
	c.t.Helper()
	e := &environment{
		Environment: v1alpha1.Environment{Name: "production"}, name: "justice-production", status: c.status.DeepCopy(),
		claim: &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{CreationTimestamp: metav1.Time{Time: noon.AddDate(0, 0, -12)}}},
	}
	if c.report != nil {
		report := *c.report
		if report.LastSweep == nil {
			report.LastSweep = &c.now
		}
		e.word = serverstatus.Word{Report: &status.Report{Retention: &report}, Time: c.now, Asked: c.now}
	}
	config := &configv1.PlatformConfiguration{TimeZone: "America/Toronto", Retention: configv1.Retention{KeyWaitDays: 7}}
	s := &scope{tenant: c.tenant, now: c.now, platform: &Platform{Vault: c.keeper, Config: config}, environments: []*environment{e}}
	if _, err := c.r.buckets(c.t.Context(), s); err != nil {
		c.t.Fatal(err)
	}
	if !lost {
		c.status = *e.status
		for _, each := range s.news {
			c.news = append(c.news, each.reason)
		}
	}
	return s
}

func (c *closing) left() (days []string) {
	c.t.Helper()
	c.keeper.Fail("")
	names, err := c.keeper.Keys(c.t.Context(), keysOfJustice)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, name := range names {
		days = append(days, strings.TrimPrefix(name, keysOfJustice))
	}
	return days
}

func (c *closing) first(want string) {
	c.t.Helper()
	if days := c.left(); days[0] != want || !slices.Contains(days, "hold") {
		c.t.Errorf("at %s the keys left are %v, want them from %s on, and hold", c.now, days, want)
	}
}

// TestKeysOfPastDaysGo one day after another, with no call in between.
func TestKeysOfPastDaysGo(t *testing.T) {
	c := newClosing(t)
	for range 5 {
		for range 24 {
			c.now = c.now.Add(time.Hour)
			c.look(false)
		}
	}
	c.first("2026-11-15")
	if c.status.KeysClosedThrough != "2026-11-14" || c.status.KeysWaitingSince != nil {
		t.Errorf("the status says %s, %v", c.status.KeysClosedThrough, c.status.KeysWaitingSince)
	}
	// Five days, and what of them is looked at again two days later.
	if calls := c.keeper.Writes(); calls != 5+3 {
		t.Errorf("Vault was asked %d times", calls)
	}
	if names, _ := c.keeper.Keys(t.Context(), "culture."); len(names) != 1 {
		t.Error("another tenant's key is gone")
	}
	if len(c.news) != 0 {
		t.Errorf("there is news: %v", c.news)
	}
}

// TestAwayForLong: what is due is made up for, a bounded number of days at a look.
func TestAwayForLong(t *testing.T) {
	c := newClosing(t)
	c.now = c.now.AddDate(0, 0, 70)
	c.look(false)
	if c.status.KeysClosedThrough != "2026-12-11" {
		t.Errorf("after one look: %s", c.status.KeysClosedThrough)
	}
	c.look(false)
	c.look(false)
	if c.status.KeysClosedThrough != "2027-01-18" || len(c.left()) != 1 {
		t.Errorf("after three looks: %s, and %v are left", c.status.KeysClosedThrough, c.left())
	}
}

// TestACrashAfterVault does it once more.
func TestACrashAfterVault(t *testing.T) {
	c := newClosing(t)
	c.now = c.now.AddDate(0, 0, 3)
	c.look(true)
	c.first("2026-11-13")
	c.look(false)
	c.first("2026-11-13")
	if c.status.KeysClosedThrough != "2026-11-12" || len(c.news) != 0 {
		t.Errorf("the status says %s, and there is news: %v", c.status.KeysClosedThrough, c.news)
	}
}

// TestVaultFails: nothing is lost, and it is told after a day.
func TestVaultFails(t *testing.T) {
	c := newClosing(t)
	c.now = c.now.AddDate(0, 0, 3)
	c.keeper.Fail(vault.Sealed)
	s := c.look(false)
	if s.tellBuckets(); len(s.tenant.Status.Conditions) != 1 || s.tenant.Status.Conditions[0].Reason != "VaultSealed" {
		t.Errorf("it tells %+v", s.tenant.Status.Conditions)
	}
	c.first("2026-11-10")
	c.look(false)
	c.first("2026-11-13")
}

// TestTheServersWord is waited for, told of, and at last done without.
func TestTheServersWord(t *testing.T) {
	for name, test := range map[string]struct {
		report *status.RetentionReport
		reason string
	}{
		"nobody answers":            {nil, "ServerSilent"},
		"a document is left":        {&status.RetentionReport{EarliestBucket: "2026-11-10"}, "DocumentsLeft"},
		"its clock has stood still": {&status.RetentionReport{LastSweep: &noonOnTheTenth}, "NotSwept"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClosing(t)
			c.report = test.report
			var told []string
			for hour := 0; c.status.KeysClosedThrough == "" && hour < 30*24; hour++ {
				c.now = c.now.Add(time.Hour)
				s := c.look(false)
				s.tenant.Status.Conditions = nil
				s.tellBuckets()
				if overdue := meta.FindStatusCondition(s.tenant.Status.Conditions, v1alpha1.KeysOverdueCondition); overdue != nil {
					told = append(told, overdue.Reason+overdue.Message)
				}
			}
			waited := c.now.Sub(time.Date(2026, 11, 11, 5, 0, 0, 0, time.UTC))
			if waited < 7*day+time.Hour || waited > 7*day+7*time.Hour {
				t.Errorf("it was waited for %s", waited)
			}
			if len(told) < 5*24 || told[0] != told[len(told)-2] || !strings.Contains(told[0], test.reason) || !strings.Contains(told[0], "2026-11-18T") {
				t.Errorf("told %d times: %s\nand last: %s", len(told), told[0], told[len(told)-2])
			}
			c.first("2026-11-11")
			if !slices.Equal(c.news, []string{"KeyDeletedUnconfirmed"}) {
				t.Errorf("the news are %v", c.news)
			}
		})
	}
}

var noonOnTheTenth = time.Date(2026, 11, 10, 17, 0, 0, 0, time.UTC)

// TestAClockThatJumps deletes nothing before people had their time.
func TestAClockThatJumps(t *testing.T) {
	c := newClosing(t)
	c.report = &status.RetentionReport{EarliestBucket: "2026-11-12"}
	c.now = c.now.AddDate(1, 0, 0)
	for range 6 * 24 {
		c.look(false)
		c.now = c.now.Add(time.Hour)
	}
	c.first("2026-11-12")
	c.now = c.now.AddDate(-1, 0, 0) // and back
	c.look(false)
	c.first("2026-11-12")
}

// TestAKeyThatCameToLifeAgain goes once more, within days.
func TestAKeyThatCameToLifeAgain(t *testing.T) {
	c := newClosing(t)
	c.now = c.now.AddDate(0, 0, 5)
	c.look(false)
	c.keeper.Add(keysOfJustice + "2026-11-13")
	for range 3 {
		c.now = c.now.AddDate(0, 0, 1)
		c.look(false)
	}
	c.first("2026-11-18")
	if !slices.Equal(c.news, []string{"KeyReborn"}) {
		t.Errorf("the news are %v", c.news)
	}
}
