package platform

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// position opens every complaint: a line, or that there is none to show.
var position = regexp.MustCompile(`^(line [1-9][0-9]*|not in the file|the file): .`)

// answer says what is wrong with how Load took a file, whatever is in it: it
// gives a configuration or an error, never both, and every complaint says where.
func answer(data []byte) (wrong string) {
	cfg, err := Load(data)
	switch {
	case cfg == nil && err == nil:
		return "neither a configuration nor an error"
	case cfg != nil && err != nil:
		return "a configuration and an error"
	case err == nil:
		return ""
	}
	_, complaints, _ := strings.Cut(err.Error(), "the platform configuration: ")
	for complaint := range strings.Lines(complaints) {
		if !position.MatchString(complaint) {
			return "no position in: " + complaint
		}
	}
	return ""
}

// values are written in the place of whole values of a good file.
var values = []string{
	"", "~", "null", "true", "0", "-1", "1e400", "9223372036854775807", "9223372036854775808", "0x10", ".inf", ".nan", "256MB", "1_000",
	"{}", "[]", "[[]]", "[1, a, {b: c}]", "{a: b}", "&a x", "*a", "!!binary aGk=", "!!int x", "<<: {a: b}", "|\n  two\n  lines", "2026-11-22",
	`""`, `"\u0000"`, `"\u202E"`, `"e\u0301"`, `"a\nb"`, "../../etc/passwd", "{{ .Values.x }}", "<script>alert(1)</script>", "$(id)", "*.example.org",
	"xn--80ak6aa92e.example", "10.0.0.1", "[fd00::1]:8200", "kubernetes.default.svc", "https://a:b@c", strings.Repeat("x", 300), "\xff\xfe", "\x00", "# gone",
}

var assignment = regexp.MustCompile(`(?m)(: |- )\S.*$`)

// TestEveryValueOfAFile replaces each value of a good file by each of a list.
func TestEveryValueOfAFile(t *testing.T) {
	good := read(t, "platform.yaml")
	places := assignment.FindAllStringIndex(good, -1)
	if len(places) < 25 {
		t.Fatalf("%d values are found in the good file", len(places))
	}
	for _, place := range places {
		for _, value := range values {
			text := good[:place[0]+2] + value + good[place[1]:]
			if wrong := answer([]byte(text)); wrong != "" {
				t.Errorf("%q instead of %q: %s", value, good[place[0]+2:place[1]], wrong)
			}
		}
	}
}

// TestAnyText puts any text anywhere; soaking, a thousand times as often.
func TestAnyText(t *testing.T) {
	rounds := 1
	if os.Getenv("VOUTE_SOAK") == "1" {
		rounds = 1000
	}
	for range rounds {
		anyText(t)
	}
}

func anyText(t *testing.T) {
	good := read(t, "platform.yaml")
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.IntRange(0, len(good)).Draw(t, "from")
		to := rapid.IntRange(from, min(from+40, len(good))).Draw(t, "to")
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom(values)).Draw(t, "text")
		if wrong := answer([]byte(good[:from] + text + good[to:])); wrong != "" {
			t.Fatal(wrong)
		}
	})
}

// FuzzLoad is for `go test -fuzz`; its seeds run in every test.
func FuzzLoad(f *testing.F) {
	for _, name := range []string{"testdata/platform.yaml", "testdata/minimal.yaml", "../../config/default/platform.yaml"} {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, value := range values {
		f.Add([]byte(value))
		f.Add([]byte("server: " + value))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if wrong := answer(data); wrong != "" {
			t.Error(wrong)
		}
	})
}
