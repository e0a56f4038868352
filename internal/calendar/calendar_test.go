package calendar_test

import (
	"strings"
	"testing"
	"time"

	"voute.dev/voute/internal/calendar"
)

// card is the calendar of the service card.
func card() calendar.Spec {
	spec := calendar.Spec{Zone: "America/Toronto", Maintenance: []calendar.Period{
		{Day: time.Wednesday, From: 5 * 60, To: 7 * 60}, {Day: time.Sunday, From: 6 * 60, To: 9 * 60},
	}}
	for day := time.Monday; day <= time.Friday; day++ {
		spec.Business = append(spec.Business, calendar.Period{Day: day, From: 8*60 + 30, To: 16*60 + 30})
	}
	return spec
}

func newCalendar(t *testing.T, spec calendar.Spec) *calendar.Calendar {
	t.Helper()
	c, err := calendar.New(spec)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	instant, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return instant
}

func TestNextOpening(t *testing.T) {
	night := calendar.Spec{
		Zone:        "America/Toronto",
		Maintenance: []calendar.Period{{Day: time.Sunday, From: 60, To: 3 * 60}},
		Business:    []calendar.Period{{Day: time.Saturday, From: 22 * 60, To: 4 * 60}},
	}
	always := card()
	always.Maintenance = nil
	for day := time.Sunday; day <= time.Saturday; day++ {
		always.Maintenance = append(always.Maintenance, calendar.Period{Day: day, From: 0, To: 24 * 60})
	}
	frozen := card()
	frozen.Freezes = []calendar.Freeze{{First: calendar.Date{Year: 2026, Month: 12, Day: 14}, Last: calendar.Date{Year: 2027, Month: 1, Day: 5}}}
	for name, test := range map[string]struct {
		spec     calendar.Spec
		class    calendar.Class
		after    string
		from, to string
	}{
		"the coming Wednesday":           {card(), calendar.Maintenance, "2026-11-22T14:00:00Z", "2026-11-25T10:00:00Z", "2026-11-25T12:00:00Z"},
		"what is left of a window":       {card(), calendar.Release, "2026-11-22T12:00:00Z", "2026-11-22T12:00:00Z", "2026-11-22T14:00:00Z"},
		"an end is not part of it":       {card(), calendar.Release, "2026-11-25T12:00:00Z", "2026-11-29T11:00:00Z", "2026-11-29T14:00:00Z"},
		"a fix waits for Monday":         {card(), calendar.Fix, "2026-11-22T14:00:00Z", "2026-11-23T13:30:00Z", "2026-11-23T21:30:00Z"},
		"and over Christmas":             {card(), calendar.Fix, "2026-12-23T21:30:00Z", "2026-12-28T13:30:00Z", "2026-12-28T21:30:00Z"},
		"windows know no holidays":       {card(), calendar.Maintenance, "2028-12-25T00:00:00Z", "2028-12-27T10:00:00Z", "2028-12-27T12:00:00Z"},
		"and after a freeze":             {frozen, calendar.Maintenance, "2026-12-14T12:00:00Z", "2027-01-06T10:00:00Z", "2027-01-06T12:00:00Z"},
		"clocks go back: the first part": {night, calendar.Maintenance, "2026-11-01T00:00:00Z", "2026-11-01T05:00:00Z", "2026-11-01T06:00:00Z"},
		"clocks go back: the rest":       {night, calendar.Maintenance, "2026-11-01T06:00:00Z", "2026-11-01T07:00:00Z", "2026-11-01T08:00:00Z"},
		"clocks go forward":              {night, calendar.Maintenance, "2026-03-08T00:00:00Z", "2026-03-08T06:00:00Z", "2026-03-08T07:00:00Z"},
		"across midnight":                {night, calendar.Fix, "2026-11-22T00:00:00Z", "2026-11-22T03:00:00Z", "2026-11-22T09:00:00Z"},
		"what is free is open now":       {card(), calendar.Repair, "2026-11-22T14:00:00Z", "2026-11-22T14:00:00Z", "0001-01-01T00:00:00Z"},
		"round the clock":                {always, calendar.Maintenance, "2026-11-22T14:00:00Z", "2026-11-22T14:00:00Z", "2028-11-24T05:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			got, found := newCalendar(t, test.spec).NextOpening(test.class, at(t, test.after))
			if !found || !got.From.Equal(at(t, test.from)) || (name != "round the clock" && !got.To.Equal(at(t, test.to))) || got.To.After(at(t, test.to).AddDate(0, 3, 0)) {
				t.Errorf("found %v: %s to %s, want %s to %s", found, got.From.UTC(), got.To.UTC(), test.from, test.to)
			}
		})
	}
}

