package document

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const longestName = 200 // bytes; file systems stop at 255

// CleanName makes a name that any file system takes, and that cannot pass for
// a path or turn the direction of writing around.
func CleanName(name string) string {
	name = strings.ToValidUTF8(name, "")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(`<>:"|?*`, r) {
			return -1
		}
		return r
	}, name)
	name = strings.Trim(strings.TrimSpace(name), ".")
	if name == "" {
		return "document"
	}
	return shorten(name)
}

// shorten keeps the ending, by which people and programs know the kind.
func shorten(name string) string {
	if len(name) <= longestName {
		return name
	}
	ending := ""
	if dot := strings.LastIndexByte(name, '.'); dot > 0 && len(name)-dot <= 16 {
		ending = name[dot:]
	}
	kept := name[:longestName-len(ending)]
	for !utf8.ValidString(kept) {
		kept = kept[:len(kept)-1]
	}
	return kept + ending
}
