package billing_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/billing"
	"voute.dev/voute/internal/conditions"
)

func work(uid, doneOn, hours string) *v1alpha1.Intervention {
	i := &v1alpha1.Intervention{Spec: v1alpha1.InterventionSpec{RequestedBy: "marie@justice.example", Hours: hours, DoneOn: doneOn}}
	i.UID, i.Name, i.Spec.TenantRef.Name = types.UID(uid), "work-"+uid, "justice"
	return i
}

func TestBillable(t *testing.T) {
	tenant := &v1alpha1.SharingTenant{}
	tenant.Spec.Organization.Delegates = []string{"Marie@justice.example"}
	for name, test := range map[string]struct {
		change func(*v1alpha1.Intervention)
		tenant *v1alpha1.SharingTenant
		want   string
	}{
		"done":           {func(*v1alpha1.Intervention) {}, tenant, ""},
		"no tenant":      {func(*v1alpha1.Intervention) {}, nil, "NoSuchTenant"},
		"somebody":       {func(i *v1alpha1.Intervention) { i.Spec.RequestedBy = "paul@justice.example" }, tenant, "NotADelegate"},
		"not done":       {func(i *v1alpha1.Intervention) { i.Spec.DoneOn, i.Spec.Hours = "", "" }, tenant, ""},
		"no such day":    {func(i *v1alpha1.Intervention) { i.Spec.DoneOn = "2026-02-30" }, tenant, "NoSuchDay"},
		"a third":        {func(i *v1alpha1.Intervention) { i.Spec.Hours = "0.33" }, tenant, "NoSuchTime"},
		"as a fraction":  {func(i *v1alpha1.Intervention) { i.Spec.Hours = "1/4" }, tenant, "NoSuchTime"},
		"less than none": {func(i *v1alpha1.Intervention) { i.Spec.Hours = "-1" }, tenant, "NoSuchTime"},
	} {
		t.Run(name, func(t *testing.T) {
			i := work("1", "2026-11-22", "1.25")
			test.change(i)
			got := billing.Billable(i, test.tenant, zone)
			if test.want == "" && got != nil || test.want != "" && conditions.Classify(got).Reason != test.want {
				t.Errorf("it says %v, want %s", got, test.want)
			}
			if got != nil && strings.Contains(got.Error(), "@") {
				t.Errorf("an address is in %v", got)
			}
		})
	}
	now := at("2026-11-22 00:00")
	for day, want := range map[string]bool{"": false, "2026-11-22": true, "2026-11-23": false, "2026-02-30": false} {
		if billing.IsDone(work("1", day, "1"), zone, now) != want {
			t.Errorf("work of %q is done: %v", day, !want)
		}
	}
	free := work("1", "", "")
	if free.Spec.Billable = ptr.To(false); !billing.IsFree(free) || billing.IsFree(work("1", "", "")) {
		t.Error("billable is what is not said to be free")
	}
}

func TestFold(t *testing.T) {
	cfg := config(configv1.PriceChange{From: "2026-11-16", InterventionHour: "140.00"})
	statement := open(t, cfg, at("2026-11-01 00:00"), 20)
	first, second := billing.Line(work("b", "2026-11-15", "1")), billing.Line(work("a", "2026-11-16", "0.75"))
	amounts := func() []string {
		t.Helper()
		if err := billing.Refresh(statement, cfg); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, each := range statement.Spec.Interventions {
			names = append(names, each.UID)
		}
		return append(names, statement.Amounts.Interventions, statement.Amounts.Total)
	}
	check := func(what string, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, amounts()); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	both := map[string]bool{"a": true, "b": true}
	billing.Fold(statement, []v1alpha1.BilledIntervention{second, first}, both)
	check("two, by their day, each at its price", "b", "a", "238.00", "529.67")
	if amount, err := billing.Amount(statement, "a"); err != nil || amount != "105.00" {
		t.Errorf("one comes to %s, %v", amount, err)
	}
	billing.Fold(statement, []v1alpha1.BilledIntervention{first}, both)
	check("one is withdrawn", "b", "133.00", "424.67")
	billing.Fold(statement, nil, map[string]bool{"a": true})
	check("what is recorded of one that is gone stays", "b", "133.00", "424.67")
	if !billing.Has(statement, "b") || billing.Has(statement, "a") {
		t.Error("it has what it bills")
	}
	billing.Fold(statement, nil, both)
	check("none", "0.00", "291.67")
}
