package billing

import (
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/tariff"
)

// Name is that of a tenant's statement of a month. No dot is in a namespace's name,
// nor in that of a month: no two are the same.
func Name(tenant types.NamespacedName, month tariff.Month) string {
	return tenant.Namespace + "." + tenant.Name + "." + month.String()
}

// Open begins a tenant's statement of a month with an allocation, in GB, that took
// effect at an instant.
func Open(cfg *configv1.PlatformConfiguration, namespace string, of v1alpha1.TenantReference, organization string, month tariff.Month, from time.Time, gb int64) (*v1alpha1.BillingStatement, error) {
	tenant := types.NamespacedName{Namespace: of.Namespace, Name: of.Name}
	statement := &v1alpha1.BillingStatement{
		TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "BillingStatement"},
		ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: Name(tenant, month),
			Labels: map[string]string{v1alpha1.TenantLabel: of.Name, v1alpha1.TenantNamespaceLabel: of.Namespace, v1alpha1.OpenLabel: "true"},
		},
		Spec: v1alpha1.BillingStatementSpec{
			TenantRef: of, Organization: organization, Month: month.String(), TimeZone: cfg.TimeZone,
			Allocations: []v1alpha1.AllocationFrom{allocation(from, gb)},
		},
	}
	return statement, Refresh(statement, cfg)
}

// Next is the statement of the month after, with the allocation that goes on; nil
// where the service has ended.
func Next(statement *v1alpha1.BillingStatement, cfg *configv1.PlatformConfiguration) (*v1alpha1.BillingStatement, error) {
	last := Last(statement)
	if *last.AllocatedGB == 0 {
		return nil, nil
	}
	month, err := tariff.ParseMonth(statement.Spec.Month)
	if err != nil {
		return nil, err
	}
	return Open(cfg, statement.Namespace, statement.Spec.TenantRef, statement.Spec.Organization, month.Next(), last.From.Time, *last.AllocatedGB)
}

// End is the first instant that is no longer in a statement's month.
func End(statement *v1alpha1.BillingStatement) (time.Time, error) {
	_, end, err := Span(statement)
	return end, err
}

// IsClosed says that nothing in it changes any more.
func IsClosed(statement *v1alpha1.BillingStatement) bool { return statement.ClosedTime != nil }

// Close makes a statement final.
func Close(statement *v1alpha1.BillingStatement, now time.Time) {
	statement.ClosedTime = &metav1.Time{Time: now.Truncate(time.Second)}
	delete(statement.Labels, v1alpha1.OpenLabel)
}

// Last is the allocation that was recorded last.
func Last(statement *v1alpha1.BillingStatement) v1alpha1.AllocationFrom {
	return statement.Spec.Allocations[len(statement.Spec.Allocations)-1]
}

// Record notes an allocation, in GB, that took effect at an instant, and says
// whether that is news. Of a day it keeps what counts: what was allocated last, and
// whether the service has ended since.
func Record(statement *v1alpha1.BillingStatement, at time.Time, gb int64) (bool, error) {
	last := Last(statement)
	if *last.AllocatedGB == gb {
		return false, nil
	}
	if at.Before(last.From.Time) {
		at = last.From.Time // the clock went back: what comes later counts
	}
	_, zone, err := place(statement)
	if err != nil {
		return false, err
	}
	all := slices.DeleteFunc(slices.Clone(statement.Spec.Allocations), func(a v1alpha1.AllocationFrom) bool { return isOutdone(a, at, gb, zone) })
	all = append(all, allocation(at, gb))
	statement.Spec.Allocations = all
	return true, nil
}

// isOutdone: what comes on the same day counts in its place. An end of the service
// leaves what was allocated before it on that day.
func isOutdone(a v1alpha1.AllocationFrom, at time.Time, gb int64, zone *time.Location) bool {
	sameDay := a.From.In(zone).Format(time.DateOnly) == at.In(zone).Format(time.DateOnly)
	return sameDay && gb > 0
}

func allocation(from time.Time, gb int64) v1alpha1.AllocationFrom {
	return v1alpha1.AllocationFrom{From: metav1.Time{Time: from.UTC().Truncate(time.Second)}, AllocatedGB: ptr.To(gb)}
}

// HasPrices says whether a statement has the prices of the platform.
func HasPrices(statement *v1alpha1.BillingStatement, cfg *configv1.PlatformConfiguration) (bool, error) {
	prices, err := pricesIn(statement.Spec.Month, cfg)
	return slices.Equal(prices, statement.Spec.Prices) && statement.Spec.Currency == cfg.Tariff.Currency, err
}

// Refresh takes over the prices of the platform, and computes the amounts anew.
func Refresh(statement *v1alpha1.BillingStatement, cfg *configv1.PlatformConfiguration) error {
	prices, err := pricesIn(statement.Spec.Month, cfg)
	if err != nil {
		return err
	}
	statement.Spec.Prices, statement.Spec.Currency = prices, cfg.Tariff.Currency
	amounts, err := Compute(statement)
	if err != nil {
		return err
	}
	statement.Amounts = amounts
	return nil
}

