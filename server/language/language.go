// Package language says dates, sizes and choices in French or English, the two
// languages of everything a person sees. French comes first.
package language

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Language is fr or en.
type Language string

// The two languages.
const (
	French  Language = "fr"
	English Language = "en"
)

// All has the default first.
var All = []Language{French, English}

// Of takes anything but "en" for French.
func Of(code string) Language {
	if code == string(English) {
		return English
	}
	return French
}

// Known tells whether a code is one of the two.
func Known(code string) bool { return slices.Contains(All, Language(code)) }

// Accepted chooses by an Accept-Language header: the language of the highest
// weight, the earlier one of equals, French if it names neither.
func Accepted(header string) Language {
	best, most := French, 0.0
	for item := range strings.SplitSeq(header, ",") {
		tag, parameters, _ := strings.Cut(strings.TrimSpace(item), ";")
		primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if weight := weight(parameters); Known(primary) && weight > most {
			best, most = Language(primary), weight
		}
	}
	return best
}

func weight(parameters string) float64 {
	value, found := strings.CutPrefix(strings.TrimSpace(parameters), "q=")
	if !found {
		return 1
	}
	weight, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return 0
	}
	return weight
}

// Other is the language to switch to.
func (l Language) Other() Language {
	if l == English {
		return French
	}
	return English
}

// Pick chooses between a French and an English text.
func (l Language) Pick(fr, en string) string {
	if l == English {
		return en
	}
	return fr
}

// One tells whether a count takes the singular: 0 does in French.
func (l Language) One(n int64) bool {
	return n == 1 || (l == French && n == 0)
}

var months = [...]string{
	"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre",
}

// Date is "3 décembre 2026" or "December 3, 2026".
func (l Language) Date(t time.Time) string {
	if l == English {
		return t.Format("January 2, 2006")
	}
	day := strconv.Itoa(t.Day())
	if t.Day() == 1 {
		day = "1er"
	}
	return fmt.Sprintf("%s %s %d", day, months[t.Month()-1], t.Year())
}

// Moment is "3 décembre 2026 à 14 h 05" or "December 3, 2026 at 2:05 p.m."
func (l Language) Moment(t time.Time) string {
	if l == English {
		return l.Date(t) + " at " + l.clock(t)
	}
	return fmt.Sprintf("%s à %d\u00a0h\u00a0%02d", l.Date(t), t.Hour(), t.Minute())
}

var weekdays = [...]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"}

// Period is "mercredi 25 novembre 2026, de 5 h à 7 h" or "Wednesday, November
// 25, 2026, from 5:00 a.m. to 7:00 a.m."; both days are said when they differ.
func (l Language) Period(from, to time.Time) string {
	if from.Format(time.DateOnly) == to.Format(time.DateOnly) {
		return l.day(from) + l.Pick(", de ", ", from ") + l.clock(from) + l.Pick(" à ", " to ") + l.clock(to)
	}
	at := l.Pick(" à ", " at ")
	return l.Pick("du ", "from ") + l.day(from) + at + l.clock(from) + l.Pick(" au ", " to ") + l.day(to) + at + l.clock(to)
}

func (l Language) day(t time.Time) string {
	return l.Pick(weekdays[t.Weekday()]+" ", t.Format("Monday, ")) + l.Date(t)
}

// clock is "5 h", "5 h 30" or "5:30 a.m."
func (l Language) clock(t time.Time) string {
	switch {
	case l == English && t.Hour() < 12:
		return t.Format("3:04") + "\u00a0a.m."
	case l == English:
		return t.Format("3:04") + "\u00a0p.m."
	case t.Minute() == 0:
		return fmt.Sprintf("%d\u00a0h", t.Hour())
	}
	return fmt.Sprintf("%d\u00a0h\u00a0%02d", t.Hour(), t.Minute())
}

var units = []struct {
	size   int64
	fr, en string
}{
	{1e9, "Go", "GB"},
	{1e6, "Mo", "MB"},
	{1e3, "ko", "kB"},
	{1, "octet", "byte"},
}

// Size is "2,5 Mo" or "2.5 MB": powers of ten, at most one decimal, rounded down
// so that what is said to be left is left.
func (l Language) Size(bytes int64) string {
	unit := units[len(units)-1]
	for _, u := range slices.Backward(units[:len(units)-1]) {
		if bytes >= u.size {
			unit = u
		}
	}
	name := l.Pick(unit.fr, unit.en)
	if unit.size == 1 {
		if !l.One(bytes) {
			name += "s"
		}
		return fmt.Sprintf("%d\u00a0%s", bytes, name)
	}
	tenths := bytes / (unit.size / 10)
	number := strconv.FormatInt(tenths/10, 10)
	if tenths%10 != 0 {
		number += l.Pick(",", ".") + strconv.FormatInt(tenths%10, 10)
	}
	return number + "\u00a0" + name
}
