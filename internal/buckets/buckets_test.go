package buckets

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func toronto(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("America/Toronto")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	instant, err := time.ParseInLocation("2006-01-02 15:04", text, toronto(t))
	if err != nil {
		t.Fatal(err)
	}
	return instant
}

func TestDecide(t *testing.T) {
	place := Place{First: "2026-11-10", Delay: 2 * time.Hour}
	rules := Rules{Zone: toronto(t), Wait: 7}
	fresh := Word{Told: true, Swept: at(t, "2026-11-21 02:00")}
	holding := Word{Told: true, Swept: at(t, "2026-11-21 02:00"), Earliest: "2026-11-20"}
	done19 := State{Through: "2026-11-19"}
	for name, test := range map[string]struct {
		state State
		word  Word
		now   string
		want  Plan
	}{
		"before its hour": {done19, fresh, "2026-11-21 01:59", Plan{}},
		"at its hour": {done19, fresh, "2026-11-21 02:00",
			Plan{Days: []Day{{Name: "2026-11-20", Again: []string{"2026-11-13", "2026-11-18"}}}}},
		"done already":                {State{Through: "2026-11-20"}, fresh, "2026-11-21 23:59", Plan{}},
		"ahead, for the clock's sake": {State{Through: "2026-12-20"}, fresh, "2026-11-21 12:00", Plan{}},
		"what is in it lives, for a moment": {done19, holding, "2026-11-21 02:30",
			Plan{Waits: "2026-11-20", Until: at(t, "2026-11-28 02:00")}},
		"what is in it lives": {done19, holding, "2026-11-21 03:00",
			Plan{Waits: "2026-11-20", Since: at(t, "2026-11-21 03:00"), Until: at(t, "2026-11-28 03:00")}},
		"later ones live": {done19, Word{Told: true, Swept: at(t, "2026-11-21 02:00"), Earliest: "2026-11-21"}, "2026-11-21 02:00",
			Plan{Days: []Day{{Name: "2026-11-20", Again: []string{"2026-11-13", "2026-11-18"}}}}},
		"its clock is behind": {done19, Word{Told: true, Swept: at(t, "2026-11-20 23:59")}, "2026-11-21 03:00",
			Plan{Waits: "2026-11-20", Since: at(t, "2026-11-21 03:00"), Until: at(t, "2026-11-28 03:00")}},
		"it is silent, for long": {State{"2026-11-19", at(t, "2026-11-21 03:00")}, Word{}, "2026-11-28 02:59",
			Plan{Waits: "2026-11-20", Since: at(t, "2026-11-21 03:00"), Until: at(t, "2026-11-28 03:00")}},
		"it is silent, for too long": {State{"2026-11-19", at(t, "2026-11-21 03:00")}, Word{}, "2026-11-28 03:00",
			Plan{
				Days:  []Day{{Name: "2026-11-20", Forced: true, Again: []string{"2026-11-13", "2026-11-18"}}},
				Waits: "2026-11-21", Since: at(t, "2026-11-21 03:00"), Until: at(t, "2026-11-29 02:00"),
			}},
		"a look after a month away": {State{Through: "2026-10-21"}, Word{}, "2026-11-21 12:00",
			Plan{Waits: "2026-11-10", Since: at(t, "2026-11-21 12:00"), Until: at(t, "2026-11-28 12:00")}},
		"the first days": {State{}, fresh, "2026-11-12 02:00",
			Plan{Days: []Day{{Name: "2026-11-10"}, {Name: "2026-11-11"}}}},
		"the day it was made": {State{}, fresh, "2026-11-10 23:00", Plan{}},
		"waiting since to come": {State{"2026-11-19", at(t, "2027-01-01 00:00")}, Word{}, "2026-11-21 03:00",
			Plan{Waits: "2026-11-20", Since: at(t, "2026-11-21 03:00"), Until: at(t, "2026-11-28 03:00")}},
	} {
		t.Run(name, func(t *testing.T) {
			word := test.word
			if diff := cmp.Diff(test.want, Decide(place, test.state, word, rules, at(t, test.now))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDelaysAreSpread(t *testing.T) {
	seen := map[time.Duration]bool{}
	for _, name := range []string{"justice/justice/production", "justice/justice/development", "culture/culture/production"} {
		delay := Delay(name)
		if delay < settle || delay >= settle+spread || seen[delay] || delay != Delay(name) {
			t.Errorf("%s is due %s after midnight", name, delay)
		}
		seen[delay] = true
	}
}

// life is an environment lived through: its server sweeps, or does not, and says
// so, or does not; the operator looks, dies and comes back.
type life struct {
	state  State
	closed map[string]bool
}

// look carries a plan out, up to a failure, as the operator does.
func (l *life) look(plan Plan, failsAfter int) {
	l.state.Since = plan.Since
	for i, day := range plan.Days {
		if i >= failsAfter {
			return
		}
		l.closed[day.Name] = true
		l.state.Through = day.Name
	}
}

// TestAnyLife: days are closed in their order, each once, none before it is over
// and its hour has come, none that the server says is alive before the wait is
// over, and in the end all of them, however often the operator was away.
func TestAnyLife(t *testing.T) {
	zone := toronto(t)
	rapid.Check(t, func(r *rapid.T) {
		rules := Rules{Zone: zone, Wait: rapid.IntRange(1, 9).Draw(r, "wait")}
		now := time.Date(2026, 10, rapid.IntRange(1, 60).Draw(r, "day"), rapid.IntRange(0, 23).Draw(r, "hour"), 0, 0, 0, zone)
		place := Place{First: Name(now, zone), Delay: Delay(rapid.String().Draw(r, "name"))}
		l := &life{closed: map[string]bool{}}
		for range rapid.IntRange(1, 60).Draw(r, "looks") {
			now = now.Add(time.Duration(rapid.Int64Range(0, 3*24*60).Draw(r, "minutes")) * time.Minute)
			word := Word{
				Told: rapid.Bool().Draw(r, "told"), Swept: now.Add(-time.Duration(rapid.IntRange(0, 48).Draw(r, "hours ago")) * time.Hour),
			}
			if rapid.Bool().Draw(r, "something lives") {
				word.Earliest = Name(now.AddDate(0, 0, rapid.IntRange(-9, 9).Draw(r, "in days")), zone)
			}
			before := l.state
			plan := Decide(place, before, word, rules, now)
			check(r, place, before, word, rules, now, plan)
			l.look(plan, rapid.IntRange(0, 3).Draw(r, "fails after"))
		}
		// Everything answers from now on.
		for range 40 {
			now = now.Add(24 * time.Hour)
			plan := Decide(place, l.state, Word{Told: true, Swept: now}, rules, now)
			l.look(plan, atOnce)
		}
		for day := place.First; isDue(day, place, rules, now); day = before1(day) {
			if !l.closed[day] {
				r.Fatalf("%s was never closed", day)
			}
		}
	})
}

func before1(day string) string { return before(day, -1) }

func check(r *rapid.T, place Place, state State, word Word, rules Rules, now time.Time, plan Plan) {
	last := max(state.Through, before(place.First, 1))
	for _, day := range plan.Days {
		over := end(day.Name, rules.Zone)
		switch {
		case before(day.Name, 1) != last:
			r.Fatalf("%s follows %s", day.Name, last)
		case now.Before(over.Add(settle)):
			r.Fatalf("%s is closed at %s", day.Name, now)
		case !day.Forced && (!word.Told || !word.Swept.After(over) || word.Earliest != "" && word.Earliest <= day.Name):
			r.Fatalf("%s is taken for confirmed by %+v", day.Name, word)
		case day.Forced && (state.Since.IsZero() || now.Before(state.Since.AddDate(0, 0, rules.Wait)) || now.Before(over.AddDate(0, 0, rules.Wait))):
			r.Fatalf("%s is forced at %s, waited for since %s", day.Name, now, state.Since)
		}
		last = day.Name
	}
	if plan.Waits != "" && !plan.Until.After(now) {
		r.Fatalf("it waits for %s until %s, and it is %s", plan.Waits, plan.Until, now)
	}
	if plan.Waits == "" && len(plan.Days) == 0 && !Next(place, state, rules).After(now) {
		r.Fatalf("nothing is done at %s, and the next look is due at %s", now, Next(place, state, rules))
	}
}

// TestEachDayIsLookedAtAgain: twice, at later looks.
func TestEachDayIsLookedAtAgain(t *testing.T) {
	rules, place := Rules{Zone: toronto(t), Wait: 7}, Place{First: "2026-11-01", Delay: 2 * time.Hour}
	state, looked := State{}, map[string][]string{}
	for day := "2026-11-01"; day <= "2026-12-20"; day = before1(day) {
		now := end(day, rules.Zone).Add(place.Delay)
		for _, closed := range Decide(place, state, Word{Told: true, Swept: now}, rules, now).Days {
			for _, name := range closed.Again {
				looked[name] = append(looked[name], closed.Name)
			}
			state.Through = closed.Name
		}
	}
	for day := "2026-11-01"; day <= "2026-12-10"; day = before1(day) {
		if diff := cmp.Diff([]string{before(day, -2), before(day, -7)}, looked[day]); diff != "" {
			t.Errorf("%s: %s", day, diff)
		}
	}
}
