package billing

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"k8s.io/utils/ptr"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/conditions"
	"voute.dev/voute/internal/tariff"
)

// Billable says why an intervention cannot be billed, once it is done. Tenant is the
// one that it names; nil where there is none.
func Billable(intervention *v1alpha1.Intervention, tenant *v1alpha1.SharingTenant, zone *time.Location) error {
	spec := intervention.Spec
	_, err := time.ParseInLocation(time.DateOnly, spec.DoneOn, zone)
	switch {
	case tenant == nil:
		return conditions.Stall("NoSuchTenant", "there is no SharingTenant %s in this namespace: correct spec.tenantRef, or delete this intervention.", spec.TenantRef.Name)
	case !slices.ContainsFunc(tenant.Spec.Organization.Delegates, func(d string) bool { return strings.EqualFold(d, spec.RequestedBy) }):
		return conditions.Stall("NotADelegate", "whoever spec.requestedBy names is not one of spec.organization.delegates of SharingTenant %s: only they may ask for billable work. "+
			"Add the delegate there, correct the name, or set billable to false.", spec.TenantRef.Name)
	case spec.DoneOn != "" && err != nil:
		return conditions.Stall("NoSuchDay", "spec.doneOn: there is no day %s: correct it.", spec.DoneOn)
	case spec.Hours == "":
		return nil
	}
	_, err = quarters(spec.Hours)
	return err
}

// IsDone says whether the work is done, as far as its day says so.
func IsDone(intervention *v1alpha1.Intervention, zone *time.Location, now time.Time) bool {
	done, err := time.ParseInLocation(time.DateOnly, intervention.Spec.DoneOn, zone)
	return err == nil && !done.After(now)
}

// IsFree says whether an intervention is one that the client does not pay.
func IsFree(intervention *v1alpha1.Intervention) bool {
	return !ptr.Deref(intervention.Spec.Billable, true)
}

// Line is how a statement has an intervention.
func Line(intervention *v1alpha1.Intervention) v1alpha1.BilledIntervention {
	return v1alpha1.BilledIntervention{
		UID: string(intervention.UID), Name: intervention.Name, DoneOn: intervention.Spec.DoneOn, Hours: intervention.Spec.Hours,
	}
}

// Fold brings the interventions of a statement up to date: there are those that are
// to be on it, and what was recorded of those that are gone. Known are all that the
// cluster has, by their UID.
func Fold(statement *v1alpha1.BillingStatement, lines []v1alpha1.BilledIntervention, known map[string]bool) {
	all := slices.Clone(lines)
	for _, recorded := range statement.Spec.Interventions {
		if !known[recorded.UID] {
			all = append(all, recorded)
		}
	}
	slices.SortFunc(all, func(a, b v1alpha1.BilledIntervention) int {
		return strings.Compare(a.DoneOn+" "+a.UID, b.DoneOn+" "+b.UID)
	})
	if len(all) == 0 {
		all = nil
	}
	statement.Spec.Interventions = all
}

// Has says whether a statement bills an intervention.
func Has(statement *v1alpha1.BillingStatement, uid string) bool {
	return slices.ContainsFunc(statement.Spec.Interventions, func(b v1alpha1.BilledIntervention) bool { return b.UID == uid })
}

// Amount is what a statement bills for one intervention.
func Amount(statement *v1alpha1.BillingStatement, uid string) (string, error) {
	alone := statement.DeepCopy()
	alone.Spec.Interventions = slices.DeleteFunc(alone.Spec.Interventions, func(b v1alpha1.BilledIntervention) bool { return b.UID != uid })
	amounts, err := Compute(alone)
	return amounts.Interventions, err
}

// MonthDone is the month in which an intervention was done.
func MonthDone(doneOn string) (tariff.Month, error) {
	if len(doneOn) < len("2026-11") {
		return tariff.Month{}, fmt.Errorf("%q is not a day: write it like 2026-11-22", doneOn)
	}
	return tariff.ParseMonth(doneOn[:len("2026-11")])
}

func worksOf(lines []v1alpha1.BilledIntervention, zone *time.Location) ([]tariff.Work, error) {
	works := make([]tariff.Work, 0, len(lines))
	for _, line := range lines {
		done, err := time.ParseInLocation(time.DateOnly, line.DoneOn, zone)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", line.Name, err)
		}
		count, err := quarters(line.Hours)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", line.Name, err)
		}
		works = append(works, tariff.Work{Name: line.Name, Done: done, Quarters: count})
	}
	return works, nil
}

// quarters of an hour in decimal text.
func quarters(hours string) (int64, error) {
	text, ok := new(big.Rat).SetString(hours)
	if !ok || strings.ContainsAny(hours, "/eE") {
		return 0, conditions.Stall("NoSuchTime", "spec.hours: %q is no number of hours: write one like \"1.25\".", hours)
	}
	count := text.Mul(text, big.NewRat(4, 1))
	if !count.IsInt() || count.Sign() <= 0 || !count.Num().IsInt64() {
		return 0, conditions.Stall("NoSuchTime", "spec.hours: %q is not in steps of a quarter of an hour: write one like \"1.25\".", hours)
	}
	return count.Num().Int64(), nil
}
