package windows

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/calendar"
	"voute.dev/voute/internal/platform"
	"voute.dev/voute/internal/plugin/golden"
)

// load is the platform's file as it is installed, with something added.
func load(t testing.TB, added string) *configv1.PlatformConfiguration {
	t.Helper()
	file, err := os.ReadFile("../../../config/default/platform.yaml")
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := platform.Load(append(file, "\n"+added...))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

var monday = time.Date(2026, 11, 23, 13, 0, 0, 0, time.UTC)

func TestPages(t *testing.T) {
	freezes := `calendar: {freezes: [{from: "2026-12-14", to: "2027-01-05"}], holidays: {added: ["2026-12-11"]}}`
	for name, test := range map[string]struct {
		file   string
		tenant *v1alpha1.SharingTenant
		now    time.Time
		many   int
	}{
		"platform": {now: monday, many: 5},
		"holidays": {file: freezes, now: monday.AddDate(0, 0, 16), many: 5},
		"tenant": {file: freezes, now: monday.AddDate(0, 0, 16), many: 3, tenant: tenant(v1alpha1.Calendar{
			TimeZone:      "America/Blanc-Sablon",
			BusinessHours: []v1alpha1.Window{{Days: []v1alpha1.Weekday{"Monday", "Wednesday"}, From: "22:00", To: "02:00"}, {Days: []v1alpha1.Weekday{"Friday"}, From: "20:00", To: "24:00"}},
			Freezes:       []v1alpha1.Freeze{{From: "2027-01-06", To: "2027-01-08"}, {From: "2029-01-01", To: "2029-01-02"}},
		})},
		"open-now": {now: monday.Add(2 * time.Hour), many: 1},
		"clocks":   {now: time.Date(2026, 10, 31, 12, 0, 0, 0, time.UTC), many: 1, tenant: tenant(v1alpha1.Calendar{MaintenanceWindows: []v1alpha1.Window{{Days: []v1alpha1.Weekday{"Sunday"}, From: "00:30", To: "04:00"}}})},
	} {
		t.Run(name, func(t *testing.T) {
			w, err := Next(load(t, test.file), test.tenant, test.now, test.many)
			if err != nil {
				t.Fatal(err)
			}
			golden.Compare(t, name+".txt", Page(w))
			text, err := json.MarshalIndent(w, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden.Compare(t, name+".json", string(text)+"\n")
		})
	}
}

func tenant(own v1alpha1.Calendar) *v1alpha1.SharingTenant {
	return &v1alpha1.SharingTenant{
		ObjectMeta: metav1.ObjectMeta{Namespace: "culture", Name: "culture"},
		Spec:       v1alpha1.SharingTenantSpec{Calendar: own},
	}
}

func TestACalendarThatCannotBe(t *testing.T) {
	short := tenant(v1alpha1.Calendar{MaintenanceWindows: []v1alpha1.Window{{Days: []v1alpha1.Weekday{"Sunday"}, From: "06:00", To: "06:05"}}})
	_, err := Next(load(t, ""), short, monday, 1)
	const want = "the calendar of culture/culture: maintenanceWindows: the longest has 5 minutes, and a change is expected to take 10: none could ever start"
	if err == nil || err.Error() != want {
		t.Errorf("%v; want %s", err, want)
	}
}

// What is told is what the calendar says at that very instant, and what lies
// between two openings is closed. A freeze is told where it takes an opening away.
func TestOpeningsAreTheCalendars(t *testing.T) {
	cfg := load(t, "")
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(rapid.Int64Range(1_700_000_000, 1_900_000_000).Draw(t, "now"), 0)
		first := now.AddDate(0, 0, rapid.IntRange(-20, 30).Draw(t, "freeze begins"))
		last := first.AddDate(0, 0, rapid.IntRange(0, 20).Draw(t, "freeze lasts"))
		own := tenant(v1alpha1.Calendar{Freezes: []v1alpha1.Freeze{{From: first.Format(time.DateOnly), To: last.Format(time.DateOnly)}}})
		w, err := Next(cfg, own, now, 6)
		if err != nil {
			t.Fatal(err)
		}
		when, err := platform.Calendar(cfg, own.Spec.Calendar)
		if err != nil {
			t.Fatal(err)
		}
		for _, hours := range w.Hours {
			before := now
			for _, o := range hours.Next {
				if class := hours.Classes[0]; !when.IsOpen(class, o.From) || when.IsOpen(class, o.To) || o.From.After(before) && when.Closed(class, before, o.From) != o.From.Sub(before) {
					t.Fatalf("%s: %s–%s is not an opening after %s", class, o.From, o.To, before)
				}
				before = o.To
			}
			wantFreeze(t, cfg, own, hours, now)
		}
	})
}

// wantFreeze compares with a calendar that has no freeze.
func wantFreeze(t *rapid.T, cfg *configv1.PlatformConfiguration, own *v1alpha1.SharingTenant, hours Hours, now time.Time) {
	free, err := platform.Calendar(cfg, v1alpha1.Calendar{})
	if err != nil {
		t.Fatal(err)
	}
	frozen, err := platform.Calendar(cfg, own.Spec.Calendar)
	if err != nil {
		t.Fatal(err)
	}
	end := hours.Next[len(hours.Next)-1].To
	class := hours.Classes[0]
	taken := free.Closed(class, now, end) != frozen.Closed(class, now, end)
	told := slices.ContainsFunc(hours.Closed, func(c Closing) bool { return strings.HasPrefix(c.Why, "freeze") })
	if taken && !told || told && !taken && class != calendar.Fix {
		t.Fatalf("%s: the freeze takes something away: %v; told: %v (%s)", class, taken, told, fmt.Sprint(hours.Closed))
	}
}