// TestBeyondTheTable: a zone's transitions are listed up to a year, from which on
// there is a rule.
func TestBeyondTheTable(t *testing.T) {
	spec := card()
	spec.Freezes = []calendar.Freeze{{First: calendar.Date{Year: 2026, Month: 1, Day: 1}, Last: calendar.Date{Year: 2099, Month: 12, Day: 31}}}
	got, found := newCalendar(t, spec).NextOpening(calendar.Maintenance, at(t, "2026-11-22T00:00:00Z"))
	if want := at(t, "2100-01-03T11:00:00Z"); !found || !got.From.Equal(want) {
		t.Errorf("found %v: %s, want %s", found, got.From.UTC(), want)
	}
}

func TestNextStart(t *testing.T) {
	c := newCalendar(t, card())
	for name, test := range map[string]struct {
		after string
		lasts time.Duration
		want  string
	}{
		"at once in a window":           {"2026-11-22T12:00:00Z", time.Hour, "2026-11-22T12:00:00Z"},
		"at the last moment":            {"2026-11-22T13:00:00Z", time.Hour, "2026-11-22T13:00:00Z"},
		"no longer":                     {"2026-11-22T13:00:01Z", time.Hour, "2026-11-25T10:00:00Z"},
		"too long for Wednesday":        {"2026-11-22T13:00:01Z", 3 * time.Hour, "2026-11-29T11:00:00Z"},
		"too long for any window":       {"2026-11-22T13:00:00Z", 4 * time.Hour, ""},
		"an instant within a second is": {"2026-11-22T13:59:59.5Z", 0, "2026-11-22T13:59:59.5Z"},
	} {
		t.Run(name, func(t *testing.T) {
			got, found := c.NextStart(calendar.Maintenance, at(t, test.after), test.lasts)
			if found != (test.want != "") || found && !got.Equal(at(t, test.want)) {
				t.Errorf("found %v: %s, want %s", found, got.UTC(), test.want)
			}
		})
	}
	if _, found := c.NextOpening("surprise", at(t, "2026-11-22T13:00:00Z")); found || c.IsOpen("surprise", at(t, "2026-11-22T13:00:00Z")) {
		t.Error("a class that nobody knows is open")
	}
}

func TestNew(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*calendar.Spec)
		want   string
	}{
		"no zone":        {func(s *calendar.Spec) { s.Zone = "" }, `timeZone: ""`},
		"unknown zone":   {func(s *calendar.Spec) { s.Zone = "America/Quebec-City" }, "no IANA time zone"},
		"the local zone": {func(s *calendar.Spec) { s.Zone = "Local" }, "no IANA time zone"},
		"no windows":     {func(s *calendar.Spec) { s.Maintenance = nil }, "maintenance: there is no period"},
		"an empty one":   {func(s *calendar.Spec) { s.Business[1].To = s.Business[1].From }, "business[1]: Tuesday 08:30–08:30 is empty"},
		"out of the day": {func(s *calendar.Spec) { s.Business[0].To = 25 * 60 }, "business[0]: Monday 08:30–25:00 is not within a day"},
		"no such day":    {func(s *calendar.Spec) { s.Business[0].Day = 7 }, "no day 7"},
		"a freeze that ends before it begins": {func(s *calendar.Spec) {
			s.Freezes = []calendar.Freeze{{First: calendar.Date{Year: 2026, Month: 12, Day: 2}, Last: calendar.Date{Year: 2026, Month: 12, Day: 1}}}
		}, "freezes[0]: it ends on 2026-12-01"},
	} {
		t.Run(name, func(t *testing.T) {
			spec := card()
			test.change(&spec)
			if _, err := calendar.New(spec); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want %q", err, test.want)
			}
		})
	}
}

