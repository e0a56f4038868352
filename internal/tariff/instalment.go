package tariff

import (
	"fmt"
	"time"
)

// Month is a month of the calendar, as bills have it.
type Month struct {
	Year  int
	Month time.Month
}

// ParseMonth reads a month such as 2026-11.
func ParseMonth(text string) (Month, error) {
	at, err := time.Parse("2006-01", text)
	if err != nil {
		return Month{}, fmt.Errorf("%q is not a month: write it like 2026-11", text)
	}
	return Month{at.Year(), at.Month()}, nil
}

// MonthOf is the month of an instant in a zone.
func MonthOf(at time.Time, zone *time.Location) Month {
	local := at.In(zone)
	return Month{local.Year(), local.Month()}
}

// String writes it like 2026-11.
func (m Month) String() string { return fmt.Sprintf("%04d-%02d", m.Year, int(m.Month)) }

// Next is the month after it.
func (m Month) Next() Month {
	if m.Month == time.December {
		return Month{m.Year + 1, time.January}
	}
	return Month{m.Year, m.Month + 1}
}

// IsBefore says whether it comes before another.
func (m Month) IsBefore(other Month) bool {
	return m.Year < other.Year || (m.Year == other.Year && m.Month < other.Month)
}

// Begin is its first instant in a zone. The next month's is its end.
func (m Month) Begin(zone *time.Location) time.Time { return m.day(1, zone) }

// Days is how many it has.
func (m Month) Days() int { return time.Date(m.Year, m.Month+1, 0, 0, 0, 0, 0, time.UTC).Day() }

// Number is its place in the contract year, which begins in April: from 1 to 12.
func (m Month) Number() int { return (int(m.Month)+8)%12 + 1 }

// ContractYear is the year in whose April its contract year began.
func (m Month) ContractYear() int {
	if m.Month < time.April {
		return m.Year - 1
	}
	return m.Year
}

// day is the first instant of a day. Where a zone skips midnight it is the first
// one after it.
func (m Month) day(number int, zone *time.Location) time.Time {
	return time.Date(m.Year, m.Month, number, 0, 0, 0, 0, zone)
}

// instalment is what the nth month of a contract year owes of its price. The
// twelve of them sum to the price to the cent:
//
//	⌊annual·n/12⌋ − ⌊annual·(n−1)/12⌋
//
// It is written so that nothing overflows.
func instalment(annual Cents, n int) Cents {
	until := func(n int) Cents { return annual/12*Cents(n) + annual%12*Cents(n)/12 }
	return until(n) - until(n-1)
}
