package page

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// width is where sentences are wrapped.
	width = 110
	// column is where what a field says begins.
	column = 22
)

// Page is a text that grows.
type Page struct{ out strings.Builder }

// String is the text so far.
func (p *Page) String() string { return p.out.String() }

// Heading begins a part, after an empty line.
func (p *Page) Heading(format string, values ...any) {
	if p.out.Len() > 0 {
		p.out.WriteByte('\n')
	}
	p.write("", fmt.Sprintf(format, values...))
}

// Field says something under a name. Nothing is said of what is empty.
func (p *Page) Field(name, format string, values ...any) {
	text := fmt.Sprintf(format, values...)
	if text == "" {
		return
	}
	first := "  " + Plain(name)
	p.write(first+strings.Repeat(" ", max(1, column-utf8.RuneCountInString(first))), text)
}

// Line is a sentence of its own.
func (p *Page) Line(format string, values ...any) { p.write("", fmt.Sprintf(format, values...)) }

// Item is a sentence of a list.
func (p *Page) Item(format string, values ...any) { p.write("  ", fmt.Sprintf(format, values...)) }

// write wraps a text after its beginning; what goes on is indented as far.
func (p *Page) write(begin, text string) {
	indent := utf8.RuneCountInString(begin)
	line, used := begin, indent
	for i, word := range strings.Fields(Plain(text)) {
		length := utf8.RuneCountInString(word)
		switch {
		case i > 0 && used+1+length > width:
			p.out.WriteString(strings.TrimRight(line, " ") + "\n")
			line, used = strings.Repeat(" ", indent), indent
		case i > 0:
			line, used = line+" ", used+1
		}
		line, used = line+word, used+length
	}
	p.out.WriteString(strings.TrimRight(line, " ") + "\n")
}

// Table aligns rows under their headings, as kubectl does. An empty cell is shown
// as nothing at all.
func (p *Page) Table(headings []string, rows [][]string) {
	widths := make([]int, len(headings))
	all := append([][]string{headings}, rows...)
	for _, row := range all {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(Plain(cell)))
		}
	}
	for _, row := range all {
		var line strings.Builder
		for i, cell := range row {
			cell = Plain(cell)
			line.WriteString(cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+3))
		}
		p.out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}

// Plain is a text without what a terminal would obey.
func Plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\u2028', r == '\u2029', r == '\uFEFF':
			return utf8.RuneError
		default:
			return r
		}
	}, text)
}
