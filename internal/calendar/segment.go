package calendar

import "time"

// longestShift is more than clocks have ever been set by at once: a day, where
// an island changed sides of the date line.
const longestShift = 50 * 60 * 60

// segment is a time in which a zone has one offset.
type segment struct {
	instants span
	offset   int64
	// before are local times that earlier segments have shown.
	before []span
}

func (s segment) local() span { return span{s.instants.from + s.offset, s.instants.to + s.offset} }

// segments gives those that lie in bounds, cut to them.
func segments(zone *time.Location, bounds span) []segment {
	var all []segment
	reach := span{bounds.from - longestShift, bounds.to}
	for at := reach.from; at < reach.to; {
		s := segmentAt(zone, at, reach)
		for _, earlier := range all {
			s.before = append(s.before, earlier.local())
		}
		all = append(all, s)
		at = s.instants.to
	}
	var inside []segment
	for _, s := range all {
		if cut := within([]span{s.instants}, bounds); len(cut) > 0 {
			s.instants = cut[0]
			inside = append(inside, s)
		}
	}
	return inside
}

// segmentAt is the one that an instant lies in, cut to what is asked for.
func segmentAt(zone *time.Location, at int64, reach span) segment {
	instant := time.Unix(at, 0).In(zone)
	_, offset := instant.Zone()
	until := reach.to
	if _, end := instant.ZoneBounds(); end.After(instant) {
		until = min(until, end.Unix())
	} else if !end.IsZero() {
		// Beyond a zone's table, Go ends the last day of a leap year before it begins.
		until = min(until, at+60*minute)
	}
	return segment{instants: span{at, until}, offset: int64(offset)}
}
