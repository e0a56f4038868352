package share

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"voute.dev/voute/server/document"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestTake(t *testing.T) {
	const size = 1000
	whole, head, rest := document.Part{Length: size}, document.Part{Length: 400}, document.Part{From: 400, Length: 600}
	at := func(p document.Part, after time.Duration) func(Tally) (Tally, bool) {
		return func(t Tally) (Tally, bool) { return t.Take(noon.Add(after), p, size) }
	}
	for name, c := range map[string]struct {
		asked []func(Tally) (Tally, bool)
		want  int
	}{
		"the whole":                             {[]func(Tally) (Tally, bool){at(whole, 0)}, 1},
		"the whole twice":                       {[]func(Tally) (Tally, bool){at(whole, 0), at(whole, time.Second)}, 2},
		"a line that broke":                     {[]func(Tally) (Tally, bool){at(whole, 0), at(rest, time.Hour)}, 1},
		"a line that broke twice":               {[]func(Tally) (Tally, bool){at(whole, 0), at(rest, time.Hour), at(rest, 2*time.Hour)}, 1},
		"in parts":                              {[]func(Tally) (Tally, bool){at(head, 0), at(rest, 0)}, 1},
		"in parts, the last one first":          {[]func(Tally) (Tally, bool){at(rest, 0), at(head, 0)}, 1},
		"the first part twice":                  {[]func(Tally) (Tally, bool){at(head, 0), at(head, 0)}, 2},
		"the rest a day later":                  {[]func(Tally) (Tally, bool){at(whole, 0), at(rest, oneDownload)}, 2},
		"the rest within a day":                 {[]func(Tally) (Tally, bool){at(whole, 0), at(rest, oneDownload-1)}, 1},
		"a part without a beginning":            {[]func(Tally) (Tally, bool){at(rest, 0)}, 1},
		"the rest again and again":              {[]func(Tally) (Tally, bool){at(whole, 0), at(rest, 0), at(rest, 0), at(rest, 0), at(rest, 0)}, 2},
		"all but the first byte, for ever":      {[]func(Tally) (Tally, bool){at(whole, 0), at(document.Part{From: 1, Length: 999}, 0), at(document.Part{From: 1, Length: 999}, 0), at(document.Part{From: 1, Length: 999}, 0)}, 2},
		"a byte of a document that has but one": {[]func(Tally) (Tally, bool){at(whole, 0), at(document.Part{From: 999, Length: 1}, 0)}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var tally Tally
			counted := 0
			for _, ask := range c.asked {
				var begun bool
				if tally, begun = ask(tally); begun {
					counted++
				}
			}
			if counted != c.want || tally.Count != c.want || !tally.First.Equal(noon) {
				t.Errorf("%d downloads, %d of them in %+v, want %d", counted, tally.Count, tally, c.want)
			}
		})
	}
}

// TestCountedIsAtLeastWhatWasHad: however somebody asks, a count stands for no
// more than three times the document.
func TestCountedIsAtLeastWhatWasHad(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		size := rapid.Int64Range(0, 100).Draw(r, "size")
		var tally Tally
		var had int64
		now := noon
		for range rapid.IntRange(1, 50).Draw(r, "requests") {
			from := rapid.Int64Range(0, max(size-1, 0)).Draw(r, "from")
			p := document.Part{From: from, Length: rapid.Int64Range(0, size-from).Draw(r, "length")}
			if rapid.Bool().Draw(r, "all of it") {
				p = document.Part{Length: size}
			}
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(r, "later")))
			tally, _ = tally.Take(now, p, size)
			had += p.Length
			if had > 3*size*int64(tally.Count) {
				r.Fatalf("%d bytes of %d were had with %d downloads", had, size, tally.Count)
			}
		}
	})
}

func TestRemindAt(t *testing.T) {
	for end, want := range map[time.Duration]time.Duration{
		30 * 24 * time.Hour: 28 * 24 * time.Hour, 96 * time.Hour: 48 * time.Hour, 24 * time.Hour: 12 * time.Hour, time.Hour: 30 * time.Minute,
	} {
		if got := remindAt(noon, noon.Add(end)).Sub(noon); got != want {
			t.Errorf("of what ends after %s one is reminded after %s, want %s", end, got, want)
		}
	}
}

// TestChoice: of several shares the one is used that costs least.
func TestChoice(t *testing.T) {
	open, limited, used, soon := choice{counted: true}, choice{counted: true, share: Share{Limit: 2}}, choice{counted: true, refused: true, share: Share{Limit: 1}},
		choice{counted: true, share: Share{Limit: 2, Expires: noon}}
	goesOn := choice{share: Share{Limit: 1}}
	for i, order := range [][2]choice{{goesOn, open}, {open, limited}, {limited, used}, {limited, soon}, {soon, used}} {
		if order[0].compare(order[1]) >= 0 || order[1].compare(order[0]) <= 0 {
			t.Errorf("pair %d is in the wrong order", i)
		}
	}
}
