package document

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestReadable(t *testing.T) {
	expires := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, state := range States {
		d := Document{State: state, Expires: expires}
		if d.Readable(expires.Add(-time.Millisecond)) != (state == Available) {
			t.Errorf("%s: readable before it expires", state)
		}
		if d.Readable(expires) {
			t.Errorf("%s: readable in the moment it expires", state)
		}
	}
}

func TestCleanName(t *testing.T) {
	for name, want := range map[string]string{
		"":                       "document",
		"...":                    "document",
		"rapport annuel.pdf":     "rapport annuel.pdf",
		"../../etc/passwd":       "passwd",
		`C:\Users\a\été.docx`:    "été.docx",
		"a\r\nSet-Cookie: x.pdf": "aSet-Cookie x.pdf",
		"annexe\u202efdp.exe":    "annexefdp.exe",
		"a\x00b":                 "ab",
		"\xff\xfe.pdf":           "pdf",
		" .bashrc ":              "bashrc",
		`q"u<o>t?e*s|`:           "quotes",
	} {
		if got := CleanName(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	long := CleanName(strings.Repeat("é", 300) + ".pdf")
	if len(long) > longestName || !strings.HasSuffix(long, "é.pdf") {
		t.Errorf("a long name becomes %q", long)
	}
}

func TestAnyNameIsCleaned(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		name := CleanName(rapid.String().Draw(r, "name"))
		if name == "" || len(name) > longestName || !utf8.ValidString(name) || strings.ContainsAny(name, `/\"`) || strings.ContainsFunc(name, unicode.IsControl) {
			r.Fatalf("%q", name)
		}
		if again := CleanName(name); again != name {
			r.Fatalf("%q becomes %q when cleaned again", name, again)
		}
	})
}
