package hostile

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
)

// many is how many items a list or a map gets that has far too many.
const many = 1000

// missing stands for a field that is left out.
type missing struct{}

// texts mean something to somebody: to a parser, a shell, a browser, a file
// system, a resolver, or an eye.
var texts = []string{
	"04:30", "2027-12-20", // a time of day and a day, as calendars have them
	" ", "-", ".", "..", "~", "a", "0", "-a", "a-", "A", "true", "null", "1e9", "1.4.0", "1.4.0-rc.1",
	"e\u0301", "\u202Eelims", "a\u0000b", "a\nb", "a\r\nBcc: c@d.example", "\u2028", "\uFEFF", "\u200B", "🙂", strings.Repeat("é", 119),
	"!!binary aGk=", "&x", "*x", "---\nkind: Secret", "# gone", ": x", "a: b", "- a", "|", "'", `"`, `\`, "%0a", "{}", "[]",
	"{{ .Values.x }}", "${jndi:ldap://a.example}", "$(id)", "`id`", "; rm -rf /", "<script>alert(1)</script>", "' OR 1=1 --",
	"../../etc/passwd", "/etc/passwd", "a/b", "a.b", "a.b.c", "..a", "a..b", "voute.yaml",
	"*.example.org", "xn--80ak6aa92e.example", "xn--a.example", "québec.example", "10.0.0.1", "::1", "localhost", "a.localhost",
	"kubernetes.default.svc", "vault.vault.svc.cluster.local", "a_b.example", "a.example.", "a.example:443", "https://a.example",
	"a@b.example", "A <a@b.example>", "a@b.example, c@d.example", "a@[10.0.0.1]", "a@localhost", `"a b"@c.example`, "o'brien+x@d.example",
	strings.Repeat("a", 220) + "@b.example", "a@" + strings.Repeat("a.", 122) + "example",
	"kube-system", "default", "a-production-tls", "justice-production",
}

// notText are bytes and escapes of JSON that are no text.
var notText = []string{"\"a\xffb\"", "\"\xc0\xae\xc0\xae/\"", "\"\xed\xa0\x80\"", `"\ud800"`, `"\u0000"`}

// wrongTypes are for every field.
var wrongTypes = []any{nil, missing{}, true, 0, 1.5, "", []any{}, map[string]any{}, []any{nil}, map[string]any{"x": 1}}

// values are those that a field of this schema is tried with. Present is what
// the good document has there.
func (s schema) values(present any) []any {
	all := slices.Clone(wrongTypes)
	all = append(all, s.Enum...)
	switch s.Type {
	case "string":
		all = append(all, s.strings()...)
	case "integer":
		all = append(all, s.integers()...)
	case "array":
		all = append(all, s.lists(present)...)
	case "object":
		all = append(all, objects(present)...)
	}
	return all
}

func (s schema) strings() []any {
	var all []any
	for _, text := range texts {
		all = append(all, text)
	}
	for _, raw := range notText {
		all = append(all, json.RawMessage(raw))
	}
	longest := 0
	if s.MaxLength != nil {
		longest = *s.MaxLength
	}
	for _, length := range []int{longest - 1, longest, longest + 1, 100_000} {
		if length > 0 {
			all = append(all, strings.Repeat("a", length))
		}
	}
	return all
}

func (s schema) integers() []any {
	all := []any{-1, 1, 2, math.MaxInt32, math.MaxInt64, math.MinInt64, "1", json.RawMessage("1e30"), json.RawMessage("1.0"), json.RawMessage("9223372036854775808")}
	for _, bound := range []*int64{s.Minimum, s.Maximum} {
		if bound != nil {
			all = append(all, *bound-1, *bound, *bound+1)
		}
	}
	return all
}

func (s schema) lists(present any) []any {
	items, _ := present.([]any)
	if len(items) == 0 {
		return []any{[]any{1}, []any{[]any{}}}
	}
	crowd := make([]any, many)
	for i := range crowd {
		crowd[i] = items[0]
	}
	return []any{append(slices.Clone(items), items[0]), append(slices.Clone(items), nil), crowd, []any{[]any{items[0]}}, items[0]}
}

func objects(present any) []any {
	known, _ := present.(map[string]any)
	more, crowd := map[string]any{"unknown": "x"}, map[string]any{}
	for key, value := range known {
		more[key], crowd[key] = value, value
	}
	for i := range many {
		crowd[fmt.Sprintf("unknown%d", i)] = i
	}
	return []any{more, crowd, []any{known}, map[string]any{"__proto__": map[string]any{}}}
}
