package filename

import (
	"archive/zip"
	"bytes"
	"mime"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// names is the corpus: what people, systems and attackers call files.
var names = []string{
	"a.pdf", "rapport annuel 2026.pdf", "été.docx", "日本語.txt", "💡👩‍👩‍👧.png", "نامه.pdf", "", " ", ".", "..", "...", ".bashrc", "a.", "a .", " a",
	"../../etc/passwd", `..\..\windows\system32\cmd.exe`, `C:\Users\a\b.txt`, "/etc/passwd", "a/b", "//", `\\server\share`,
	"a\r\nSet-Cookie: x=1", "a\x00b.pdf", "\x1b[31mred", "\x7f", "\u0085", "\u2028.pdf", "annexe\u202efdp.exe", "\u2066a\u2069", "\u200ba", "\ufeffa",
	`q"u;o'te\.pdf`, "100%.pdf", "%0d%0a", "a;filename=b", "UTF-8''x", "=?UTF-8?B?eA==?=", "\xff\xfe.pdf", "\xc3", "e\u0301.pdf", "é.pdf", "É.PDF", "ﬁ.txt",
	"CON", "con.txt", "NUL .tar", "COM1", "com¹.log", "LPT9.x", "conin$", "a:b", "a.exe::$DATA", "<script>alert(1)</script>.html",
	strings.Repeat("a", 300) + ".pdf", strings.Repeat("é", 300), "x." + strings.Repeat("y", 300), strings.Repeat(".", 300), strings.Repeat("\u202e", 200),
}

func TestKeep(t *testing.T) {
	for _, name := range names {
		kept := Keep(name)
		if utf8.ValidString(name) && len(name) <= Longest && kept != name {
			t.Errorf("%q is kept as %q", name, kept)
		}
	}
	if long := Keep(strings.Repeat("é", 300) + ".pdf"); len(long) != Longest-1 && len(long) != Longest || !strings.HasSuffix(long, "é.pdf") {
		t.Errorf("a long name is kept as %q", long)
	}
}

func TestDisplay(t *testing.T) {
	for name, want := range map[string]string{
		"été.docx":             "été.docx",
		"a\r\nb":               "a␍␊b",
		"a\x00\x7f":            "a␀␡",
		"annexe\u202efdp.exe":  "annexe‹U+202E›fdp.exe",
		"\u0085\u2028\ufeff":   "‹U+0085›‹U+2028›‹U+FEFF›",
		"👩\u200d👧":             "👩\u200d👧",
		"<b>":                  "<b>", // templates escape it
		"\u2066a\u2069.\u200f": "‹U+2066›a‹U+2069›.‹U+200F›",
		"\ue000\U000e0041":     "‹U+E000›‹U+E0041›",
		"../../etc/passwd":     "../../etc/passwd",
	} {
		if got := Display(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestDisposition(t *testing.T) {
	for name, want := range map[string]string{
		"a.pdf":              `attachment; filename=a.pdf`,
		"a b.pdf":            `attachment; filename="a b.pdf"`,
		"été.pdf":            `attachment; filename=_t_.pdf; filename*=UTF-8''%C3%A9t%C3%A9.pdf`,
		"100%.pdf":           `attachment; filename=100_.pdf; filename*=UTF-8''100%25.pdf`,
		"l'hiver; 1&2":       `attachment; filename="l'hiver; 1&2"`,
		"a+b é.pdf":          `attachment; filename="a+b _.pdf"; filename*=UTF-8''a%2Bb%20%C3%A9.pdf`,
		"日本語":                `attachment; filename=___; filename*=UTF-8''%E6%97%A5%E6%9C%AC%E8%AA%9E`,
		"a\r\nSet-Cookie: x": `attachment; filename="a__Set-Cookie: x"; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20x`,
		"../a":               `attachment; filename=.._a; filename*=UTF-8''..%2Fa`,
		`q"u\`:               `attachment; filename=q_u_; filename*=UTF-8''q%22u%5C`,
		"":                   `attachment; filename=""; filename*=UTF-8''`,
	} {
		if got := Disposition(name); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}

func TestZipEntry(t *testing.T) {
	taken := map[string]bool{}
	for _, c := range []struct{ name, want string }{
		{"a.pdf", "a.pdf"}, {"a.pdf", "a (2).pdf"}, {"A.PDF", "A (3).PDF"}, {"a (2).pdf", "a (2) (2).pdf"},
		{"../../etc/passwd", "_.._etc_passwd"}, {`C:\a`, "C__a"}, {"..", "document"}, {"", "document (2)"}, {"con.txt", "_con.txt"}, {"COM1", "_COM1"},
		{"é", "é"}, {"e\u0301", "é (2)"}, {"ﬁ", "ﬁ"}, {"fi", "fi (2)"}, {"a\x00\u202eb", "a__b"}, {"b. . ", "b"},
	} {
		if got := ZipEntry(c.name, taken); got != c.want {
			t.Errorf("%q: %q, want %q", c.name, got, c.want)
		}
	}
}

// arrives holds a header to what any parser of it must find.
func arrives(t interface{ Fatalf(string, ...any) }, name string) {
	header := Disposition(name)
	for _, r := range header {
		if r < ' ' || r > '~' {
			t.Fatalf("%q: the header has the character %U", name, r)
		}
	}
	plain, extended, full := strings.Cut(header, "; filename*=UTF-8''")
	kind, parameters, err := mime.ParseMediaType(plain)
	if err != nil || kind != "attachment" || len(parameters) != 1 {
		t.Fatalf("%q: the plain part is %q, %v (%v)", name, kind, parameters, err)
	}
	got := parameters["filename"]
	if full {
		got, err = url.PathUnescape(extended)
		if strings.ContainsAny(extended, ` "'();,/:<=>?@[\]{}`) {
			t.Fatalf("%q: %s has what ends a value", name, extended)
		}
	}
	if err != nil || got != name {
		t.Fatalf("%q arrives as %q (%v)", name, got, err)
	}
}

// unpacks holds an entry to what every system must be able to unpack.
func unpacks(t interface{ Fatalf(string, ...any) }, entry string) {
	switch {
	case entry == "" || len(entry) > Longest || !utf8.ValidString(entry):
		t.Fatalf("the entry is %q", entry)
	case strings.ContainsAny(entry, `/\<>:"|?*`) || strings.ContainsFunc(entry, unicode.IsControl) || !filepath.IsLocal(entry):
		t.Fatalf("the entry %q means something", entry)
	case strings.HasSuffix(entry, ".") || strings.HasSuffix(entry, " ") || reserved(entry):
		t.Fatalf("Windows does not take the entry %q", entry)
	case norm.NFC.String(entry) != entry:
		t.Fatalf("the entry %q is not composed", entry)
	}
}

func FuzzDisposition(f *testing.F) {
	for _, name := range names {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		kept := Keep(name)
		if !utf8.ValidString(kept) || len(kept) > Longest || Keep(kept) != kept {
			t.Fatalf("%q is kept as %q", name, kept)
		}
		arrives(t, kept)
		header := http.Header{}
		header.Set("Content-Disposition", Disposition(kept))
		var wire bytes.Buffer
		if err := header.Write(&wire); err != nil || strings.Count(wire.String(), "\n") != 1 {
			t.Fatalf("%q writes %q (%v)", name, wire.String(), err)
		}
		if shown := Display(kept); strings.ContainsFunc(shown, hidden) {
			t.Fatalf("%q is shown as %q", name, shown)
		}
	})
}

func FuzzZipEntry(f *testing.F) {
	for i, name := range names {
		f.Add(name, names[(i*7+3)%len(names)])
	}
	f.Fuzz(func(t *testing.T, one, other string) {
		taken := map[string]bool{}
		entries := map[string]bool{}
		var archive bytes.Buffer
		w := zip.NewWriter(&archive)
		for _, name := range []string{Keep(one), Keep(other), Keep(one), strings.ToUpper(Keep(one))} {
			entry := ZipEntry(name, taken)
			unpacks(t, entry)
			if entries[compared(entry)] {
				t.Fatalf("%q is there already", entry)
			}
			entries[compared(entry)] = true
			if _, err := w.CreateHeader(&zip.FileHeader{Name: entry}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len())); err != nil {
			t.Fatal(err) // it refuses names that lead elsewhere
		}
	})
}

func TestAnyName(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		name := Keep(rapid.String().Draw(r, "name"))
		arrives(r, name)
		unpacks(r, ZipEntry(name, map[string]bool{}))
	})
}
