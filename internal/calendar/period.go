package calendar

import (
	"fmt"
	"strings"
	"time"
)

const (
	minute       = 60
	minutesOfDay = 24 * 60
)

// Clock is a time of day in minutes from midnight, up to 24:00.
type Clock int

// ParseClock reads a time of day such as 05:00 or 24:00.
func ParseClock(text string) (Clock, error) {
	if text == "24:00" {
		return minutesOfDay, nil
	}
	at, err := time.Parse("15:04", text)
	if err != nil || len(text) != len("15:04") {
		return 0, fmt.Errorf("%q is no time of day: write it as 05:00, from 00:00 to 24:00", text)
	}
	return Clock(at.Hour()*60 + at.Minute()), nil
}

// String gives the time of day as 05:00.
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", c/60, c%60) }

// Period comes back every week. One that ends at or before its beginning goes
// on into the next day.
type Period struct {
	Day      time.Weekday
	From, To Clock
}

// ParseDay reads the English name of a day of the week.
func ParseDay(text string) (time.Weekday, error) {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if strings.EqualFold(text, day.String()) {
			return day, nil
		}
	}
	return 0, fmt.Errorf("%q is no day of the week: write Monday, Tuesday, …", text)
}

// String gives the period as "Wednesday 05:00–07:00".
func (p Period) String() string { return fmt.Sprintf("%s %s–%s", p.Day, p.From, p.To) }

// Check says what is wrong with a period.
func (p Period) Check() error {
	switch {
	case p.Day < time.Sunday || p.Day > time.Saturday:
		return fmt.Errorf("there is no day %d of the week", int(p.Day))
	case p.From < 0 || p.From >= minutesOfDay || p.To < 0 || p.To > minutesOfDay:
		return fmt.Errorf("%s is not within a day", p)
	case p.From == p.To:
		return fmt.Errorf("%s is empty: a whole day is 00:00 to 24:00", p)
	}
	return nil
}

// on is the period that begins on a date.
func (p Period) on(d Date) span {
	from, to := d.start()+int64(p.From)*minute, d.start()+int64(p.To)*minute
	if p.To <= p.From {
		to += day
	}
	return span{from, to}
}

// weekly gives the local spans of periods within bounds.
func weekly(periods []Period, bounds span) []span {
	var spans []span
	for d := dateOf(bounds.from).plus(-1); d.start() < bounds.to; d = d.plus(1) {
		for _, p := range periods {
			if p.Day == d.weekday() {
				spans = append(spans, p.on(d))
			}
		}
	}
	return within(merged(spans), bounds)
}
