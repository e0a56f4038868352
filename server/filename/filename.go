// Package filename is what is done with the names that people give their files.
//
// A name is data. It is kept as it was given, as valid UTF-8 of at most 255
// bytes, whatever is in it: separators, control characters, marks that turn the
// direction of writing. Only where it leaves is it written so that it does no
// harm: shown on a page (Display), offered for keeping (Disposition), and as an
// entry of a ZIP archive (ZipEntry).
package filename

import (
	"fmt"
	"mime"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	// Longest is how many bytes of a name are kept; most file systems stop there.
	Longest = 255
	// longestEnding is how long what follows the last dot may be to be kept.
	longestEnding = 16
	unnamed       = "document"
)

// Keep gives a name as it is kept: valid, and shortened before its ending.
func Keep(name string) string { return shorten(strings.ToValidUTF8(name, "\uFFFD"), Longest) }

// shorten keeps the ending, by which people and programs know the kind.
func shorten(name string, longest int) string {
	if len(name) <= longest {
		return name
	}
	stem, ending := split(name)
	return whole(stem, longest-len(ending)) + ending
}

// split takes a name apart before its last dot. A dot that begins the name, or
// is far from its end, begins no ending.
func split(name string) (stem, ending string) {
	if dot := strings.LastIndexByte(name, '.'); dot > 0 && len(name)-dot <= longestEnding {
		return name[:dot], name[dot:]
	}
	return name, ""
}

// whole cuts a text between two characters.
func whole(text string, longest int) string {
	text = text[:min(len(text), longest)]
	for !utf8.ValidString(text) {
		text = text[:len(text)-1]
	}
	return text
}

// Display is a name as a page shows it: what has no shape of its own, or would
// change that of what is around it, stands there visibly. Pages isolate its
// direction besides (<bdi>).
func Display(name string) string {
	var b strings.Builder
	for _, r := range name {
		switch {
		case r < ' ':
			b.WriteRune('\u2400' + r) // the picture of a control character
		case r == 0x7F:
			b.WriteRune('\u2421')
		case hidden(r):
			fmt.Fprintf(&b, "‹U+%04X›", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// hidden tells whether a character acts without being seen. Those that join
// letters or parts of a picture into one are left alone: languages need them.
func hidden(r rune) bool {
	const nonJoiner, joiner = '\u200C', '\u200D'
	if r == nonJoiner || r == joiner {
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Noncharacter_Code_Point)
}

// Disposition names a file to be kept as RFC 6266 says: in plain ASCII for old
// programs and, where that is not all of it, in full for all others. Whatever
// the name is, no character of it ends a value or a line.
func Disposition(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\%/`, r) {
			return '_'
		}
		return r
	}, name)
	header := mime.FormatMediaType("attachment", map[string]string{"filename": plain})
	if plain == name && name != "" {
		return header
	}
	return header + "; filename*=UTF-8''" + strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
}

// ZipEntry gives a name that any system can unpack into one folder, and that
// none of those taken has, however a system compares them; and takes it.
func ZipEntry(name string, taken map[string]bool) string {
	name = safe(name)
	stem, ending := split(name)
	for n := 2; taken[compared(name)]; n++ {
		number := fmt.Sprintf(" (%d)", n)
		name = whole(stem, Longest-len(number)-len(ending)) + number + ending
	}
	taken[compared(name)] = true
	return name
}

// compared is the same for names that some system takes for the same.
func compared(name string) string { return norm.NFKC.String(strings.ToLower(norm.NFKC.String(name))) }

// safe takes out of a name what means something to a file system.
func safe(name string) string {
	name = norm.NFC.String(strings.ToValidUTF8(name, "_"))
	name = strings.Map(func(r rune) rune {
		if hidden(r) || strings.ContainsRune(`/\<>:"|?*`, r) {
			return '_'
		}
		return r
	}, name)
	name = strings.Trim(shorten(strings.TrimSpace(name), Longest-1), ". ")
	if name == "" {
		return unnamed
	}
	if reserved(name) {
		return "_" + name
	}
	return name
}

// reserved names are devices on Windows, whatever their ending.
func reserved(name string) bool {
	stem, _, _ := strings.Cut(compared(name), ".")
	stem = strings.TrimSpace(stem)
	switch stem {
	case "con", "prn", "aux", "nul", "conin$", "conout$":
		return true
	}
	return len(stem) == 4 && (strings.HasPrefix(stem, "com") || strings.HasPrefix(stem, "lpt")) && stem[3] >= '0' && stem[3] <= '9'
}
