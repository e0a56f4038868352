package tariff

import (
	"fmt"
	"math/big"
	"slices"
	"time"
)

// Allocation is in effect from an instant on; with 0 GB nothing is, because the
// service has ended or has not begun.
type Allocation struct {
	From time.Time
	GB   int64
}

// Work is one billable intervention that was done.
type Work struct {
	Name string
	Done time.Time
	// Quarters of an hour: that work is billed by them is this product's own
	// assumption.
	Quarters int64
}

// Statement is what a month costs, before taxes.
type Statement struct {
	Month    Month
	Currency string
	// Days of the month on which something was allocated, in stretches of equal price.
	Stretches []Stretch
	// Subscription and Additional make up Storage.
	Subscription, Additional, Storage Cents
	Works                             []PricedWork
	Interventions                     Cents
	Total                             Cents
}

// Stretch is some days of a month, both ends included, with one allocation and
// one price.
type Stretch struct {
	First, Last int
	Quote       Quote
}

// Days is how many it has.
func (s Stretch) Days() int { return s.Last - s.First + 1 }

// PricedWork is an intervention with what it costs.
type PricedWork struct {
	Work
	Hour, Amount Cents
}

// Compute bills a month from what was recorded. A day is billed at what is
// allocated at its end, and one on which the service ends at what was allocated
// last: so that nobody pays for a day twice, nor has one for nothing. Each day owes
// its part of the month's instalment; the sum is rounded once, half up.
func Compute(month Month, zone *time.Location, schedule *Schedule, allocations []Allocation, works []Work) (Statement, error) {
	s := Statement{Month: month, Currency: schedule.prices[0].tariff.Currency}
	sorted := slices.Clone(allocations)
	slices.SortStableFunc(sorted, func(a, b Allocation) int { return a.From.Compare(b.From) })
	whole, base := new(big.Int), new(big.Int)
	for day := 1; day <= month.Days(); day++ {
		gb := billed(sorted, month.day(day, zone), month.day(day+1, zone))
		if gb == 0 {
			continue
		}
		quote, err := Price(schedule.on(month.day(day, time.UTC)).tariff, gb)
		if err != nil {
			return Statement{}, fmt.Errorf("bill %s: %w", month, err)
		}
		s.stretch(day, quote)
		whole.Add(whole, big.NewInt(int64(instalment(quote.Annual, month.Number()))))
		base.Add(base, big.NewInt(int64(instalment(quote.Subscription, month.Number()))))
	}
	s.Storage = rounded(whole, month.Days())
	s.Subscription = min(s.Storage, rounded(base, month.Days()))
	s.Additional = s.Storage - s.Subscription
	if err := s.bill(works, zone, schedule); err != nil {
		return Statement{}, fmt.Errorf("bill %s: %w", month, err)
	}
	s.Total = s.Storage + s.Interventions
	return s, nil
}

// billed is the allocation of one day; 0 for a day without service.
func billed(sorted []Allocation, begin, end time.Time) int64 {
	var gb int64
	for _, each := range sorted {
		if !each.From.Before(end) {
			break
		}
		if each.GB > 0 || !each.From.After(begin) {
			gb = each.GB
		}
	}
	return gb
}

func (s *Statement) stretch(day int, quote Quote) {
	if n := len(s.Stretches); n > 0 && s.Stretches[n-1].Last == day-1 && s.Stretches[n-1].Quote == quote {
		s.Stretches[n-1].Last = day
		return
	}
	s.Stretches = append(s.Stretches, Stretch{First: day, Last: day, Quote: quote})
}

// bill adds interventions, each at the price of the day on which it was done: one
// that was told late may be of a month before.
func (s *Statement) bill(works []Work, zone *time.Location, schedule *Schedule) error {
	for _, work := range works {
		hour := schedule.at(work.Done, zone).hour
		product := new(big.Int).Mul(big.NewInt(int64(hour)), big.NewInt(work.Quarters))
		if !product.IsInt64() {
			return fmt.Errorf("intervention %s: %d quarters of an hour cost too much to write", work.Name, work.Quarters)
		}
		priced := PricedWork{Work: work, Hour: hour, Amount: rounded(product, 4)}
		s.Works = append(s.Works, priced)
		s.Interventions += priced.Amount
	}
	slices.SortStableFunc(s.Works, func(a, b PricedWork) int { return a.Done.Compare(b.Done) })
	return nil
}

// rounded is a sum divided, half up.
func rounded(sum *big.Int, by int) Cents {
	twice := new(big.Int).Lsh(sum, 1)
	twice.Add(twice, big.NewInt(int64(by)))
	return Cents(twice.Div(twice, big.NewInt(int64(2*by))).Int64())
}
