package calendar

import (
	"fmt"
	"time"
)

const day = 24 * 60 * 60

// Date is a day of the Gregorian calendar.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDate reads a date such as 2026-12-24.
func ParseDate(text string) (Date, error) {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return Date{}, fmt.Errorf("%q is no date: write it as 2026-12-24", text)
	}
	return dateOf(at.Unix()), nil
}

// String gives the date as 2026-12-24.
func (d Date) String() string { return time.Unix(d.start(), 0).UTC().Format(time.DateOnly) }

// dateOf is the date of a local time in seconds.
func dateOf(local int64) Date {
	year, month, number := time.Unix(local, 0).UTC().Date()
	return Date{year, month, number}
}

// start is the local time at which the date begins, in seconds.
func (d Date) start() int64 {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Unix()
}

func (d Date) span() span { return span{d.start(), d.start() + day} }

func (d Date) weekday() time.Weekday { return time.Unix(d.start(), 0).UTC().Weekday() }

func (d Date) plus(days int) Date { return dateOf(d.start() + int64(days)*day) }
