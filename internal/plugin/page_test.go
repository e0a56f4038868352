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

// word is one of a command line, with or without quotes.
var word = regexp.MustCompile(`"([^"]*)"|\S+`)

func words(line string) (all []string) {
	for _, found := range word.FindAllString(line, -1) {
		all = append(all, strings.Trim(found, `"`))
	}
	return all
}

// editorsRole is the command by which the page gives the right to halt.
var editorsRole = regexp.MustCompile(`(?m)^    kubectl (create role .* voute-platform-editor .*)$`)

// readPage gives every command of docs/kubectl.md, and compares what is shown. Each
// of the commands is on it.
func readPage(t *testing.T, c *cluster) {
	content, err := os.ReadFile(documentation)
	if err != nil {
		t.Fatal(err)
	}
	reader, manager := c.as(t, "reader"), c.manager(t, string(content))
	page, shown := string(content), ""
	for _, found := range example.FindAllStringSubmatch(page, -1) {
		var got string
		if strings.HasSuffix(found[1], "--yes") {
			got = manager.writes(words(found[1])...)
		} else {
			got = age.ReplaceAllString(reader.must(words(found[1])...), "${1}41d$2")
		}
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

// manager is somebody with the rights that the page lists for halting.
func (c *cluster) manager(t *testing.T, page string) caller {
	t.Helper()
	command := editorsRole.FindStringSubmatch(page)
	if command == nil {
		t.Fatal("the page does not say how the right to halt is given")
	}
	c.MustKubectl(t, "", strings.Fields(command[1])...)
	c.bind(t, "manager", "", "", "voute-viewer")
	c.bind(t, "manager", operatorNamespace, "role", "voute-platform-editor")
	return c.as(t, "manager")
}

// writes is all that a command that writes shows, in the order in which it says it:
// what it asks or tells, and then what it has done.
func (c caller) writes(args ...string) string {
	c.Helper()
	code, out, complaints := c.run(args...)
	if code != 0 || strings.Count(out, "\n") != 1 {
		c.Fatalf("kubectl voute %s: code %d: %s%s", strings.Join(args, " "), code, out, complaints)
	}
	before, after, _ := strings.Cut(complaints, "The operator reads")
	return before + out + "The operator reads" + after
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
