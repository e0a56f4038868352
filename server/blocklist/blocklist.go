// Package blocklist is which kinds of file a client does not want: by the ending
// of their name, and by what their first bytes are. It keeps accidents out and
// makes evasion work, no more: a document inside an archive is the antivirus'
// to find.
package blocklist

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/gabriel-vasile/mimetype"
	"golang.org/x/text/unicode/norm"
)

// FirstBytes is how many of a document's first bytes tell its type.
const FirstBytes = 3072

// Error is a refusal: what was found in the list.
type Error struct {
	Extension string // without a dot, or empty
	Type      string // a media type, or empty
}

func (e *Error) Error() string {
	if e.Extension != "" {
		return fmt.Sprintf("files whose name ends in .%s are blocked", e.Extension)
	}
	return fmt.Sprintf("files of type %s are blocked", e.Type)
}

// List is what is blocked.
type List struct {
	Extensions []string // "exe", "tar.gz"
	Types      []string // "application/x-sh", "video/*"
}

// Name refuses a name that some system would take for one of a blocked kind:
// whatever its case, its width, the dots and spaces at its end, or the stream of
// a file that it names.
func (l List) Name(name string) error {
	for _, form := range forms(name) {
		for _, extension := range l.Extensions {
			if strings.HasSuffix(form, "."+plain(extension)) {
				return &Error{Extension: extension}
			}
		}
	}
	return nil
}

// forms are a name as systems may read it.
func forms(name string) []string {
	name = plain(name[strings.LastIndexAny(name, `/\`)+1:])
	file, _, _ := strings.Cut(name, ":")
	return []string{name, plain(file)}
}

// plain leaves out what is not seen, and what systems leave out at the end.
func plain(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			return -1
		}
		return r
	}, norm.NFKC.String(text))
	return strings.TrimRight(strings.ToLower(text), ". ")
}

// Content refuses first bytes, of which FirstBytes are enough, that are those of
// a blocked type.
func (l List) Content(first []byte) error {
	if len(l.Types) == 0 {
		return nil
	}
	found := mimetype.Detect(first)
	kind, _, _ := strings.Cut(found.String(), ";")
	for _, blocked := range l.Types {
		family, all := strings.CutSuffix(blocked, "/*")
		if all && strings.HasPrefix(kind, family+"/") || found.Is(blocked) {
			return &Error{Type: kind}
		}
	}
	return nil
}

// Check tells what in the list blocks nothing.
func (l List) Check() error {
	for _, extension := range l.Extensions {
		if trimmed := plain(extension); trimmed == "" || strings.HasPrefix(trimmed, ".") || strings.ContainsAny(trimmed, `/\:`) {
			return fmt.Errorf("%q is no ending of a name: write such as exe, without a dot before it", extension)
		}
	}
	for _, kind := range l.Types {
		family, all := strings.CutSuffix(kind, "/*")
		if all && strings.ContainsAny(family, "/*") || !all && mimetype.Lookup(kind) == nil {
			return fmt.Errorf("%q is no type that is recognized: write such as application/x-sh, or video/*", kind)
		}
	}
	return nil
}
