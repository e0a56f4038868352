package rollout_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/calendar"
	"voute.dev/voute/internal/platform"
	"voute.dev/voute/internal/rollout"
)

const day = 24 * time.Hour

// usual are the rules that a platform has when it says nothing.
var usual = rollout.Rules{Expected: 10 * time.Minute, Healthy: day, Notice: 7 * day}

func at(t testing.TB, text string) time.Time {
	t.Helper()
	instant, err := time.Parse("2006-01-02 15:04:05 MST", text)
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("America/Toronto")
	if err != nil {
		t.Fatal(err)
	}
	return time.Date(instant.Year(), instant.Month(), instant.Day(), instant.Hour(), instant.Minute(), instant.Second(), 0, zone)
}

// card is the calendar of the service card, with whatever freezes.
func card(t testing.TB, freezes ...v1alpha1.Freeze) *calendar.Calendar {
	t.Helper()
	when, err := platform.Calendar(loadPlatform(t), v1alpha1.Calendar{Freezes: freezes})
	if err != nil {
		t.Fatal(err)
	}
	return when
}

var (
	fix         = rollout.Change{Class: calendar.Fix, From: "1.4.0", To: "1.4.1"}
	release     = rollout.Change{Class: calendar.Release, From: "1.4.0", To: "1.5.0"}
	maintenance = rollout.Change{Class: calendar.Maintenance, From: "1.4.0", To: "1.4.0"}
	both        = rollout.Change{Class: calendar.Maintenance, From: "1.4.0", To: "1.4.1"}
)

