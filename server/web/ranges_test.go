package web

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"voute.dev/voute/server/document"
)

const tag = `"abc"`

// served is what net/http makes of a request.
func served(hr *http.Request, content []byte) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("ETag", tag)
	http.ServeContent(w, hr, "", time.Time{}, bytes.NewReader(content))
	return w
}

func TestWantedOf(t *testing.T) {
	for header, want := range map[string]wanted{
		"":                   {part: document.Part{Length: 100}},
		"bytes=0-":           {part: document.Part{Length: 100}},
		"bytes=0-9":          {part: document.Part{Length: 10}},
		"bytes=90-":          {part: document.Part{From: 90, Length: 10}},
		"bytes=-10":          {part: document.Part{From: 90, Length: 10}},
		"bytes=-1000":        {part: document.Part{Length: 100}},
		"bytes=90-1000":      {part: document.Part{From: 90, Length: 10}},
		"bytes=50-59, 10-19": {part: document.Part{From: 10, Length: 20}},
		"bytes=0-99,0-99":    {part: document.Part{Length: 100}},
		"bytes=100-":         {part: document.Part{From: 100}, nothing: true},
		"bytes=9-5":          {nothing: true},
		"bytes=x":            {nothing: true},
		"items=0-5":          {nothing: true},
		"bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14":       {part: document.Part{Length: 8}},
		"bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16": {tooMany: true},
	} {
		hr := httptest.NewRequest(http.MethodGet, "/", nil)
		if header != "" {
			hr.Header.Set("Range", header)
		}
		if got := wantedOf(hr, tag, 100); got.nothing != want.nothing || got.tooMany != want.tooMany || !want.nothing && got.part != want.part {
			t.Errorf("%q: %+v, want %+v", header, got, want)
		}
	}
}

// TestWantedIsWhatIsServed: what is counted is what net/http gives, whatever is asked.
func TestWantedIsWhatIsServed(t *testing.T) {
	pieces := []string{"bytes=", "0", "9", "50", "99", "100", "120", "-", "-", "-", ",", " ", "x"}
	tags := []string{"", "", tag, `"other"`, "W/" + tag, "*", "Sun, 22 Nov 2026 12:00:00 GMT"}
	rapid.Check(t, func(r *rapid.T) {
		content := []byte(strings.Repeat("x", rapid.SampledFrom([]int{0, 1, 100}).Draw(r, "size")))
		hr := httptest.NewRequest(rapid.SampledFrom([]string{http.MethodGet, http.MethodHead}).Draw(r, "method"), "/", nil)
		if rapid.Bool().Draw(r, "ranges") {
			hr.Header.Set("Range", "bytes="+strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 8).Draw(r, "range"), ""))
		}
		for _, header := range []string{"If-Range", "If-None-Match", "If-Match"} {
			if value := rapid.SampledFrom(tags).Draw(r, header); value != "" {
				hr.Header.Set(header, value)
			}
		}
		want := wantedOf(hr, tag, int64(len(content)))
		got := served(hr, content)
		body := strings.Count(got.Body.String(), "x")
		if strings.HasPrefix(got.Header().Get("Content-Type"), "multipart/") {
			body = int(want.part.Length) // its boundaries may have the letter too
			if want.nothing || want.part.Whole(int64(len(content))) && want.part.Length > int64(len(content)) {
				r.Fatalf("%v: several parts come, and %+v was foreseen", hr.Header, want)
			}
		}
		if want.tooMany {
			return
		}
		if want.nothing && body > 0 && got.Code < 300 || !want.nothing && hr.Method == http.MethodGet && got.Code < 300 && int64(body) != want.part.Length {
			r.Fatalf("%s %v: %d bytes come with status %d, %+v was foreseen", hr.Method, hr.Header, body, got.Code, want)
		}
	})
}
