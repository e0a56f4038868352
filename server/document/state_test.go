package document

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write what is drawn in docs/documents.md")

// everyState has Nothing too.
var everyState = append([]State{Nothing}, States...)

// TestEveryEventInEveryState has an outcome: a transition or a refusal, and not both.
func TestEveryEventInEveryState(t *testing.T) {
	if len(machine) != len(everyState) {
		t.Errorf("the machine has %d states, want %d", len(machine), len(everyState))
	}
	for _, from := range everyState {
		if len(machine[from]) != len(Events) {
			t.Errorf("state %q knows %d events, want %d", from, len(machine[from]), len(Events))
		}
		for _, e := range Events {
			o, known := machine[from][e]
			if !known || o.refuses() && o.to != Nothing || !o.refuses() && !slices.Contains(everyState, o.to) {
				t.Errorf("%s in state %q: %+v", e, from, o)
			}
			next, err := from.After(e)
			if o.refuses() && (next != from || !errors.Is(err, o.refusal) || !errors.Is(err, ErrChanged)) {
				t.Errorf("%s in state %q is refused with %v", e, from, err)
			}
			if !o.refuses() && (next != o.to || err != nil || !from.May(e)) {
				t.Errorf("%s in state %q leads to %q (%v)", e, from, next, err)
			}
		}
	}
	for _, e := range Events {
		if kinds[e] == "" {
			t.Errorf("%s has no line in the journal", e)
		}
	}
	if _, err := Available.After("explode"); !errors.Is(err, ErrChanged) {
		t.Errorf("an event that there is not: %v", err)
	}
}

// TestOnlyClearReleases: of all ways from anywhere, those that lead to available
// go through the antivirus' word.
func TestOnlyClearReleases(t *testing.T) {
	for _, from := range everyState {
		for _, e := range Events {
			if next, err := from.After(e); err == nil && next == Available && (from != Scanning || e != Clear) {
				t.Errorf("%s makes what is %q available", e, from)
			}
		}
	}
}

// TestEveryWayEndsShredded walks the machine at random: whatever happens, a
// document that is not to be read has no key, and one that is gone no name.
func TestEveryWayEndsShredded(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		d, err := Document{ID: "1", Name: "n", SHA256: "s", WrappedKey: "k"}.after(Begin, "")
		if err == nil {
			d, err = d.after(Arrive, "")
		}
		if err != nil {
			r.Fatal(err)
		}
		d.WrappedKey = "k"
		for d.State != Shredded {
			events := slices.DeleteFunc(slices.Clone(Events), func(e Event) bool { return !d.State.May(e) })
			if len(events) == 0 {
				r.Fatalf("no way leads on from %s", d.State)
			}
			if d, err = d.after(rapid.SampledFrom(events).Draw(r, "event"), "why"); err != nil {
				r.Fatal(err)
			}
			if d.State.hasKey() != (d.WrappedKey != "") || d.State.opens() && !d.State.hasKey() {
				r.Fatalf("in state %s the key is %q", d.State, d.WrappedKey)
			}
			over := slices.Contains([]State{Expired, Deleted, Shredded}, d.State)
			if over != (d.Name == "" && d.SHA256 == "") {
				r.Fatalf("in state %s the name is %q", d.State, d.Name)
			}
		}
	})
}

// TestDrawn holds docs/documents.md to the machine.
func TestDrawn(t *testing.T) {
	const page = "../../docs/documents.md"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), "<!-- machine: begin -->\n")
	_, after, ended := strings.Cut(rest, "<!-- machine: end -->")
	if !found || !ended {
		t.Fatalf("%s has no place for the machine", page)
	}
	want := before + "<!-- machine: begin -->\n" + drawing() + "\n" + table() + "<!-- machine: end -->" + after
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("%s does not show the machine; run the test with -update (-want +got):\n%s", page, diff)
	}
}

func named(s State) string {
	if s == Nothing {
		return "(nothing)"
	}
	return string(s)
}

// drawing has an arrow for each transition.
func drawing() string {
	var b strings.Builder
	for _, from := range everyState {
		name := named(from)
		for _, e := range Events {
			if next, err := from.After(e); err == nil {
				fmt.Fprintf(&b, "    %11s ──%s%s▶ %s\n", name, e, strings.Repeat("─", 9-len(e)), named(next))
				name = ""
			}
		}
	}
	return b.String()
}

// table has a row for each event and a column for each state.
func table() string {
	var b strings.Builder
	b.WriteString("| |")
	for _, s := range everyState {
		fmt.Fprintf(&b, " %s |", named(s))
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(everyState)) + "\n")
	for _, e := range Events {
		fmt.Fprintf(&b, "| **%s** |", e)
		for _, s := range everyState {
			if next, err := s.After(e); err == nil {
				fmt.Fprintf(&b, " → %s |", named(next))
			} else {
				fmt.Fprintf(&b, " *%s* |", machine[s][e].refusal)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}