// 22 November 2026 is a Sunday: a window from 06:00 to 09:00.
func TestDecide(t *testing.T) {
	const sunday, night, monday = "2026-11-22 06:30:00 EST", "2026-11-22 22:00:00 EST", "2026-11-23 10:00:00 EST"
	healthy := func(since string) *rollout.Development {
		return &rollout.Development{Version: "1.4.1", HealthySince: at(t, since)}
	}
	older := &rollout.Development{Version: "1.4.0", HealthySince: at(t, "2026-01-01 00:00:00 EST")}
	for name, test := range map[string]struct {
		change      rollout.Change
		now, since  string
		pinned      bool
		development *rollout.Development
		waitsFor    string
		from, to    string
	}{
		"maintenance within its window":         {change: maintenance, now: sunday},
		"maintenance at the last moment":        {change: maintenance, now: "2026-11-22 08:50:00 EST"},
		"maintenance a second later":            {change: maintenance, now: "2026-11-22 08:50:01 EST", waitsFor: "the next maintenance window, Wednesday 2026-11-25 05:00 EST", from: "2026-11-25 05:00:00 EST", to: "2026-11-25 07:00:00 EST"},
		"maintenance in business hours":         {change: maintenance, now: monday, waitsFor: "the next maintenance window, Wednesday 2026-11-25 05:00 EST", from: "2026-11-25 05:00:00 EST", to: "2026-11-25 07:00:00 EST"},
		"maintenance on a holiday":              {change: maintenance, now: "2028-12-24 07:00:00 EST"},
		"maintenance waits for no development":  {change: maintenance, now: sunday, development: older},
		"a fix in a window":                     {change: fix, now: sunday, waitsFor: "the next business hours, Monday 2026-11-23 08:30 EST", from: "2026-11-23 08:30:00 EST", to: "2026-11-23 16:30:00 EST"},
		"a fix in business hours":               {change: fix, now: monday},
		"a fix at their end":                    {change: fix, now: "2026-11-23 16:30:00 EST", waitsFor: "the next business hours, Tuesday 2026-11-24 08:30 EST", from: "2026-11-24 08:30:00 EST", to: "2026-11-24 16:30:00 EST"},
		"a fix over Christmas":                  {change: fix, now: "2026-12-24 10:00:00 EST", waitsFor: "the next business hours, Monday 2026-12-28 08:30 EST", from: "2026-12-28 08:30:00 EST", to: "2026-12-28 16:30:00 EST"},
		"a fix needs no notice":                 {change: fix, now: monday, since: monday},
		"a release without notice":              {change: release, now: sunday, waitsFor: "the next maintenance window after its notice, Sunday 2026-11-29 06:30 EST", from: "2026-11-29 06:30:00 EST", to: "2026-11-29 09:00:00 EST"},
		"a release whose notice is over":        {change: release, now: sunday, since: "2026-11-15 06:30:00 EST"},
		"a release a second before":             {change: release, now: sunday, since: "2026-11-15 06:30:01 EST", waitsFor: "the next maintenance window after its notice, Sunday 2026-11-22 06:30 EST", from: "2026-11-22 06:30:01 EST", to: "2026-11-22 09:00:00 EST"},
		"a release that the client asks for":    {change: release, now: sunday, pinned: true},
		"the same, at night":                    {change: release, now: night, pinned: true, waitsFor: "the next maintenance window, Wednesday 2026-11-25 05:00 EST", from: "2026-11-25 05:00:00 EST", to: "2026-11-25 07:00:00 EST"},
		"a fix that development has not":        {change: fix, now: monday, development: older, waitsFor: "version 1.4.1 to run in development first"},
		"a fix that development has passed":     {change: fix, now: monday, development: &rollout.Development{Version: "1.5.0", Ahead: true, HealthySince: at(t, "2026-01-01 00:00:00 EST")}},
		"one that it has passed just now":       {change: fix, now: monday, development: &rollout.Development{Version: "1.5.0", Ahead: true}, waitsFor: "version 1.5.0 to run healthy in development for 24 hours first"},
		"a fix that failed in development":      {change: fix, now: monday, development: &rollout.Development{Version: "1.4.0", Failed: true}, waitsFor: "another version, or another try: version 1.4.1 was taken back in development"},
		"a fix that is not healthy there":       {change: fix, now: monday, development: &rollout.Development{Version: "1.4.1"}, waitsFor: "version 1.4.1 to run healthy in development for 24 hours first"},
		"a fix that is healthy there an hour":   {change: fix, now: monday, development: healthy("2026-11-23 09:00:00 EST"), waitsFor: "the next business hours after it has run healthy in development, Tuesday 2026-11-24 09:00 EST", from: "2026-11-24 09:00:00 EST", to: "2026-11-24 16:30:00 EST"},
		"a fix that is healthy there a day":     {change: fix, now: monday, development: healthy("2026-11-22 10:00:00 EST")},
		"the same, on a Saturday":               {change: fix, now: "2026-11-21 10:00:00 EST", since: "2026-11-18 10:00:00 EST", development: healthy("2026-11-19 10:00:00 EST"), waitsFor: "the next business hours, Monday 2026-11-23 08:30 EST", from: "2026-11-23 08:30:00 EST", to: "2026-11-23 16:30:00 EST"},
		"a client's pin skips no development":   {change: fix, now: monday, pinned: true, development: older, waitsFor: "version 1.4.1 to run in development first"},
		"maintenance with a fix":                {change: both, now: sunday, development: older, waitsFor: "version 1.4.1 to run in development first"},
		"the same, once it is proven":           {change: both, now: sunday, development: healthy("2026-11-01 10:00:00 EST")},
		"a release waits for the later of both": {change: release, now: sunday, since: "2026-11-14 00:00:00 EST", development: &rollout.Development{Version: "1.5.0", HealthySince: at(t, "2026-11-22 06:00:00 EST")}, waitsFor: "the next maintenance window after it has run healthy in development, Wednesday 2026-11-25 05:00 EST", from: "2026-11-25 05:00:00 EST", to: "2026-11-25 07:00:00 EST"},
		"and of both the other":                 {change: release, now: sunday, development: &rollout.Development{Version: "1.5.0", HealthySince: at(t, "2026-11-22 06:00:00 EST")}, waitsFor: "the next maintenance window after its notice, Sunday 2026-11-29 06:30 EST", from: "2026-11-29 06:30:00 EST", to: "2026-11-29 09:00:00 EST"},
		"what nobody knows":                     {change: rollout.Change{Class: "surprise"}, now: sunday, waitsFor: "a calendar with a time as long as the 10 minutes that this takes: there is none"},
	} {
		t.Run(name, func(t *testing.T) {
			facts := rollout.Facts{Now: at(t, test.now), Since: at(t, test.now), Change: test.change, Pinned: test.pinned, Development: test.development}
			if test.since != "" {
				facts.Since = at(t, test.since)
			}
			got := rollout.Decide(card(t), usual, facts)
			if got.Start != (test.waitsFor == "") || got.WaitsFor != test.waitsFor {
				t.Errorf("starts: %v, waits for %q; want %q", got.Start, got.WaitsFor, test.waitsFor)
			}
			checkOpening(t, got.Opening, test.from, test.to)
		})
	}
}

func checkOpening(t *testing.T, got *calendar.Opening, from, to string) {
	t.Helper()
	if (got != nil) != (from != "") {
		t.Errorf("the opening is %v", got)
		return
	}
	if got != nil && (!got.From.Equal(at(t, from)) || !got.To.Equal(at(t, to))) {
		t.Errorf("the opening is %s to %s; want %s to %s", got.From, got.To, from, to)
	}
}

