package windows

import (
	"fmt"
	"strings"
	"time"

	"voute.dev/voute/internal/calendar"
	"voute.dev/voute/internal/plugin/page"
)

// Page shows the openings of each class.
func Page(w *Windows) string {
	p := &page.Page{}
	p.Heading("Changes of %s start by the clocks of %s, where it is %s.", w.Of, w.Zone, page.Moment(w.Now, w.Now.Location()))
	for _, hours := range w.Hours {
		p.Heading("%s: %s", list(hours.Classes), hours.Name)
		if len(hours.Next) == 0 {
			p.Item("none in two years after the last freeze")
		} else {
			p.Table([]string{"DAY", "OPEN", "DISTANCE", "LAST-START"}, rows(w.Now, hours.Next))
		}
		for _, closed := range hours.Closed {
			p.Item("closed %s: %s", days(closed), closed.Why)
		}
	}
	p.Heading("A change starts while what is left is as long as it is expected to take: %d minutes. "+
		"A release waits for its notice first: %d days, unless the tenant's own spec.version moves.", w.ExpectedMinutes, w.NoticeDays)
	return p.String()
}

func list(classes []calendar.Class) string {
	words := make([]string, 0, len(classes))
	for _, class := range classes {
		words = append(words, string(class))
	}
	return strings.Join(words, ", ")
}

func rows(now time.Time, next []Opening) [][]string {
	rows := make([][]string, 0, len(next))
	for _, o := range next {
		distance, last := page.Distance(o.From, now), "too short for a change"
		if !o.From.After(now) {
			distance = "open"
		}
		if o.LastStart != nil {
			last = clock(*o.LastStart, o.From)
		}
		rows = append(rows, []string{o.From.Format("Monday 2006-01-02"), hours(o), distance, last})
	}
	return rows
}

// hours are 08:30–16:30 EST. What is of another day, or by clocks that were set
// meanwhile, says so.
func hours(o Opening) string {
	from := o.From.Format("15:04")
	if o.From.Format("MST") != o.To.Format("MST") {
		from = o.From.Format("15:04 MST")
	}
	return from + "–" + clock(o.To, o.From) + o.To.Format(" MST")
}

// clock is a time of day, with the day where it is another one than that of the
// beginning. Midnight at its end belongs to a day.
func clock(at, begin time.Time) string {
	switch {
	case at.Format(time.DateOnly) == begin.Format(time.DateOnly):
		return at.Format("15:04")
	case at.Format("15:04") == "00:00" && at.AddDate(0, 0, -1).Format(time.DateOnly) == begin.Format(time.DateOnly):
		return "24:00"
	default:
		return at.Format("Monday 2006-01-02 15:04")
	}
}

func days(c Closing) string {
	if c.First == c.Last {
		return weekday(c.First)
	}
	return fmt.Sprintf("%s to %s", weekday(c.First), weekday(c.Last))
}

func weekday(date string) string {
	at, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return at.Format("Monday 2006-01-02")
}
