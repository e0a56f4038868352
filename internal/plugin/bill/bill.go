// Package bill writes what months cost: as a table for people, as CSV for a
// spreadsheet, and as rows of the FinOps cost and usage specification, FOCUS 1.2.
// Each amount is one of a BillingStatement, in whole cents, and the rows of any form
// sum to its total.
//
// A statement is computed anew from what it has recorded before anything is said of
// it. Where it says other amounts, nothing is: whoever bills by it would bill wrongly.
// Storage is rounded once for the month, and so has one line for the subscription and
// one for what is beyond it, however often the allocation has changed; the days of
// each allocation are in the line's words.
//
// FOCUS has the 21 columns that are mandatory, and of the conditional ones those
// whose condition is met: there is a public price list, so that every row has its SKU
// and its unit price. It wants quantity times unit price to be the cost, exactly. A
// month's instalment of an annual price is no such product, and neither is one that
// is prorated by days: they are one unit at their own amount, and the allocation they
// are for is in a column of our own. Taxes are no part of it: prices are before them.
package bill

import (
	"cmp"
	"slices"
	"time"

	"voute.dev/voute/internal/tariff"
)

// SKU is what a line is for.
type SKU string

// What is on the price list.
const (
	Subscription SKU = "subscription"
	AdditionalGB SKU = "additional-gb"
	Intervention SKU = "intervention"
)

// title is what people call it.
func (s SKU) title() string {
	return map[SKU]string{Subscription: "Subscription", AdditionalGB: "Additional GB", Intervention: "Intervention"}[s]
}

// Hundredths is a quantity with two places: 75 is three quarters of an hour.
type Hundredths int64

// Statement is what one tenant owes for one month.
type Statement struct {
	Namespace    string `json:"namespace"`
	Tenant       string `json:"tenant"`
	Organization string `json:"organization"`
	// Start is part of the period, End is not. Their zone is the one by which days begin.
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
	// Closed: it can change no more. Another one is as far as the month has come.
	Closed   bool   `json:"closed"`
	Currency string `json:"currency"`
	Lines    []Line `json:"lines"`
}

// Line is one charge.
type Line struct {
	SKU         SKU    `json:"sku"`
	Description string `json:"description"`
	// From is part of what the line is for, To is not.
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// GB is the allocation that it is for, or 0.
	GB int64 `json:"gb,omitempty"`
	// Quantity of Unit at UnitPrice make up Amount, but for its rounding.
	Quantity  Hundredths   `json:"quantityHundredths"`
	Unit      string       `json:"unit"`
	UnitPrice tariff.Cents `json:"unitPriceCents"`
	Amount    tariff.Cents `json:"amountCents"`
}

// Total is the sum of the lines.
func (s Statement) Total() tariff.Cents {
	var sum tariff.Cents
	for _, line := range s.Lines {
		sum += line.Amount
	}
	return sum
}

// state is the word for whether it can change.
func (s Statement) state() string {
	if s.Closed {
		return "closed"
	}
	return "open"
}

// Sorted are statements by tenant and month.
func Sorted(all []Statement) []Statement {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b Statement) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Tenant, b.Tenant), a.Start.Compare(b.Start))
	})
	return all
}
