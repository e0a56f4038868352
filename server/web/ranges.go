package web

import (
	"net/http"
	"strconv"
	"strings"

	"voute.dev/voute/server/document"
)

// mostRanges is how many parts of a document one request may ask for. Each costs
// the opening of a segment, however small it is.
const mostRanges = 8

// wanted is what a request for a document's bytes comes to.
type wanted struct {
	part    document.Part
	nothing bool // no byte of it is to leave: HEAD, not modified, not satisfiable
	tooMany bool // parts
}

// wantedOf reads a request as net/http does, ahead of it: nothing is opened, nor
// counted, for what does not leave.
func wantedOf(r *http.Request, etag string, size int64) wanted {
	whole := wanted{part: document.Part{Length: size}}
	header := r.Header.Get("Range")
	switch {
	case r.Method == http.MethodHead, matches(r.Header.Get("If-None-Match"), etag):
		return wanted{nothing: true}
	case r.Header.Get("If-Match") != "" && !matches(r.Header.Get("If-Match"), etag):
		return wanted{nothing: true}
	case header == "", r.Header.Get("If-Range") != "" && r.Header.Get("If-Range") != etag:
		return whole
	}
	list, bytes := strings.CutPrefix(header, "bytes=")
	if !bytes {
		return wanted{nothing: true} // net/http refuses it
	}
	if strings.Count(list, ",") >= mostRanges {
		return wanted{tooMany: true}
	}
	return partOf(strings.Split(list, ","), size)
}

// partOf is what several ranges come to: from the first byte of any of them, and
// as many bytes as all have.
func partOf(ranges []string, size int64) wanted {
	w := wanted{part: document.Part{From: size}, nothing: true}
	asked := false
	for _, text := range ranges {
		if strings.TrimSpace(text) == "" {
			continue
		}
		asked = true
		from, length, valid := rangeOf(strings.TrimSpace(text), size)
		if !valid {
			return wanted{nothing: true} // net/http refuses all of them
		}
		if length > 0 {
			w.nothing = false
			w.part.From = min(w.part.From, from)
			w.part.Length += length
		}
	}
	if w.part.Length > size || !asked {
		return wanted{part: document.Part{Length: size}} // net/http gives the whole
	}
	return w
}

// rangeOf reads "from-to", "from-" and "-last"; one that is not satisfiable is
// valid and has no bytes.
func rangeOf(text string, size int64) (from, length int64, valid bool) {
	first, last, dash := strings.Cut(text, "-")
	first, last = strings.TrimSpace(first), strings.TrimSpace(last)
	if !dash {
		return 0, 0, false
	}
	if first == "" {
		n, err := strconv.ParseInt(last, 10, 64)
		n = min(n, size)
		return size - n, n, err == nil && n >= 0 && !strings.HasPrefix(last, "-")
	}
	from, err := strconv.ParseInt(first, 10, 64)
	if err != nil || from < 0 {
		return 0, 0, false
	}
	if from >= size {
		return 0, 0, true
	}
	if last == "" {
		return from, size - from, true
	}
	to, err := strconv.ParseInt(last, 10, 64)
	if err != nil || from > to {
		return 0, 0, false
	}
	return from, min(to, size-1) - from + 1, true
}

// matches tells whether an If-None-Match header has the tag.
func matches(header, etag string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		if tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/"); tag == etag || tag == "*" {
			return true
		}
	}
	return false
}
