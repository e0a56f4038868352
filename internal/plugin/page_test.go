package plugin

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
)

var update = flag.Bool("update", false, "write anew what docs/kubectl.md says that people see")

const documentation = "../../docs/kubectl.md"

// example is a command of the page, and what it shows.
var example = regexp.MustCompile("(?s)```sh\nkubectl voute ([^\n]*)\n```\n\n```text\n(.*?)```")

// age is the one column whose cells are not the same each time.
var age = regexp.MustCompile(`(?m)((?:Active|Invited) +True +)\S+( +)`)

// readPage gives every command of docs/kubectl.md, and compares what is shown. Each
// of the commands is on it.
func readPage(t *testing.T, c *cluster) {
	content, err := os.ReadFile(documentation)
	if err != nil {
		t.Fatal(err)
	}
	reader := c.as(t, "reader")
	page, shown := string(content), ""
	for _, found := range example.FindAllStringSubmatch(page, -1) {
		got := age.ReplaceAllString(reader.must(strings.Fields(found[1])...), "${1}41d$2")
		shown += found[1] + "\n"
		if *update {
			page = strings.Replace(page, found[0], strings.Replace(found[0], "```text\n"+found[2], "```text\n"+got, 1), 1)
		} else if diff := cmp.Diff(strings.Fields(found[2]), strings.Fields(got)); diff != "" {
			t.Errorf("kubectl voute %s shows something else (+) than the page says (-): %s", found[1], diff)
		}
	}
	for _, command := range []string{"status", "windows", "rollout", "pilots", "bill"} {
		if !strings.Contains("\n"+shown, "\n"+command) {
			t.Errorf("the page shows no kubectl voute %s", command)
		}
	}
	if *update {
		if err := os.WriteFile(documentation, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestEveryFlagIsExplained: the page has a word for each flag of our own.
func TestEveryFlagIsExplained(t *testing.T) {
	content, err := os.ReadFile(documentation)
	if err != nil {
		t.Fatal(err)
	}
	root := New(Options{})
	for _, command := range append(root.Commands(), haltCommand(newConnection(Options{})), resumeCommand(newConnection(Options{}))) {
		command.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			if f.Name != "help" && !strings.Contains(string(content), "--"+f.Name) && !strings.Contains(string(content), "`-"+f.Shorthand) {
				t.Errorf("docs/kubectl.md says nothing of %s --%s", command.Name(), f.Name)
			}
		})
	}
}
