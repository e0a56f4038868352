// Package leak searches what programs write for people to read (logs, events,
// statuses) for what does not belong there: keys, tokens and passwords, and what
// is about persons.
//
// Some things are known by their form, whoever made them. Others only the test
// knows that made them: it adds each as a marker. A marker is also found in the
// forms in which a program might write it without meaning to.
package leak

import (
	"encoding/base64"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// forms are what is known without a marker.
var forms = map[string]*regexp.Regexp{
	"a JSON web token":           regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}`),
	"a private key":              regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----`),
	"a private key in base64":    regexp.MustCompile(`LS0tLS1CRUdJTi[A-Za-z0-9+/]{12,}`),
	"a Vault token":              regexp.MustCompile(`\bhv[sbr]\.[A-Za-z0-9_-]{20,}|\bs\.[A-Za-z0-9]{24}\b`),
	"a credential of a request":  regexp.MustCompile(`(?i)\b(bearer|basic|x-vault-token:?)\s+[A-Za-z0-9._~+/-]{8,}`),
	"the address of a mailbox":   regexp.MustCompile(`[A-Za-z0-9!#$%&'*+/=?^_{|}~.-]+@([A-Za-z0-9-]+\.)+[A-Za-z]{2,}\b`),
	"a wrapped or unwrapped key": regexp.MustCompile(`\bvault:v[0-9]+:[A-Za-z0-9+/]{16,}`),
}

// Search knows what to look for. It may be added to while it is used.
type Search struct {
	lock    sync.Mutex
	markers map[string]string
	allowed []string
}

// New is a search for what is known by its form.
func New() *Search { return &Search{markers: map[string]string{}} }

// Allow names a text that has the form of a secret and is none, for example the
// mail address in a command that the operator shows.
func (s *Search) Allow(text string) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.allowed = append(s.allowed, text)
}

// shortest is the length from which a marker says something: a shorter one is
// found everywhere.
const shortest = 5

// Add looks for a marker from now on; what says what it is.
func (s *Search) Add(what, marker string) {
	marker = strings.TrimSpace(marker)
	if len(marker) < shortest {
		return
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	for _, written := range []string{
		marker, url.QueryEscape(marker), url.PathEscape(marker), html.EscapeString(marker),
		strings.Trim(fmt.Sprintf("%+q", marker), `"`), base64.RawStdEncoding.EncodeToString([]byte(marker)), base64.RawURLEncoding.EncodeToString([]byte(marker)),
	} {
		s.markers[written] = what
	}
}

// Len is how many markers are looked for, in all their forms.
func (s *Search) Len() int {
	s.lock.Lock()
	defer s.lock.Unlock()
	return len(s.markers)
}

// In gives what it finds in a text, each with its line, in which the finding
// itself is not repeated.
func (s *Search) In(where, text string) []string {
	s.lock.Lock()
	defer s.lock.Unlock()
	var found []string
	number := 0
	for line := range strings.Lines(text) {
		number++
		for _, what := range s.inLine(line) {
			found = append(found, fmt.Sprintf("%s, line %d, has %s", where, number, what))
		}
	}
	return found
}

func (s *Search) inLine(line string) []string {
	var found []string
	for what, form := range forms {
		for _, match := range form.FindAllString(line, -1) {
			if !slices.Contains(s.allowed, match) {
				found = append(found, fmt.Sprintf("%s: %s", what, around(line, match)))
			}
		}
	}
	for marker, what := range s.markers {
		if holds(line, marker) {
			found = append(found, fmt.Sprintf("%s: %s", what, around(line, marker)))
		}
	}
	slices.Sort(found)
	return found
}

// holds: a number is found as a number only, not within a longer one.
func holds(line, marker string) bool {
	if strings.Trim(marker, "0123456789") != "" {
		return strings.Contains(line, marker)
	}
	for rest := line; ; {
		before, after, found := strings.Cut(rest, marker)
		if !found {
			return false
		}
		if !endsInDigit(before) && !beginsWithDigit(after) {
			return true
		}
		rest = after
	}
}

func endsInDigit(text string) bool {
	return text != "" && strings.ContainsAny(text[len(text)-1:], "0123456789.")
}

func beginsWithDigit(text string) bool {
	return text != "" && strings.ContainsAny(text[:1], "0123456789")
}

// around shows enough of a line to find the place in the program.
func around(line, match string) string {
	const width = 160
	at := strings.Index(line, match)
	from, to := max(0, at-width), min(len(line), at+len(match)+width)
	return strings.TrimSpace(strings.ToValidUTF8(line[from:at]+"[…]"+line[at+len(match):to], ""))
}
