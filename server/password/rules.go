package password

import (
	_ "embed"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The shortest and the longest password, in characters.
const (
	MinLength = 12
	MaxLength = 128
)

//go:embed common.txt
var commonList string

var common = func() map[string]bool {
	set := map[string]bool{}
	for line := range strings.Lines(commonList) {
		set[strings.TrimSpace(line)] = true
	}
	return set
}()

// Weakness says why a password is refused.
type Weakness string

// The weaknesses; Strong is none.
const (
	Strong    Weakness = ""
	TooShort  Weakness = "short"
	TooLong   Weakness = "long"
	Guessable Weakness = "guessable"
	Personal  Weakness = "personal"
)

// Judge follows NIST SP 800-63B: length, not composition; nothing that is
// common, and nothing about the person or the service (the words given).
func Judge(password string, about ...string) Weakness {
	text := strings.ToLower(norm.NFKC.String(password))
	switch length := utf8.RuneCountInString(text); {
	case length < MinLength:
		return TooShort
	case length > MaxLength:
		return TooLong
	case common[text] || fewDistinct(text) || sequence(text):
		return Guessable
	case contained(text, about):
		return Personal
	}
	return Strong
}

func fewDistinct(text string) bool {
	distinct := map[rune]bool{}
	for _, r := range text {
		distinct[r] = true
	}
	return len(distinct) < 5
}

// sequence finds 123456789012 and abcdefghijkl, forwards and backwards.
func sequence(text string) bool {
	runes := []rune(text)
	up, down := 0, 0
	for i := 1; i < len(runes); i++ {
		switch runes[i] - runes[i-1] {
		case 1:
			up++
		case -1:
			down++
		}
	}
	return max(up, down) >= len(runes)-3
}

// contained is true when a word about the person makes up most of the password.
func contained(text string, about []string) bool {
	for _, word := range about {
		word = strings.ToLower(norm.NFKC.String(strings.TrimSpace(word)))
		if utf8.RuneCountInString(word) < 4 || !strings.Contains(text, word) {
			continue
		}
		if rest := strings.ReplaceAll(text, word, ""); utf8.RuneCountInString(rest) < 8 {
			return true
		}
	}
	return false
}
