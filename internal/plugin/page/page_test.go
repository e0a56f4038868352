package page

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/resource"
	"pgregory.net/rapid"
)

func TestPage(t *testing.T) {
	p := &Page{}
	p.Heading("justice/%s", "justice")
	p.Field("Ready", "True, %s: all is well", "Serving")
	p.Field("Nothing", "")
	p.Field("A name that is longer than its column", "goes on")
	p.Heading("production")
	p.Field("Message", "%s", strings.Repeat("many words ", 12))
	p.Table([]string{"NAME", "QUOTA", "PENDING"}, [][]string{{"justice", "20G", ""}, {"travail-et-emploi", "", "Fix"}})
	want := `justice/justice
  Ready               True, Serving: all is well
  A name that is longer than its column goes on

production
  Message             many words many words many words many words many words many words many words many words
                      many words many words many words many words
NAME                QUOTA   PENDING
justice             20G
travail-et-emploi           Fix
`
	if p.String() != want {
		t.Errorf("it is\n%s\nwant\n%s", p.String(), want)
	}
}

// Whatever somebody writes into an object, a page has the lines that we wrote, no
// line is longer than it may be where words are short, and no terminal obeys.
func TestNothingIsObeyed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		p := &Page{}
		p.Table([]string{"NAME"}, [][]string{{text}, {text}})
		if lines := strings.Count(p.String(), "\n"); lines != 3 {
			t.Fatalf("%d lines: %q", lines, p.String())
		}
		p.Field("Message", "%s", text)
		for _, r := range strings.ReplaceAll(p.String(), "\n", "") {
			if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
				t.Fatalf("%q has %U", p.String(), r)
			}
		}
	})
}

func TestWrapKeepsEveryWord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.StringMatching(`[a-zé→]{1,30}`)).Draw(t, "words")
		p := &Page{}
		p.Field("Message", "%s", strings.Join(words, " "))
		got := strings.Fields(p.String())
		if len(words) > 0 {
			got = got[1:]
		}
		if strings.Join(got, " ") != strings.Join(words, " ") {
			t.Fatalf("it is %q", p.String())
		}
		for line := range strings.Lines(p.String()) {
			if utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > width {
				t.Fatalf("too long: %q", line)
			}
		}
	})
}

func TestValues(t *testing.T) {
	for percent, want := range map[int32]string{
		0: "[....................]", 1: "[#...................]", 50: "[##########..........]",
		99: "[###################.]", 100: "[####################]", 140: "[####################]",
	} {
		if got := Bar(percent); got != want {
			t.Errorf("%d %%: %s; want %s", percent, got, want)
		}
	}
	for text, want := range map[string]string{"20G": "20 GB", "105M": "0.11 GB", "0": "0 GB", "4600M": "4.6 GB", "100G": "100 GB"} {
		quantity := resource.MustParse(text)
		if got := GB(&quantity); got != want {
			t.Errorf("%s is %s; want %s", text, got, want)
		}
	}
	zone, err := time.LoadLocation("America/Toronto")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 23, 13, 30, 0, 0, time.UTC)
	for got, want := range map[string]string{
		Moment(at, zone):                    "Monday 2026-11-23 08:30 EST",
		Stamp(at, zone):                     "2026-11-23 08:30 EST",
		Distance(at, at.Add(-25*time.Hour)): "in 25h",
		Distance(at, at.Add(49*time.Hour)):  "2d1h ago",
	} {
		if got != want {
			t.Errorf("%s; want %s", got, want)
		}
	}
}
