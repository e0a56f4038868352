package status

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/plugin/golden"
)

var now = time.Date(2026, 11, 23, 13, 0, 0, 0, time.UTC)

func quebec(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("America/Toronto")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// fixtures are all tenants of testdata, by the names of their files.
func fixtures(t *testing.T) (names []string, tenants []Tenant) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d fixtures, %v: the test proves nothing", len(files), err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		names = append(names, strings.TrimSuffix(name, ".yaml"))
		tenants = append(tenants, Of(golden.Read[v1alpha1.SharingTenant](t, name)))
	}
	return names, tenants
}

func TestPages(t *testing.T) {
	names, tenants := fixtures(t)
	for i, name := range names {
		t.Run(name, func(t *testing.T) {
			golden.Compare(t, name+".txt", Page(tenants[i], now, quebec(t)))
		})
	}
}

func TestTable(t *testing.T) {
	_, tenants := fixtures(t)
	golden.Compare(t, "table.txt", Table(tenants, now, quebec(t)))
}

func TestJSON(t *testing.T) {
	text, err := json.MarshalIndent(Of(golden.Read[v1alpha1.SharingTenant](t, "pending.yaml")), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden.Compare(t, "pending.json", string(text)+"\n")
}

// What the table says under a heading is what kubectl says under it.
func TestHeadingsAreKubectls(t *testing.T) {
	kinds, err := os.ReadFile("../../../config/crd/bases/sharing.voute.dev_sharingtenants.yaml")
	if err != nil {
		t.Fatal(err)
	}
	known := append([]string{"NAMESPACE", "NAME"}, Own...)
	for _, column := range regexp.MustCompile(`(?m)^ {6}name: (\S+)$`).FindAllStringSubmatch(string(kinds), -1) {
		known = append(known, column[1])
	}
	for _, own := range Own {
		if slices.Contains(known[2+len(Own):], own) {
			t.Errorf("kubectl has a column %s now: show what it shows", own)
		}
	}
	for _, heading := range Headings {
		if !slices.Contains(known, heading) {
			t.Errorf("kubectl get sharingtenants has no column %s: %v", heading, known)
		}
	}
}

// TestConditions: those that are as they should be, and only those, are left out.
func TestConditions(t *testing.T) {
	for _, test := range []struct {
		kind   string
		status metav1.ConditionStatus
		told   bool
	}{
		{v1alpha1.StorageReadyCondition, metav1.ConditionTrue, false},
		{v1alpha1.StorageReadyCondition, metav1.ConditionFalse, true},
		{v1alpha1.StorageReadyCondition, metav1.ConditionUnknown, true},
		{v1alpha1.StalledCondition, metav1.ConditionTrue, true},
		{v1alpha1.SuspendedCondition, metav1.ConditionTrue, true},
		{"SomethingNew", metav1.ConditionTrue, true},
		{"SomethingNew", metav1.ConditionFalse, false},
	} {
		tenant := &v1alpha1.SharingTenant{}
		tenant.Status.Conditions = []metav1.Condition{{Type: test.kind, Status: test.status}}
		if got := len(Of(tenant).Conditions) > 0; got != test.told {
			t.Errorf("%s=%s is told: %v; want %v", test.kind, test.status, got, test.told)
		}
	}
}

// TestDaysUntilFull: days are counted by the calendar, and not by hours.
func TestDaysUntilFull(t *testing.T) {
	for _, test := range []struct {
		fullOn, now string
		days        int
		words       string
	}{
		{"", "2026-11-23T13:00:00Z", 0, ""},
		{"2026-11-23", "2026-11-23T23:59:59Z", 0, "full today, 2026-11-23, at the present rate"},
		{"2026-11-24", "2026-11-23T23:59:59Z", 1, "full tomorrow, 2026-11-24, at the present rate"},
		{"2026-11-24", "2026-11-23T00:00:00Z", 1, "full tomorrow, 2026-11-24, at the present rate"},
		{"2027-03-14", "2026-11-23T13:00:00Z", 111, "full on 2027-03-14 at the present rate, in 111 days"},
		{"2026-11-20", "2026-11-23T13:00:00Z", -3, "was to be full on 2026-11-20 at the rate of that time"},
	} {
		at, err := time.Parse(time.RFC3339, test.now)
		if err != nil {
			t.Fatal(err)
		}
		e := Environment{FullOn: test.fullOn}
		days, known := e.DaysUntilFull(at.In(quebec(t)))
		words := (&writer{now: at, zone: quebec(t)}).full(e)
		if days != test.days || known != (test.fullOn != "") || words != test.words {
			t.Errorf("%q at %s: %d days, known %v, %q; want %d, %q", test.fullOn, test.now, days, known, words, test.days, test.words)
		}
	}
}