func TestWhatInterruptsNobodyStartsAtOnce(t *testing.T) {
	frozen := card(t, v1alpha1.Freeze{From: "2026-11-01", To: "2026-12-31"})
	for _, class := range []calendar.Class{calendar.None, calendar.First, calendar.Repair, calendar.Emergency} {
		got := rollout.Decide(frozen, usual, rollout.Facts{
			Now: at(t, "2026-11-23 03:00:00 EST"), Change: rollout.Change{Class: class, From: "1.4.0", To: "1.4.1"}, Development: &rollout.Development{Failed: true},
		})
		if !got.Start {
			t.Errorf("%s waits for %s", class, got.WaitsFor)
		}
	}
}

func TestAFreezeHoldsWhatCanWait(t *testing.T) {
	frozen := card(t, v1alpha1.Freeze{From: "2026-11-22", To: "2026-11-25"})
	for _, change := range []rollout.Change{fix, release, maintenance} {
		now := at(t, "2026-11-22 06:30:00 EST")
		got := rollout.Decide(frozen, usual, rollout.Facts{Now: now, Since: now, Pinned: true, Change: change})
		if got.Start || got.Opening == nil || got.Opening.From.Before(at(t, "2026-11-26 00:00:00 EST")) {
			t.Errorf("%s: %+v", change.Class, got)
		}
	}
}

func TestWhatTakesTooLongNeverStarts(t *testing.T) {
	rules := usual
	rules.Expected = 3*time.Hour + time.Minute
	got := rollout.Decide(card(t), rules, rollout.Facts{Now: at(t, "2026-11-22 06:00:00 EST"), Change: maintenance})
	if got.Start || got.WaitsFor != "a calendar with a time as long as the 181 minutes that this takes: there is none" || got.Opening != nil {
		t.Errorf("%+v", got)
	}
}

func TestLasting(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"1 hour": time.Hour, "24 hours": day, "1 minute": time.Minute, "90 minutes": 90 * time.Minute, "1m30s": 90 * time.Second, "0s": 0,
	} {
		if got := rollout.Lasting(d); got != want {
			t.Errorf("%q; want %q", got, want)
		}
	}
}

// situation is anything that a decision may have to be made about.
type situation struct {
	when  *calendar.Calendar
	rules rollout.Rules
	facts rollout.Facts
}

func (s situation) decide() rollout.Decision { return rollout.Decide(s.when, s.rules, s.facts) }

// at is the same at another time.
func (s situation) at(now time.Time) situation {
	s.facts.Now = now
	return s
}

func anySituation() *rapid.Generator[situation] {
	epoch := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	return rapid.Custom(func(t *rapid.T) situation {
		instant := func(label string) time.Time {
			return epoch.Add(time.Duration(rapid.Int64Range(0, int64(200*day)).Draw(t, label)))
		}
		length := func(label string, unit time.Duration, most int) time.Duration {
			return unit * time.Duration(rapid.IntRange(0, most).Draw(t, label))
		}
		s := situation{when: anyCalendar().Draw(t, "calendar")}
		s.rules = rollout.Rules{Expected: length("expected", time.Minute, 200), Healthy: length("healthy", time.Hour, 72), Notice: length("notice", day, 14)}
		s.facts = rollout.Facts{Now: instant("now"), Pinned: rapid.Bool().Draw(t, "pinned")}
		s.facts.Since = s.facts.Now.Add(-length("since", time.Hour, 500))
		s.facts.Change = rapid.SampledFrom([]rollout.Change{fix, release, maintenance, both, {Class: calendar.None}, {Class: calendar.Emergency, To: "1.4.1"}}).Draw(t, "change")
		if rapid.Bool().Draw(t, "with development") {
			s.facts.Development = &rollout.Development{
				Version: rapid.SampledFrom([]string{s.facts.Change.To, s.facts.Change.To, "1.4.0"}).Draw(t, "runs"), Failed: rapid.IntRange(0, 9).Draw(t, "failed") == 0,
				Ahead: rapid.IntRange(0, 9).Draw(t, "ahead") == 0,
			}
			if rapid.IntRange(0, 9).Draw(t, "sick") > 0 {
				s.facts.Development.HealthySince = s.facts.Now.Add(-length("healthy since", time.Hour, 100))
			}
		}
		return s
	})
}

