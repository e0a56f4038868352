package conditions

import (
	"strings"
	"time"
)

// Part is what became of one part of a step: for example of one environment.
type Part struct {
	Name string
	Err  error
}

// Merge makes one problem of the parts' problems; nil when there is none. The
// reason is that of the first part with the most pressing class: a fault or a
// wait before a stall, a stall before a block. Parts with the same message are
// named together.
func Merge(parts []Part) error {
	var chosen *Problem
	var texts []part
	for _, each := range parts {
		p := Classify(each.Err)
		if p == nil {
			continue
		}
		texts = gather(texts, each.Name, p.Message)
		if chosen == nil || pressing(p.Class) > pressing(chosen.Class) {
			chosen = p
		}
	}
	if chosen == nil {
		return nil
	}
	merged := *chosen
	merged.Message, merged.After = write(texts), soonest(parts)
	return &merged
}

type part struct {
	names   []string
	message string
}

func gather(texts []part, name, message string) []part {
	for i := range texts {
		if texts[i].message == message {
			texts[i].names = append(texts[i].names, name)
			return texts
		}
	}
	return append(texts, part{names: []string{name}, message: message})
}

func write(texts []part) string {
	lines := make([]string, 0, len(texts))
	for _, t := range texts {
		lines = append(lines, strings.Join(t.names, ", ")+": "+t.message)
	}
	return strings.Join(lines, " ")
}

func pressing(c Class) int {
	return map[Class]int{Blocked: 1, Stalled: 2, Waiting: 3, Retrying: 4}[c]
}

func soonest(parts []Part) time.Duration {
	var least time.Duration
	for _, each := range parts {
		if p := Classify(each.Err); p != nil && p.After > 0 && (least == 0 || p.After < least) {
			least = p.After
		}
	}
	return least
}
