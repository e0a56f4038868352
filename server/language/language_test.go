package language

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestAccepted(t *testing.T) {
	for header, want := range map[string]Language{
		"":                           French,
		"en":                         English,
		"fr-CA,fr;q=0.8,en-US;q=0.5": French,
		"en-US,en;q=0.5,fr;q=0.3":    English,
		"de,es;q=0.9":                French,
		"de,en;q=0.2":                English,
		"fr;q=0.1, EN-ca;q=0.2":      English,
		"en;q=0":                     French,
		"en;q=nonsense":              French,
		"*":                          French,
		"fr,en":                      French,
		"en,fr":                      English,
		";;;,,,q=1":                  French,
	} {
		if got := Accepted(header); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}

func TestMoment(t *testing.T) {
	for _, c := range []struct {
		at     time.Time
		fr, en string
	}{
		{time.Date(2026, 12, 3, 14, 5, 0, 0, time.UTC), "3 décembre 2026 à 14\u00a0h\u00a005", "December 3, 2026 at 2:05\u00a0p.m."},
		{time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC), "1er août 2026 à 0\u00a0h\u00a000", "August 1, 2026 at 12:00\u00a0a.m."},
		{time.Date(2026, 2, 28, 12, 30, 0, 0, time.UTC), "28 février 2026 à 12\u00a0h\u00a030", "February 28, 2026 at 12:30\u00a0p.m."},
	} {
		if got := French.Moment(c.at); got != c.fr {
			t.Errorf("%q, want %q", got, c.fr)
		}
		if got := English.Moment(c.at); got != c.en {
			t.Errorf("%q, want %q", got, c.en)
		}
	}
}

func TestPeriod(t *testing.T) {
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 11, day, hour, minute, 0, 0, time.UTC) }
	for _, c := range []struct {
		from, to time.Time
		fr, en   string
	}{
		{at(25, 5, 0), at(25, 7, 0), "mercredi 25 novembre 2026, de 5\u00a0h à 7\u00a0h", "Wednesday, November 25, 2026, from 5:00\u00a0a.m. to 7:00\u00a0a.m."},
		{at(1, 0, 0), at(1, 12, 5), "dimanche 1er novembre 2026, de 0\u00a0h à 12\u00a0h\u00a005", "Sunday, November 1, 2026, from 12:00\u00a0a.m. to 12:05\u00a0p.m."},
		{at(28, 22, 30), at(29, 0, 0), "du samedi 28 novembre 2026 à 22\u00a0h\u00a030 au dimanche 29 novembre 2026 à 0\u00a0h", "from Saturday, November 28, 2026 at 10:30\u00a0p.m. to Sunday, November 29, 2026 at 12:00\u00a0a.m."},
	} {
		if got := French.Period(c.from, c.to); got != c.fr {
			t.Errorf("%q, want %q", got, c.fr)
		}
		if got := English.Period(c.from, c.to); got != c.en {
			t.Errorf("%q, want %q", got, c.en)
		}
	}
}

func TestSize(t *testing.T) {
	for _, c := range []struct {
		bytes  int64
		fr, en string
	}{
		{0, "0\u00a0octet", "0\u00a0bytes"},
		{1, "1\u00a0octet", "1\u00a0byte"},
		{999, "999\u00a0octets", "999\u00a0bytes"},
		{1000, "1\u00a0ko", "1\u00a0kB"},
		{1_550_000, "1,5\u00a0Mo", "1.5\u00a0MB"},
		{999_999_999, "999,9\u00a0Mo", "999.9\u00a0MB"},
		{2_000_000_000, "2\u00a0Go", "2\u00a0GB"},
		{20_040_000_000, "20\u00a0Go", "20\u00a0GB"},
	} {
		if got := French.Size(c.bytes); got != c.fr {
			t.Errorf("%q, want %q", got, c.fr)
		}
		if got := English.Size(c.bytes); got != c.en {
			t.Errorf("%q, want %q", got, c.en)
		}
	}
}

// TestAnyHeader never fails, whatever a browser sends.
func TestAnyHeader(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		if got := Accepted(rapid.String().Draw(r, "header")); !Known(string(got)) {
			r.Fatalf("%q", got)
		}
	})
}