func anyCalendar() *rapid.Generator[*calendar.Calendar] {
	period := rapid.Custom(func(t *rapid.T) calendar.Period {
		from := rapid.IntRange(0, 24*60-1).Draw(t, "from")
		return calendar.Period{
			Day: time.Weekday(rapid.IntRange(0, 6).Draw(t, "day")), From: calendar.Clock(from),
			To: calendar.Clock((from + rapid.IntRange(1, 12*60).Draw(t, "lasts")) % (24 * 60)),
		}
	})
	return rapid.Custom(func(t *rapid.T) *calendar.Calendar {
		when, err := calendar.New(calendar.Spec{
			Zone:        rapid.SampledFrom([]string{"America/Toronto", "UTC", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu"}).Draw(t, "zone"),
			Maintenance: rapid.SliceOfN(period, 1, 4).Draw(t, "maintenance"), Business: rapid.SliceOfN(period, 1, 4).Draw(t, "business"),
			Freezes: rapid.SampledFrom([][]calendar.Freeze{nil, {{First: calendar.Date{Year: 2026, Month: 12, Day: 1}, Last: calendar.Date{Year: 2027, Month: 1, Day: 5}}}}).Draw(t, "freezes"),
		})
		if err != nil {
			t.Fatal(err)
		}
		return when
	})
}

// due is the rule told another way: what has to come before has come, it is open,
// and stays so for as long as the change takes.
func (s situation) due() bool {
	f := s.facts
	if f.Change.Class.IsFree() {
		return true
	}
	if f.Change.Class == calendar.Release && !f.Pinned && f.Now.Sub(f.Since) < s.rules.Notice {
		return false
	}
	if d := f.Development; d != nil && f.Change.From != f.Change.To {
		if d.Failed || (d.Version != f.Change.To && !d.Ahead) || d.HealthySince.IsZero() || f.Now.Sub(d.HealthySince) < s.rules.Healthy {
			return false
		}
	}
	for passed := time.Duration(0); passed < s.rules.Expected; passed += time.Minute {
		if !s.when.IsOpen(f.Change.Class, f.Now.Add(passed)) {
			return false
		}
	}
	last := max(0, s.rules.Expected-1)
	return s.when.IsOpen(f.Change.Class, f.Now) && s.when.IsOpen(f.Change.Class, f.Now.Add(last))
}

func TestItStartsWhenItIsDueAndNeverElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anySituation().Draw(t, "situation")
		got := s.decide()
		if got.Start != s.due() {
			t.Fatalf("starts: %v, and is due: %v", got.Start, s.due())
		}
		if got.Start == (got.WaitsFor != "") {
			t.Fatalf("starts: %v, and waits for %q", got.Start, got.WaitsFor)
		}
		if got.Start && got.Opening != nil {
			t.Fatalf("it starts, and later: %v", got.Opening)
		}
	})
}

// passed leaves out what is said no longer once it is over.
var passed = strings.NewReplacer(" after its notice", "", " after it has run healthy in development", "")

func TestWhatWaitsStartsWithItsOpening(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anySituation().Draw(t, "situation")
		got := s.decide()
		if got.Opening == nil {
			return
		}
		ahead := got.Opening.From.Sub(s.facts.Now)
		if ahead <= 0 {
			t.Fatalf("it waits for what has begun: %s", got.Opening.From)
		}
		if then := s.at(got.Opening.From).decide(); !then.Start {
			t.Fatalf("at its opening it waits for %s", then.WaitsFor)
		}
		sooner := s.at(s.facts.Now.Add(time.Duration(rapid.Int64Range(0, int64(ahead)-1).Draw(t, "sooner")))).decide()
		if sooner.Start || passed.Replace(sooner.WaitsFor) != passed.Replace(got.WaitsFor) || !sooner.Opening.From.Equal(got.Opening.From) {
			t.Fatalf("before its opening it says %+v, and not %+v", sooner, got)
		}
		last := got.Opening.To.Add(-max(s.rules.Expected, 1)) // its end is not part of it
		within := got.Opening.From.Add(time.Duration(rapid.Int64Range(0, int64(last.Sub(got.Opening.From))).Draw(t, "later")))
		if then := s.at(within).decide(); !then.Start {
			t.Fatalf("within its opening, at %s, it waits for %s", within, then.WaitsFor)
		}
	})
}

// Who asks for less time, less notice and less proof never waits for longer.
func TestLessIsNeverLater(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anySituation().Draw(t, "situation")
		laxer := s
		laxer.facts.Pinned = s.facts.Pinned || rapid.Bool().Draw(t, "pinned too")
		for _, each := range []*time.Duration{&laxer.rules.Expected, &laxer.rules.Healthy, &laxer.rules.Notice} {
			*each = time.Duration(rapid.Int64Range(0, int64(*each)).Draw(t, "less"))
		}
		if rapid.Bool().Draw(t, "no development") {
			laxer.facts.Development = nil
		}
		strict, lax := s.decide(), laxer.decide()
		switch {
		case strict.Start && !lax.Start:
			t.Fatalf("with less to wait for it waits for %s", lax.WaitsFor)
		case strict.Opening != nil && !lax.Start && (lax.Opening == nil || lax.Opening.From.After(strict.Opening.From)):
			t.Fatalf("with less to wait for it starts later: %v and not %v", lax.Opening, strict.Opening)
		}
	})
}
