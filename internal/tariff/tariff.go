// Package tariff turns an allocation into money, in whole cents and without
// floating point.
//
// A year costs the subscription plus the price of every allocated GB above
// what the subscription includes:
//
//	annual = subscription + max(0, allocated − included) × additional
//
// What is owed is the year's price. The monthly price is a twelfth of it,
// rounded half up to the cent, and is for display only.
//
// A contract year begins in April. Its nth month owes an instalment, cut so that
// the twelve of them sum to the year to the cent:
//
//	instalment = ⌊annual·n/12⌋ − ⌊annual·(n−1)/12⌋
//
// Where allocation or prices change within a month, each of its days owes its part
// of the instalment that the day's price would have; the sum is rounded once.
package tariff

import (
	"fmt"
	"math"

	configv1 "voute.dev/voute/api/config/v1alpha1"
)

// Quote is the price of one allocation, before taxes.
type Quote struct {
	// AllocatedGB is what is billed, AdditionalGB the part above what is included.
	AllocatedGB  int64
	AdditionalGB int64
	// Annual is the price of a year, Subscription the part of it that does not
	// depend on the allocation; Monthly is a twelfth of it, for display.
	Annual       Cents
	Subscription Cents
	Monthly      Cents
	// Currency is the ISO 4217 code of both.
	Currency string
}

// Price says what an allocation costs under a tariff whose defaults are filled.
func Price(tariff configv1.Tariff, allocatedGB int64) (Quote, error) {
	if allocatedGB < 0 {
		return Quote{}, fmt.Errorf("cannot price %d GB: an allocation is not negative", allocatedGB)
	}
	subscription, err := ParseCents(tariff.SubscriptionAnnual)
	if err != nil {
		return Quote{}, fmt.Errorf("tariff.subscriptionAnnual: %w", err)
	}
	perGB, err := ParseCents(tariff.AdditionalGBAnnual)
	if err != nil {
		return Quote{}, fmt.Errorf("tariff.additionalGBAnnual: %w", err)
	}
	additional := max(0, allocatedGB-max(0, tariff.IncludedGB))
	annual, err := plus(subscription, perGB, additional)
	if err != nil {
		return Quote{}, err
	}
	return Quote{
		AllocatedGB:  allocatedGB,
		AdditionalGB: additional,
		Annual:       annual,
		Subscription: subscription,
		Monthly:      twelfth(annual),
		Currency:     tariff.Currency,
	}, nil
}

// plus is subscription + perGB × additional, refused where it does not fit.
func plus(subscription, perGB Cents, additional int64) (Cents, error) {
	if perGB > 0 && additional > (math.MaxInt64-int64(subscription))/int64(perGB) {
		return 0, fmt.Errorf("the price of %d more GB is too great to write: check tariff.additionalGBAnnual", additional)
	}
	return subscription + perGB*Cents(additional), nil
}

// twelfth is a twelfth rounded half up; written so that it cannot overflow.
func twelfth(c Cents) Cents {
	quotient, rest := c/12, c%12
	if rest >= 6 {
		quotient++
	}
	return quotient
}
