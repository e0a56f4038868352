package availability_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"voute.dev/voute/internal/availability"
)

var (
	toronto = mustZone("America/Toronto")
	begin   = time.Date(2026, 11, 23, 10, 0, 0, 0, toronto)
	always  = availability.Rules{Outside: func(from, to time.Time) time.Duration { return to.Sub(from) }, Zone: toronto}
)

func mustZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return zone
}

func at(after time.Duration) time.Time { return begin.Add(after) }

func look(after time.Duration, up bool) availability.Look {
	return availability.Look{At: at(after), Up: up}
}

func after(r availability.Record, rules availability.Rules, looks ...availability.Look) availability.Record {
	for _, each := range looks {
		r = r.After(each, rules)
	}
	return r
}

func TestAfter(t *testing.T) {
	for name, test := range map[string]struct {
		looks []availability.Look
		want  availability.Record
	}{
		"an address that answers": {
			[]availability.Look{look(time.Minute, true), look(2*time.Minute, true)},
			availability.Record{Since: begin, Until: at(2 * time.Minute), Observed: 2 * time.Minute},
		},
		"one that does not is down from the look that found it so": {
			[]availability.Look{look(time.Minute, true), look(2*time.Minute, false), look(4*time.Minute, false)},
			availability.Record{Since: begin, Until: at(4 * time.Minute), DownSince: at(2 * time.Minute), Observed: 4 * time.Minute, Down: 2 * time.Minute},
		},
		"and is so up to the look that found it to answer": {
			[]availability.Look{look(time.Minute, false), look(3*time.Minute, true), look(4*time.Minute, true)},
			availability.Record{Since: begin, Until: at(4 * time.Minute), Observed: 4 * time.Minute, Down: 2 * time.Minute},
		},
		"a gap as long as it may be": {
			[]availability.Look{look(availability.Gap, true)},
			availability.Record{Since: begin, Until: at(availability.Gap), Observed: availability.Gap},
		},
		"a longer one": {
			[]availability.Look{look(availability.Gap+time.Second, true)},
			availability.Record{Since: begin, Until: at(availability.Gap + time.Second), Unobserved: availability.Gap + time.Second},
		},
		"another operator has looked for a while": {
			[]availability.Look{{At: at(time.Hour), Up: true, Seen: at(50 * time.Minute)}},
			availability.Record{Since: begin, Until: at(time.Hour), Observed: 50 * time.Minute, Unobserved: 10 * time.Minute},
		},
		"nobody was looking while it was down": {
			[]availability.Look{look(time.Minute, false), {At: at(time.Hour), Up: false, Seen: at(11 * time.Minute)}},
			availability.Record{Since: begin, Until: at(time.Hour), DownSince: at(time.Minute), Observed: 11 * time.Minute, Down: 10 * time.Minute, Unobserved: 49 * time.Minute},
		},
		"somebody looked before the record ends": {
			[]availability.Look{{At: at(time.Minute), Up: true, Seen: at(-time.Hour)}},
			availability.Record{Since: begin, Until: at(time.Minute), Observed: time.Minute},
		},
		"a clock that is set back": {
			[]availability.Look{look(2*time.Minute, true), look(-time.Hour, false), look(3*time.Minute, true)},
			availability.Record{Since: begin, Until: at(3 * time.Minute), Observed: 3 * time.Minute, Down: time.Minute},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, after(availability.Begin(begin), always, test.looks...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMaintenanceDoesNotCount(t *testing.T) {
	rules := always
	rules.Outside = func(from, to time.Time) time.Duration { return to.Sub(from) / 2 }
	got := after(availability.Begin(begin), rules, look(2*time.Minute, false), look(4*time.Minute, true), availability.Look{At: at(14 * time.Minute), Up: true})
	want := availability.Record{Since: begin, Until: at(14 * time.Minute), Observed: 2 * time.Minute, Down: time.Minute, Unobserved: 5 * time.Minute}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAYearEnds(t *testing.T) {
	turn := time.Date(2027, 4, 1, 0, 0, 0, 0, toronto)
	r := availability.Begin(turn.Add(-2 * time.Minute))
	r = r.After(availability.Look{At: turn.Add(-time.Minute), Up: false}, always)
	r = r.After(availability.Look{At: turn.Add(time.Minute), Up: false}, always)
	want := availability.Record{Since: turn, Until: turn.Add(time.Minute), DownSince: turn.Add(-time.Minute), Observed: time.Minute, Down: time.Minute}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Error(diff)
	}
	r = r.After(availability.Look{At: turn.AddDate(2, 0, 1), Up: true, Seen: turn.AddDate(1, 0, 1)}, always)
	want = availability.Record{Since: turn.AddDate(2, 0, 0), Until: turn.AddDate(2, 0, 1), Unobserved: 24 * time.Hour}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Error("an operator that was away over two years' ends:", diff)
	}
}

func TestPercent(t *testing.T) {
	for want, r := range map[string]availability.Record{
		"100.00": {},
		"99.99":  {Observed: 300 * 24 * time.Hour, Down: time.Second},
		"99.00":  {Observed: 100 * time.Hour, Down: time.Hour},
		"98.99":  {Observed: 100 * time.Hour, Down: time.Hour + time.Second},
		"0.00":   {Observed: time.Hour, Down: time.Hour},
	} {
		if got := r.Percent(); got != want {
			t.Errorf("%+v: %s; want %s", r, got, want)
		}
	}
}

func TestIsNews(t *testing.T) {
	told := availability.Record{Since: begin, Until: begin, Observed: 100 * time.Hour, Down: time.Hour}
	for name, test := range map[string]struct {
		change func(*availability.Record)
		want   bool
	}{
		"time that is observed": {func(r *availability.Record) { r.Until, r.Observed = at(time.Hour), 101*time.Hour }, false},
		"a percentage that moves, on the same day": {func(r *availability.Record) {
			r.Until, r.Observed = at(23*time.Hour), 123*time.Hour
		}, false},
		"a percentage that has moved in a day": {func(r *availability.Record) { r.Until, r.Observed = at(24*time.Hour), 124*time.Hour }, true},
		"it stops answering":                   {func(r *availability.Record) { r.DownSince = at(time.Minute) }, true},
		"a year begins":                        {func(r *availability.Record) { r.Since = at(time.Minute) }, true},
		"time that nobody observed":            {func(r *availability.Record) { r.Unobserved = time.Minute }, true},
	} {
		now := told
		if test.change(&now); now.IsNews(told) != test.want {
			t.Errorf("%s: news: %v", name, !test.want)
		}
	}
	never := availability.Record{Since: begin, Until: begin}
	if now := after(never, always, look(time.Minute, true)); now.IsNews(never) {
		t.Error("what was never down is told anew")
	}
}

// Whatever is found, the three parts make up the time since the beginning, and a
// record that went through a status says in the end what one in memory says.
func TestProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now, memory := begin, availability.Begin(begin)
		told := memory
		for range rapid.IntRange(1, 40).Draw(t, "looks") {
			now = now.Add(time.Duration(rapid.Int64Range(1, 400).Draw(t, "seconds")) * time.Second)
			here := availability.Look{At: now, Up: rapid.Bool().Draw(t, "up"), Seen: memory.Until}
			memory = memory.After(here, always)
			if memory.IsNews(told) {
				told = memory
			}
			if whole := memory.Observed + memory.Unobserved; whole != now.Sub(begin) || memory.Down > memory.Observed {
				t.Fatalf("%+v after %s", memory, now.Sub(begin))
			}
		}
		// Another operator begins from what was told, knowing how far the first has looked.
		next := availability.Look{At: now.Add(time.Minute), Up: true, Seen: now}
		if diff := cmp.Diff(memory.After(next, always), told.After(next, always)); diff != "" {
			t.Fatal(diff)
		}
	})
}
