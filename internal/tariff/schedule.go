package tariff

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	configv1 "voute.dev/voute/api/config/v1alpha1"
)

// Schedule is a tariff with the days from which other prices hold.
type Schedule struct{ prices []prices }

// prices hold from a day on; the zero day is ever.
type prices struct {
	from   time.Time
	tariff configv1.Tariff
	hour   Cents
}

// NewSchedule checks a tariff whose defaults are filled. What a later price leaves
// out stays as it was.
func NewSchedule(tariff configv1.Tariff) (*Schedule, error) {
	s := &Schedule{}
	if err := s.add(time.Time{}, tariff, "tariff"); err != nil {
		return nil, err
	}
	for i, later := range tariff.Changes {
		field := fmt.Sprintf("tariff.changes[%d]", i)
		from, err := time.Parse(time.DateOnly, later.From)
		if err != nil {
			return nil, fmt.Errorf("%s.from: %q is not a day: write it like 2027-04-01", field, later.From)
		}
		if last := s.prices[len(s.prices)-1]; !from.After(last.from) {
			return nil, fmt.Errorf("%s.from: %s is not after the change before it: write changes in their order", field, later.From)
		}
		next := s.prices[len(s.prices)-1].tariff
		next.SubscriptionAnnual = cmp.Or(later.SubscriptionAnnual, next.SubscriptionAnnual)
		next.AdditionalGBAnnual = cmp.Or(later.AdditionalGBAnnual, next.AdditionalGBAnnual)
		next.InterventionHour = cmp.Or(later.InterventionHour, next.InterventionHour)
		next.IncludedGB = cmp.Or(later.IncludedGB, next.IncludedGB)
		if err := s.add(from, next, field); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Schedule) add(from time.Time, tariff configv1.Tariff, field string) error {
	if _, err := Price(tariff, 0); err != nil {
		return fmt.Errorf("%s: %w", field, err)
	}
	hour, err := ParseCents(tariff.InterventionHour)
	if err != nil {
		return fmt.Errorf("%s.interventionHour: %w", field, err)
	}
	s.prices = append(s.prices, prices{from: from, tariff: tariff, hour: hour})
	return nil
}

// Price says what an allocation costs at an instant.
func (s *Schedule) Price(at time.Time, zone *time.Location, allocatedGB int64) (Quote, error) {
	return Price(s.at(at, zone).tariff, allocatedGB)
}

func (s *Schedule) at(at time.Time, zone *time.Location) prices {
	year, month, day := at.In(zone).Date()
	return s.on(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
}

// mostChanges is how many changes of prices Until gives: the last ones.
const mostChanges = 24

// Until gives the prices that are in force before the end of a month, as a tariff
// from which the same schedule follows as far as that.
func (s *Schedule) Until(month Month) configv1.Tariff {
	end := slices.IndexFunc(s.prices, func(p prices) bool { return !p.from.Before(month.Next().Begin(time.UTC)) })
	if end < 0 {
		end = len(s.prices)
	}
	last := s.prices[max(0, end-1-mostChanges):max(1, end)]
	whole := last[0].tariff
	whole.Changes = nil
	for _, later := range last[1:] {
		whole.Changes = append(whole.Changes, configv1.PriceChange{
			From: later.from.Format(time.DateOnly), SubscriptionAnnual: later.tariff.SubscriptionAnnual, IncludedGB: later.tariff.IncludedGB,
			AdditionalGBAnnual: later.tariff.AdditionalGBAnnual, InterventionHour: later.tariff.InterventionHour,
		})
	}
	return whole
}

// on gives the prices that hold on a day, which is written as its midnight in UTC.
func (s *Schedule) on(day time.Time) prices {
	i, found := slices.BinarySearchFunc(s.prices, day, func(p prices, day time.Time) int { return p.from.Compare(day) })
	if !found {
		i--
	}
	return s.prices[max(0, i)]
}
