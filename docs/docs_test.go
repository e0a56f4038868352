// Package docs holds no program. Its tests keep the pages true: links lead
// somewhere, the commands they name exist, and tables are as they are shown.
package docs

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"
)

const root = ".."

// pages are all Markdown files of the project, with their texts.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".md" || strings.Contains(path, "testdata") {
			return err
		}
		content, err := os.ReadFile(path)
		found[path] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 10 {
		t.Fatalf("only %d pages: the search missed some", len(found))
	}
	return found
}

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

func TestLinksLeadSomewhere(t *testing.T) {
	for page, text := range pages(t) {
		for _, match := range link.FindAllStringSubmatch(text, -1) {
			target, err := url.Parse(match[1])
			if err != nil || target.Scheme != "" || target.Path == "" {
				continue // elsewhere, or on the page itself
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), target.Path)); err != nil {
				t.Errorf("%s leads to %s: %v", page, match[1], err)
			}
		}
	}
}

// named is a path of the tree as pages name it, in backquotes.
var named = regexp.MustCompile("`((?:api|charts|cmd|config|controllers|docs|hack|internal|server|test)/[A-Za-z0-9_./-]*)`")

func TestNamedPathsExist(t *testing.T) {
	for page, text := range pages(t) {
		for _, match := range named.FindAllStringSubmatch(text, -1) {
			_, fromRoot := os.Stat(filepath.Join(root, match[1]))
			_, fromPage := os.Stat(filepath.Join(filepath.Dir(page), match[1]))
			if fromRoot != nil && fromPage != nil {
				t.Errorf("%s names %s, which is nowhere", page, match[1])
			}
		}
	}
}

var (
	makeCommand = regexp.MustCompile("(?m)(?:^ {4}|`)make ([a-z][a-z0-9-]*)")
	makeTarget  = regexp.MustCompile(`(?m)^([a-z][a-z0-9-]*):`)
)

func TestMakeTargetsExist(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	var targets []string
	for _, match := range makeTarget.FindAllStringSubmatch(string(makefile), -1) {
		targets = append(targets, match[1])
	}
	seen := 0
	for page, text := range pages(t) {
		for _, match := range makeCommand.FindAllStringSubmatch(text, -1) {
			if seen++; !slices.Contains(targets, match[1]) {
				t.Errorf("%s says `make %s`; there is no such target", page, match[1])
			}
		}
	}
	if seen == 0 {
		t.Error("no page names a make command: the search missed them")
	}
}

var required = regexp.MustCompile(`(?m)^\t(\S+) v\S+$`)

// TestDependenciesHaveReasons: what go.mod requires without "// indirect" has a
// line in dependencies.md.
func TestDependenciesHaveReasons(t *testing.T) {
	module, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	reasons, err := os.ReadFile("dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	found := required.FindAllStringSubmatch(string(module), -1)
	if len(found) < 10 {
		t.Fatalf("only %d requirements are found in go.mod", len(found))
	}
	for _, each := range found {
		if !regexp.MustCompile(`[| ]` + regexp.QuoteMeta(each[1]) + `[ ,]`).Match(reasons) {
			t.Errorf("%s has no reason in dependencies.md", each[1])
		}
	}
}

// table is the first line of a table of clients, as `kubectl get stn` shows it.
var table = regexp.MustCompile(`(?m)^ *(?:NAMESPACE +)?NAME +(READY +URL .*)$`)

func TestTablesHaveTheColumnsOfTheKind(t *testing.T) {
	want, found := columns(t), 0
	for page, text := range pages(t) {
		for _, match := range table.FindAllStringSubmatch(text, -1) {
			found++
			if got := strings.Fields(match[1]); !slices.Equal(got, want) {
				t.Errorf("%s shows a table with the columns %q, and clients have %q", page, got, want)
			}
		}
	}
	if found < 3 {
		t.Errorf("only %d tables: the search missed some", found)
	}
}

// columns are those of a SharingTenant after its name, but for the wide ones.
func columns(t *testing.T) (names []string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, "config/crd/bases/sharing.voute.dev_sharingtenants.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var kind apiextensionsv1.CustomResourceDefinition
	if err := yaml.UnmarshalStrict(content, &kind); err != nil {
		t.Fatal(err)
	}
	for _, column := range kind.Spec.Versions[0].AdditionalPrinterColumns {
		if column.Priority == 0 {
			names = append(names, column.Name)
		}
	}
	return names
}
