package document

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// TestEveryWayEndsShredded walks the machine at random: whatever happens, a
// document that is not to be read has no key, and one that is gone no name.
func TestEveryWayEndsShredded(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		d := Document{ID: "1", Name: "n", SHA256: "s", WrappedKey: "k", State: Receiving}
		for len(moves[d.State]) > 0 {
			next, err := d.to(rapid.SampledFrom(moves[d.State]).Draw(r, "next"), "why")
			if err != nil {
				r.Fatal(err)
			}
			readable := next.State == Scanning || next.State == Available
			if readable != (next.WrappedKey != "") {
				r.Fatalf("in state %s the key is %q", next.State, next.WrappedKey)
			}
			over := slices.Contains([]State{Expired, Deleted, Shredded}, next.State)
			if over != (next.Name == "" && next.SHA256 == "") {
				r.Fatalf("in state %s the name is %q", next.State, next.Name)
			}
			d = next
		}
		if d.State != Shredded {
			r.Fatalf("the machine ends in %s", d.State)
		}
	})
}

func TestMovesThatAreNotAllowed(t *testing.T) {
	for _, from := range States {
		if _, known := moves[from]; !known || kinds[from] == "" {
			t.Errorf("%s is missing in a table", from)
		}
		for _, to := range States {
			_, err := Document{State: from}.to(to, "")
			if allowed := slices.Contains(moves[from], to); allowed != (err == nil) || err != nil && !errors.Is(err, ErrChanged) {
				t.Errorf("%s to %s: %v", from, to, err)
			}
		}
	}
	if Quarantined.May(Available) || Failed.May(Available) || Expired.May(Available) || Receiving.May(Available) {
		t.Error("what was not found clean may become available")
	}
}

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
