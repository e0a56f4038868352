package calendar

import "time"

const (
	// stride is how far one look ahead goes.
	stride = 5 * 7 * day
	// horizon is how far all looks ahead go: what does not open within it, after
	// the last freeze, does not open.
	horizon = 2 * 366 * day
)

// Opening is a time in which changes may start: From is part of it, To is not.
// To is zero where it has no end.
type Opening struct {
	From, To time.Time
}

// NextOpening gives the opening that goes on at an instant, from there on, or
// else the first one after it; found is false when there is none in two years.
func (c *Calendar) NextOpening(class Class, after time.Time) (next Opening, found bool) {
	if class.IsFree() {
		return Opening{From: after}, true
	}
	begin, end := after.Unix(), c.horizon(after.Unix())
	for reach := int64(stride); begin < end; {
		spans := c.openings(class, span{begin, begin + reach})
		switch {
		case len(spans) == 0:
			begin, reach = begin+reach, stride
		case spans[0].to == begin+reach && spans[0].to < end:
			begin, reach = spans[0].from, spans[0].to-spans[0].from+stride // see how far it goes
		default:
			return c.opening(spans[0], after), true
		}
	}
	return Opening{}, false
}

func (c *Calendar) opening(s span, after time.Time) Opening {
	from := time.Unix(s.from, 0)
	if from.Before(after) {
		from = after // within a second that has begun
	}
	return Opening{From: from.In(c.zone), To: time.Unix(s.to, 0).In(c.zone)}
}

func (c *Calendar) horizon(from int64) int64 {
	for _, f := range c.spec.Freezes {
		from = max(from, f.span().to)
	}
	return from + horizon
}

// NextStart gives the first instant, not before the given one, at which a change
// may start that is expected to last so long: it has to end with the opening at
// the latest.
func (c *Calendar) NextStart(class Class, after time.Time, lasts time.Duration) (start time.Time, found bool) {
	for at := after; ; {
		next, found := c.NextOpening(class, at)
		if !found || next.To.IsZero() || !next.From.Add(lasts).After(next.To) {
			return next.From, found
		}
		if next.To.Unix() >= c.horizon(after.Unix()) {
			return time.Time{}, false
		}
		at = next.To
	}
}

// Closed is how much of the time between two instants a class is not open.
func (c *Calendar) Closed(class Class, from, to time.Time) time.Duration {
	begin, end := from.Unix(), to.Unix()
	if end <= begin {
		return 0
	}
	closed := end - begin
	for _, open := range c.openings(class, span{begin, end}) {
		closed -= open.to - open.from
	}
	return time.Duration(closed) * time.Second
}
