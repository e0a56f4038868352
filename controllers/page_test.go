package controllers_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// page is a Markdown page that tells a story: at some times somebody edits the
// platform's file, or gives a command, and sees something.
type page struct {
	lines  []string
	blocks []*block
}

// block is one step of the story.
type block struct {
	// line of the page on which it begins, from 0.
	line int
	// language is sh for a command, yaml for an edit, and empty for a time.
	language, text string
	// input is what a command reads: what stands between <<'YAML' and YAML.
	input string
	// shown is what the page says that the command shows; nil where it does not say.
	shown *fence
}

// fence is a part of the page between ``` and ```, which are first and last.
type fence struct {
	language    string
	first, last int
	text        string
}

var (
	moment = regexp.MustCompile(`\*\*([A-Z][a-z]+) (\d{4}-\d{2}-\d{2}), (\d{2}:\d{2})\*\*`)
	// aside is a command where none is run.
	aside = regexp.MustCompile("^(    |\t)+kubectl |`kubectl ")
)

// parsePage finds every step, and complains of each command that would not be run
// and of each text that no command shows.
func parsePage(content string) (*page, error) {
	p := &page{lines: strings.Split(content, "\n")}
	fences, problems := p.fences()
	inside := func(line int) bool {
		return slices.ContainsFunc(fences, func(f fence) bool { return line >= f.first && line <= f.last })
	}
	for i, line := range p.lines {
		switch {
		case inside(i):
		case aside.MatchString(line):
			problems = append(problems, fmt.Errorf("line %d: a command is in the text, where it is not run: give it a block of its own", i+1))
		case moment.MatchString(line):
			p.blocks = append(p.blocks, &block{line: i, text: moment.FindString(line)})
		}
	}
	for i, f := range fences {
		problems = append(problems, p.add(f, fences[:i]))
	}
	slices.SortFunc(p.blocks, func(a, b *block) int { return a.line - b.line })
	return p, errors.Join(problems...)
}

func (p *page) fences() (found []fence, problems []error) {
	open := -1
	for i, line := range p.lines {
		switch {
		case !strings.HasPrefix(strings.TrimSpace(line), "```"):
		case open < 0:
			open = i
		default:
			language := strings.TrimPrefix(p.lines[open], "```")
			found = append(found, fence{language: language, first: open, last: i, text: strings.Join(p.lines[open+1:i], "\n")})
			open = -1
		}
	}
	if open >= 0 {
		problems = append(problems, fmt.Errorf("line %d: the block has no end", open+1))
	}
	return found, problems
}

func (p *page) add(f fence, before []fence) error {
	switch f.language {
	case "sh":
		command, input, _ := strings.Cut(strings.TrimSuffix(f.text, "\nYAML"), " <<'YAML'\n")
		if !strings.HasPrefix(command, "kubectl ") || strings.Contains(strings.ReplaceAll(command, "\\\n", ""), "\n") {
			return fmt.Errorf("line %d: write one kubectl command a block", f.first+1)
		}
		p.blocks = append(p.blocks, &block{line: f.first, language: "sh", text: command, input: input})
	case "yaml":
		p.blocks = append(p.blocks, &block{line: f.first, language: "yaml", text: f.text})
	case "text":
		if len(before) == 0 || before[len(before)-1].language != "sh" || strings.TrimSpace(strings.Join(p.lines[before[len(before)-1].last+1:f.first], "")) != "" {
			return fmt.Errorf("line %d: a text block that no command shows: put it directly after its command", f.first+1)
		}
		p.blocks[len(p.blocks)-1].shown = &f
	default:
		return fmt.Errorf("line %d: a block of %q is not tested: write sh, text or yaml", f.first+1, f.language)
	}
	return nil
}

// String is the page with what its commands show now.
func (p *page) String() string {
	lines := slices.Clone(p.lines)
	for _, b := range slices.Backward(p.blocks) {
		if b.shown != nil {
			lines = slices.Replace(lines, b.shown.first+1, b.shown.last, b.shown.text)
		}
	}
	return strings.Join(lines, "\n")
}

// at is a time of the page, which is in the platform's zone.
func at(t *testing.T, text string) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("America/Toronto")
	if err != nil {
		t.Fatal(err)
	}
	parts := moment.FindStringSubmatch(text)
	now, err := time.ParseInLocation("2006-01-02 15:04", parts[2]+" "+parts[3], zone)
	if err != nil {
		t.Fatal(err)
	}
	if now.Weekday().String() != parts[1] {
		t.Fatalf("%s is a %s", text, now.Weekday())
	}
	return now
}

func TestAPageThatIsNotRunIsRefused(t *testing.T) {
	for name, test := range map[string]struct{ page, want string }{
		"all is run":            {"**Monday 2026-11-23, 08:00**\n\n```sh\nkubectl get stn\n```\n\n```text\nx\n```\n\n```yaml\na: b\n```", ""},
		"a command of two":      {"```sh\nkubectl get stn\nkubectl get plt\n```", "line 1: write one kubectl command a block"},
		"one that is continued": {"```sh\nkubectl get \\\n  stn\n```", ""},
		"another program":       {"```sh\nhelm list\n```", "line 1: write one"},
		"in a sentence":         {"Try `kubectl get stn`.", "line 1: a command is in the text"},
		"indented":              {"Try\n\n    kubectl get stn\n", "line 3: a command is in the text"},
		"another language":      {"```console\n$ kubectl get stn\n```", `line 1: a block of "console" is not tested`},
		"no language":           {"```\nkubectl get stn\n```", `line 1: a block of "" is not tested`},
		"a text alone":          {"```text\nx\n```", "line 1: a text block that no command shows"},
		"a text after a word":   {"```sh\nkubectl get stn\n```\n\nor\n\n```text\nx\n```", "line 7: a text block that no command shows"},
		"a second text":         {"```sh\nkubectl get stn\n```\n```text\nx\n```\n```text\nx\n```", "line 7: a text block that no command shows"},
		"a text after an edit":  {"```yaml\na: b\n```\n```text\nx\n```", "line 4: a text block that no command shows"},
		"a block without end":   {"```sh\nkubectl get stn", "line 1: the block has no end"},
	} {
		_, err := parsePage(test.page)
		if (test.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v; want %q", name, err, test.want)
		}
	}
}
