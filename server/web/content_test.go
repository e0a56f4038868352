package web

import (
	"mime"
	"testing"

	"pgregory.net/rapid"

	"voute.dev/voute/server/document"
)

func TestDisposition(t *testing.T) {
	for name, want := range map[string]string{
		"a.pdf":        `attachment; filename=a.pdf`,
		"a b.pdf":      `attachment; filename="a b.pdf"`,
		"été.pdf":      `attachment; filename=_t_.pdf; filename*=UTF-8''%C3%A9t%C3%A9.pdf`,
		"100%.pdf":     `attachment; filename=100_.pdf; filename*=UTF-8''100%25.pdf`,
		"l'hiver; 1&2": `attachment; filename="l'hiver; 1&2"`,
		"a+b é.pdf":    `attachment; filename="a+b _.pdf"; filename*=UTF-8''a%2Bb%20%C3%A9.pdf`,
		"日本語":          `attachment; filename=___; filename*=UTF-8''%E6%97%A5%E6%9C%AC%E8%AA%9E`,
	} {
		if got := disposition(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// TestAnyNameArrives through a parser of the standard library.
func TestAnyNameArrives(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		name := document.CleanName(rapid.String().Draw(r, "name"))
		kind, parameters, err := mime.ParseMediaType(onlyExtended(disposition(name)))
		if err != nil || kind != "attachment" || parameters["filename"] != name {
			r.Fatalf("%q arrives as %q (%v)", name, parameters["filename"], err)
		}
	})
}

// onlyExtended leaves the plain name out when there is a full one: the
// standard library refuses both together, browsers take the full one.
func onlyExtended(header string) string {
	const full = "; filename*="
	for i := range header {
		if len(header) > i+len(full) && header[i:i+len(full)] == full {
			return "attachment" + header[i:]
		}
	}
	return header
}
