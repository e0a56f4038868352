package share

import (
	"time"

	"voute.dev/voute/server/document"
)

// oneDownload is how long after its beginning a download may go on.
const oneDownload = 24 * time.Hour

// Tally is what one recipient has downloaded of one document of one share.
type Tally struct {
	Share, Account, Document string
	Count                    int
	First, Last              time.Time // when the first and the last one began
	Head                     bool      // the last one has had the first byte
	Asked                    int64     // bytes asked for since it began, to go on with it
}

// Take writes down that a part was asked for, and tells whether that began
// another download.
//
// A download goes on, and is not counted again, when a part of the document is
// asked for within a day of its beginning: a line that broke, or a program that
// fetches in parts. It begins anew with the whole document, with the first byte if
// the last one has had it, and once all that was asked for to go on with it
// is more than twice the document.
func (t Tally) Take(now time.Time, p document.Part, size int64) (Tally, bool) {
	if t.goesOn(now, p, size) {
		t.Head = t.Head || p.From == 0
		t.Asked += p.Length
		return t, false
	}
	if t.Count == 0 {
		t.First = now
	}
	t.Count++
	t.Last, t.Head, t.Asked = now, p.From == 0, 0
	return t, true
}

func (t Tally) goesOn(now time.Time, p document.Part, size int64) bool {
	return t.Count > 0 && !p.Whole(size) && now.Before(t.Last.Add(oneDownload)) &&
		(p.From > 0 || !t.Head) && t.Asked+p.Length <= 2*size
}
