package calendar

import (
	"cmp"
	"slices"
	"time"
)

// Holidays are those of the Québec public service, less and more what a
// platform decides year by year.
type Holidays struct {
	Added, Removed []Date
}

// Of gives the holidays of a year in their order.
func (h Holidays) Of(year int) []Date {
	days := slices.DeleteFunc(quebec(year), func(d Date) bool { return slices.Contains(h.Removed, d) })
	for _, d := range h.Added {
		if d.Year == year {
			days = append(days, d)
		}
	}
	slices.SortFunc(days, func(a, b Date) int { return cmp.Compare(a.start(), b.start()) })
	return slices.Compact(days)
}

// quebec computes the holidays of the public service, without the shifts for
// weekends: those are decided year by year.
func quebec(year int) []Date {
	sunday := easter(year)
	return []Date{
		{year, time.January, 1}, {year, time.January, 2},
		sunday.plus(-2), sunday.plus(1),
		mondayBefore(Date{year, time.May, 25}),
		{year, time.June, 24}, {year, time.July, 1},
		monday(1, Date{year, time.September, 1}),
		monday(2, Date{year, time.October, 1}),
		{year, time.December, 24}, {year, time.December, 25}, {year, time.December, 26}, {year, time.December, 31},
	}
}

// monday is the nth Monday of the month that begins on a date.
func monday(n int, first Date) Date {
	wait := (int(time.Monday) - int(first.weekday()) + 7) % 7
	return first.plus(wait + 7*(n-1))
}

func mondayBefore(d Date) Date {
	for d = d.plus(-1); d.weekday() != time.Monday; {
		d = d.plus(-1)
	}
	return d
}

// easter is Easter Sunday by the Gregorian computus (Meeus, Jones and Butcher).
func easter(year int) Date {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	g := (8*b + 13) / 25
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	month := (h + l - 7*m + 114) / 31
	return Date{year, time.Month(month), (h+l-7*m+114)%31 + 1}
}

// spans gives the holidays that lie within bounds of local time.
func (h Holidays) spans(bounds span) []span {
	var spans []span
	for year := dateOf(bounds.from).Year; year <= dateOf(bounds.to).Year; year++ {
		for _, d := range h.Of(year) {
			spans = append(spans, d.span())
		}
	}
	return spans
}
