package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"voute.dev/voute/server/account"
	"voute.dev/voute/server/config"
	"voute.dev/voute/server/document"
	"voute.dev/voute/server/language"
	"voute.dev/voute/server/notice"
	"voute.dev/voute/server/password"
)

func TestLanguagesHaveTheSameKeys(t *testing.T) {
	for _, lang := range language.All {
		for key := range messages[lang.Other()] {
			text, found := messages[lang][key]
			if !found || strings.TrimSpace(text) == "" {
				t.Errorf("%s: %s is missing", lang, key)
			}
			if verbs(text) != verbs(messages[lang.Other()][key]) {
				t.Errorf("%s: %s takes other values than in the other language", lang, key)
			}
		}
	}
}

var verb = regexp.MustCompile(`%[a-z]`)

func verbs(text string) string { return strings.Join(verb.FindAllString(text, -1), "") }

// composed are the keys that templates and actions put together.
func composed() (keys []string) {
	for _, state := range []document.State{document.Scanning, document.Available, document.Quarantined, document.Failed} {
		keys = append(keys, "state."+string(state))
	}
	for _, why := range []string{document.WhyDeadline, document.WhySlow, document.WhyTooLarge, document.WhyEncrypted, document.WhyLimits, document.WhyBlocked, document.WhyNotScanned, document.WhyDamaged, document.WhyKeyGone} {
		keys = append(keys, "document.failed."+why)
	}
	for _, state := range []account.State{account.Pending, account.Invited, account.Active, account.Disabled, account.Withdrawn} {
		keys = append(keys, "users.state."+string(state))
	}
	for _, weakness := range []password.Weakness{password.TooShort, password.TooLong, password.Guessable, password.Personal} {
		keys = append(keys, "invitation."+string(weakness))
	}
	for _, f := range append(failures, unexpected, failure{name: "limit"}) {
		keys = append(keys, "error."+f.name, "error."+f.name+".title")
	}
	for _, part := range []string{config.Fix, config.Release, config.Maintenance, string(notice.Coming), string(notice.UnderWay)} {
		keys = append(keys, "planned."+part)
	}
	for _, counted := range []string{"home.usage-documents", "queue.ahead"} {
		keys = append(keys, counted+".one", counted+".other")
	}
	return keys
}

var inTemplate = regexp.MustCompile(`\bt "([a-z0-9.-]+)"`)

// used are the keys that stand in templates and in Go.
func used(t *testing.T) []string {
	t.Helper()
	keys := composed()
	err := fs.WalkDir(templateFiles, "templates", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := templateFiles.ReadFile(path)
		for _, found := range inTemplate.FindAllSubmatch(text, -1) {
			keys = append(keys, string(found[1]))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return append(keys, inCode(t)...)
}

// inCode finds titles, notices and what is said.
func inCode(t *testing.T) (keys []string) {
	t.Helper()
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".go") || strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			keys = append(keys, keysOf(n)...)
			return true
		})
	}
	return keys
}

func keysOf(n ast.Node) []string {
	switch n := n.(type) {
	case *ast.KeyValueExpr:
		if name, ok := n.Key.(*ast.Ident); ok && name.Name == "Title" {
			return literal("", n.Value)
		}
	case *ast.CallExpr:
		called, ok := n.Fun.(*ast.SelectorExpr)
		if ok && called.Sel.Name == "say" {
			return literal("", n.Args[0])
		}
		if ok && called.Sel.Name == "redirectWith" {
			return literal("notice.", n.Args[1])
		}
	}
	return nil
}

func literal(prefix string, e ast.Expr) []string {
	text, ok := e.(*ast.BasicLit)
	if !ok {
		return nil
	}
	key, err := strconv.Unquote(text.Value)
	if err != nil {
		return nil
	}
	return []string{prefix + key}
}

func TestEveryKeyExistsAndIsUsed(t *testing.T) {
	keys := used(t)
	for _, key := range keys {
		if !known(key) {
			t.Errorf("%s has no text", key)
		}
	}
	for key := range messages[language.French] {
		if !slices.Contains(keys, key) {
			t.Errorf("%s is not used", key)
		}
	}
}

func TestCounting(t *testing.T) {
	for _, c := range []struct {
		lang language.Language
		n    int64
		want string
	}{
		{language.French, 0, "0 document"}, {language.French, 1, "1 document"}, {language.French, 2, "2 documents"},
		{language.English, 0, "0 documents"}, {language.English, 1, "1 document"},
	} {
		if got := count(c.lang, "home.usage-documents", c.n); got != c.want {
			t.Errorf("%s %d: %q", c.lang, c.n, got)
		}
	}
}
