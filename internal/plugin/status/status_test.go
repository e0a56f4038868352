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
	golden.Compare(t, "table.txt", Table(tenants, quebec(t)))
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
	known := []string{"NAMESPACE", "NAME", "STARTS"}
	for _, column := range regexp.MustCompile(`(?m)^ {6}name: (\S+)$`).FindAllStringSubmatch(string(kinds), -1) {
		known = append(known, column[1])
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
