package document

import "slices"

// Spool is what the antivirus has to hold the documents that it looks at: it
// takes each one whole before it looks.
type Spool struct {
	Scans int   // at a time
	Bytes int64 // of all of them together
}

// Load is one document that waits for the antivirus, or is before it.
type Load struct {
	ID    string
	Size  int64
	Place int // in the order of arrival
}

// spool is what the configuration says of it.
func (s *Service) spool() Spool {
	c := s.Config().Scanner
	return Spool{Scans: c.Scans, Bytes: c.SpoolBytes}
}

// holds tells whether a document can be scanned at all.
func (s Spool) holds(size int64) bool { return size <= s.Bytes }

// load is what a document takes of the spool. One that it does not hold is
// refused without being sent.
func (s Spool) load(d Document, place int) Load {
	if !s.holds(d.Size) {
		return Load{ID: d.ID, Place: place}
	}
	return Load{ID: d.ID, Size: d.Size, Place: place}
}

// largePart of the spool makes a document a large one.
const largePart = 8

// Next tells which of the documents that wait may go before the antivirus,
// beside those that are there already. They go in the order of their arrival, but
//
//   - large ones together leave a scan to small ones, if there is more than one;
//   - whoever finds no room lets others pass, as long as these leave it the room and
//     the scan that it needs: it waits for nobody but those before it.
//
// So a large document does not hold up the small ones behind it, and however many
// come they do not hold up the large one either.
func (s Spool) Next(waiting, under []Load) (next []Load) {
	under = slices.Clone(under)
	var left []Load // to wait on
	for _, l := range waiting {
		if len(under) >= s.Scans {
			break
		}
		stays := func(earlier Load) bool { return !s.passes(l, earlier, under) }
		if !s.fits(l, under) || slices.ContainsFunc(left, stays) {
			left = append(left, l)
			continue
		}
		under, next = append(under, l), append(next, l)
	}
	return next
}

// fits tells whether there is room for one more.
func (s Spool) fits(l Load, under []Load) bool {
	if len(under) >= s.Scans || total(under)+l.Size > s.Bytes {
		return false
	}
	return !s.large(l) || count(under, s.large) < s.largeAtOnce()
}

// passes tells whether one may go before another that came earlier and finds no
// room: all who have passed it must leave it what it needs.
func (s Spool) passes(l, earlier Load, under []Load) bool {
	passed := []Load{l}
	for _, u := range under {
		if u.Place > earlier.Place {
			passed = append(passed, u)
		}
	}
	return s.fits(earlier, passed)
}

func (s Spool) large(l Load) bool { return l.Size > s.Bytes/largePart }

func (s Spool) largeAtOnce() int { return max(s.Scans-1, 1) }

func total(all []Load) (bytes int64) {
	for _, l := range all {
		bytes += l.Size
	}
	return bytes
}

func count(all []Load, counts func(Load) bool) (n int) {
	for _, l := range all {
		if counts(l) {
			n++
		}
	}
	return n
}