func TestHolidays(t *testing.T) {
	for year, want := range map[int]string{
		2026: "01-01 01-02 04-03 04-06 05-18 06-24 07-01 09-07 10-12 12-24 12-25 12-26 12-31",
		2027: "01-01 01-02 03-26 03-29 05-24 06-24 07-01 09-06 10-11 12-24 12-25 12-26 12-31",
		2038: "01-01 01-02 04-23 04-26 05-24 06-24 07-01 09-06 10-11 12-24 12-25 12-26 12-31",
	} {
		var got []string
		for _, d := range (calendar.Holidays{}).Of(year) {
			got = append(got, d.String()[5:])
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("%d: %s, want %s", year, text, want)
		}
	}
	moved := calendar.Holidays{
		Added:   []calendar.Date{{Year: 2026, Month: 12, Day: 28}},
		Removed: []calendar.Date{{Year: 2026, Month: 12, Day: 26}},
	}
	if got := moved.Of(2026); len(got) != 13 || got[11].String() != "2026-12-28" {
		t.Errorf("moved holidays: %v", got)
	}
}

func TestLongest(t *testing.T) {
	var always []calendar.Period
	for day := time.Sunday; day <= time.Saturday; day++ {
		always = append(always, calendar.Period{Day: day, From: 0, To: 24 * 60})
	}
	for name, test := range map[string]struct {
		periods []calendar.Period
		want    time.Duration
	}{
		"none":               {nil, 0},
		"Sunday's window":    {card().Maintenance, 3 * time.Hour},
		"a day of business":  {card().Business, 8 * time.Hour},
		"over midnight":      {[]calendar.Period{{Day: time.Saturday, From: 22 * 60, To: 2 * 60}}, 4 * time.Hour},
		"two that touch":     {[]calendar.Period{{Day: time.Saturday, From: 22 * 60, To: 2 * 60}, {Day: time.Sunday, From: 2 * 60, To: 3 * 60}}, 5 * time.Hour},
		"what never closes":  {always, 5 * 7 * 24 * time.Hour},
		"all but an evening": {append(always[:6:6], calendar.Period{Day: time.Saturday, From: 0, To: 18 * 60}), 6*24*time.Hour + 18*time.Hour},
	} {
		if got := calendar.Longest(test.periods); got != test.want {
			t.Errorf("%s: %s; want %s", name, got, test.want)
		}
	}
}

func TestParse(t *testing.T) {
	for _, text := range []string{"00:00", "05:07", "24:00"} {
		if got, err := calendar.ParseClock(text); err != nil || got.String() != text {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "5:00", "24:01", "5h", "05:00:00"} {
		if _, err := calendar.ParseClock(text); err == nil {
			t.Errorf("%q is taken for a time of day", text)
		}
	}
	if got, err := calendar.ParseDate("2026-02-28"); err != nil || got.String() != "2026-02-28" {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := calendar.ParseDate("2026-02-29"); err == nil {
		t.Error("29 February 2026 is taken for a date")
	}
	if got, err := calendar.ParseDay("wednesday"); err != nil || got != time.Wednesday {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := calendar.ParseDay("mercredi"); err == nil {
		t.Error("a French day is taken")
	}
}

// Closed counts what openings do not: here against a look at every minute.
func TestClosed(t *testing.T) {
	c := newCalendar(t, card())
	from := time.Date(2026, 10, 30, 0, 0, 30, 0, time.UTC)
	for _, days := range []int{0, 1, 7, 31} {
		to, want := from.AddDate(0, 0, days), time.Duration(0)
		for at := from; at.Before(to); at = at.Add(time.Minute) {
			if !c.IsOpen(calendar.Maintenance, at) {
				want += time.Minute
			}
		}
		if got := c.Closed(calendar.Maintenance, from, to); got != want {
			t.Errorf("%d days: %s; want %s", days, got, want)
		}
	}
	if got := c.Closed(calendar.Maintenance, from, from.Add(-time.Hour)); got != 0 {
		t.Errorf("a time that ends before it begins has %s", got)
	}
}
