package calendar

import (
	"cmp"
	"slices"
)

// span is [from, to) in seconds, of instants or of local time as if it were UTC.
type span struct{ from, to int64 }

func (s span) isEmpty() bool { return s.from >= s.to }

// merged is sorted, without empty spans, and one where several touch.
func merged(spans []span) []span {
	spans = slices.DeleteFunc(slices.Clone(spans), span.isEmpty)
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var whole []span
	for _, s := range spans {
		if last := len(whole) - 1; last >= 0 && s.from <= whole[last].to {
			whole[last].to = max(whole[last].to, s.to)
			continue
		}
		whole = append(whole, s)
	}
	return whole
}

// within cuts spans to the bounds.
func within(spans []span, bounds span) []span {
	var cut []span
	for _, s := range spans {
		if part := (span{max(s.from, bounds.from), min(s.to, bounds.to)}); !part.isEmpty() {
			cut = append(cut, part)
		}
	}
	return cut
}

// without takes a hole out of each span.
func without(spans []span, hole span) []span {
	if hole.isEmpty() {
		return spans
	}
	var left []span
	for _, s := range spans {
		for _, part := range []span{{s.from, min(s.to, hole.from)}, {max(s.from, hole.to), s.to}} {
			if !part.isEmpty() {
				left = append(left, part)
			}
		}
	}
	return left
}

func shifted(spans []span, by int64) []span {
	moved := make([]span, 0, len(spans))
	for _, s := range spans {
		moved = append(moved, span{s.from + by, s.to + by})
	}
	return moved
}