// Compute gives the amounts of a statement from what it has recorded.
func Compute(statement *v1alpha1.BillingStatement) (v1alpha1.Amounts, error) {
	whole, err := Priced(statement)
	if err != nil {
		return v1alpha1.Amounts{}, err
	}
	return amountsOf(whole, *Last(statement).AllocatedGB), nil
}

// Priced is a statement with the price of each of its days and interventions.
func Priced(statement *v1alpha1.BillingStatement) (tariff.Statement, error) {
	month, zone, err := place(statement)
	if err != nil {
		return tariff.Statement{}, err
	}
	schedule, err := tariff.NewSchedule(tariffOf(statement.Spec.Prices, statement.Spec.Currency))
	if err != nil {
		return tariff.Statement{}, fmt.Errorf("read the prices of BillingStatement %s: %w", statement.Name, err)
	}
	works, err := worksOf(statement.Spec.Interventions, zone)
	if err != nil {
		return tariff.Statement{}, fmt.Errorf("read the interventions of BillingStatement %s: %w", statement.Name, err)
	}
	allocations := make([]tariff.Allocation, 0, len(statement.Spec.Allocations))
	for _, each := range statement.Spec.Allocations {
		allocations = append(allocations, tariff.Allocation{From: each.From.Time, GB: *each.AllocatedGB})
	}
	return tariff.Compute(month, zone, schedule, allocations, works)
}

// Span is a statement's month, from its first instant to the first one after it, in
// the zone of the statement.
func Span(statement *v1alpha1.BillingStatement) (start, end time.Time, err error) {
	month, zone, err := place(statement)
	if err != nil {
		return time.Time{}, time.Time{}, err
	}
	return month.Begin(zone), month.Next().Begin(zone), nil
}

func amountsOf(whole tariff.Statement, gb int64) v1alpha1.Amounts {
	amounts := v1alpha1.Amounts{
		AllocatedGB: ptr.To(gb), Subscription: whole.Subscription.String(), AdditionalGB: whole.Additional.String(),
		Storage: whole.Storage.String(), Interventions: whole.Interventions.String(), Total: whole.Total.String(),
	}
	for _, each := range whole.Stretches {
		amounts.Stretches = append(amounts.Stretches, v1alpha1.BilledStretch{
			FirstDay: int32(each.First), LastDay: int32(each.Last), //nolint:gosec // days of a month
			AllocatedGB: each.Quote.AllocatedGB, Annual: each.Quote.Annual.String(),
		})
	}
	return amounts
}

func place(statement *v1alpha1.BillingStatement) (tariff.Month, *time.Location, error) {
	month, err := tariff.ParseMonth(statement.Spec.Month)
	if err != nil {
		return tariff.Month{}, nil, fmt.Errorf("read BillingStatement %s: %w", statement.Name, err)
	}
	zone, err := time.LoadLocation(statement.Spec.TimeZone)
	if err != nil {
		return tariff.Month{}, nil, fmt.Errorf("read BillingStatement %s: spec.timeZone: %w", statement.Name, err)
	}
	return month, zone, nil
}

// pricesIn are those of the platform that hold in a month.
func pricesIn(text string, cfg *configv1.PlatformConfiguration) ([]v1alpha1.PricesFrom, error) {
	month, err := tariff.ParseMonth(text)
	if err != nil {
		return nil, err
	}
	schedule, err := tariff.NewSchedule(cfg.Tariff)
	if err != nil {
		return nil, err
	}
	return pricesOf(schedule.Until(month)), nil
}

// pricesOf and tariffOf turn a tariff into what a statement keeps of it, and back.
func pricesOf(whole configv1.Tariff) []v1alpha1.PricesFrom {
	prices := []v1alpha1.PricesFrom{{
		SubscriptionAnnual: whole.SubscriptionAnnual, IncludedGB: whole.IncludedGB,
		AdditionalGBAnnual: whole.AdditionalGBAnnual, InterventionHour: whole.InterventionHour,
	}}
	for _, later := range whole.Changes {
		prices = append(prices, v1alpha1.PricesFrom{
			From: later.From, SubscriptionAnnual: later.SubscriptionAnnual, IncludedGB: later.IncludedGB,
			AdditionalGBAnnual: later.AdditionalGBAnnual, InterventionHour: later.InterventionHour,
		})
	}
	return prices
}

func tariffOf(prices []v1alpha1.PricesFrom, currency string) configv1.Tariff {
	whole := configv1.Tariff{
		SubscriptionAnnual: prices[0].SubscriptionAnnual, IncludedGB: prices[0].IncludedGB,
		AdditionalGBAnnual: prices[0].AdditionalGBAnnual, InterventionHour: prices[0].InterventionHour, Currency: currency,
	}
	for _, later := range prices[1:] {
		whole.Changes = append(whole.Changes, configv1.PriceChange{
			From: later.From, SubscriptionAnnual: later.SubscriptionAnnual, IncludedGB: later.IncludedGB,
			AdditionalGBAnnual: later.AdditionalGBAnnual, InterventionHour: later.InterventionHour,
		})
	}
	return whole
}
