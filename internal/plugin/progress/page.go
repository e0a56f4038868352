package progress

import (
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"voute.dev/voute/internal/plugin/page"
)

var headings = []string{"VERSION", "CLIENTS", "DONE", "CHANGING", "PENDING", "FAILED", "PRODUCTION", "DEVELOPMENT"}

// titles are what the parts of a page are called.
var titles = map[State]string{Failed: "Failed, and taken back", Changing: "Changing", Pending: "Pending"}

// Page shows how far all clients are.
func Page(p Progress, now time.Time, zone *time.Location) string {
	w := &page.Page{}
	w.Heading("%d clients; %s runs where none is named; %d environments change at a time.", p.Clients, p.DefaultVersion, p.Slots)
	w.Line("")
	w.Table(headings, rows(p.Versions))
	halted(w, p)
	halts(w, p)
	for _, state := range order[:3] {
		steps(w, p, state, now, zone)
	}
	return w.String()
}

func rows(versions []Version) [][]string {
	rows := make([][]string, 0, len(versions))
	for _, v := range versions {
		row := []string{v.Version}
		for _, count := range []int{v.Clients, v.Done, v.Changing, v.Pending, v.Failed, v.Production, v.Development} {
			row = append(row, fmt.Sprint(count))
		}
		rows = append(rows, row)
	}
	return rows
}

func halted(w *page.Page, p Progress) {
	for _, halt := range p.Halted {
		w.Heading("Halted by the platform team: version %s: %s", halt.Version, halt.Reason)
		w.Item("Nobody else starts it; what is under way goes on. To let it go on: kubectl voute rollout resume %s", halt.Version)
	}
}

func halts(w *page.Page, p Progress) {
	for _, halt := range p.Halts {
		w.Heading("Halted: %s failed with %s (%s), and rollout.haltAfter is %d: nobody else starts it.",
			halt.Change, clients(len(halt.Clients)), strings.Join(halt.Clients, ", "), p.HaltAfter)
		w.Item("See why in the statuses of those that failed. A version that is really bad is mended as a new one, which nothing halts; " +
			"to let all try the same again: kubectl voute rollout resume")
	}
}

func clients(many int) string {
	if many == 1 {
		return "1 client"
	}
	return fmt.Sprintf("%d clients", many)
}

func steps(w *page.Page, p Progress, state State, now time.Time, zone *time.Location) {
	begun := false
	for _, s := range p.Steps {
		if s.State != state {
			continue
		}
		if !begun {
			w.Heading("%s", titles[state])
			begun = true
		}
		w.Item("%s/%s %s: %s%s", s.Namespace, s.Name, s.Environment, s.Change, s.rest(now, zone))
	}
}

func (s Step) rest(now time.Time, zone *time.Location) string {
	switch s.State {
	case Failed:
		return fmt.Sprintf("; taken back %s: %s", moment(s.Time, zone), s.Says)
	case Changing:
		return fmt.Sprintf(" (%s); taken back unless it runs healthy by %s", s.Class, moment(s.Time, zone))
	default:
		text := fmt.Sprintf(" (%s); waits for %s", s.Class, s.Says)
		if s.Time != nil && s.Time.After(now) {
			text += " (" + page.Distance(s.Time.Time, now) + ")"
		}
		return text
	}
}

func moment(at *metav1.Time, zone *time.Location) string {
	if at == nil {
		return "at a time that is not known"
	}
	return page.Moment(at.Time, zone)
}
