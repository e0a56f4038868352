package tenant

import (
	"io"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"helm.sh/helm/v4/pkg/cmd"
)

// blocks are those of a page that are fenced for a language.
func blocks(t *testing.T, page, language string) (found []string) {
	t.Helper()
	for _, block := range strings.Split(string(read(t, root+"/docs/"+page)), "```"+language+"\n")[1:] {
		block, _, _ = strings.Cut(block, "```")
		found = append(found, block)
	}
	return found
}

// TestTheClientsFile: the file that the page shows is one that the chart takes.
func TestTheClientsFile(t *testing.T) {
	files := blocks(t, "clients.md", "yaml")
	if len(files) != 1 {
		t.Fatalf("the page shows %d files, want the one of justice", len(files))
	}
	rendered, err := render(loadChart(t), cases["ministry"], parse[map[string]any](t, []byte(files[0])))
	if err != nil {
		t.Fatal(err)
	}
	all, err := objects(rendered)
	if err != nil {
		t.Fatal(err)
	}
	if err := refuseAny(loadKinds(t), all); err != nil {
		t.Error(err)
	}
}

// TestHelmCommands: Helm knows every command of the page, with its flags, and
// the page names charts that there are.
func TestHelmCommands(t *testing.T) {
	seen := map[string]bool{}
	for _, block := range blocks(t, "clients.md", "sh") {
		for line := range strings.Lines(block) {
			words := strings.Fields(line)
			if len(words) == 0 || words[0] != "helm" {
				continue
			}
			understood(t, words[1:])
			seen[words[1]] = true
		}
	}
	for _, want := range []string{"install", "upgrade", "rollback", "uninstall", "test", "lint", "history"} {
		if !seen[want] {
			t.Errorf("the page does not show helm %s", want)
		}
	}
}

func understood(t *testing.T, words []string) {
	t.Helper()
	helm, err := cmd.NewRootCmd(io.Discard, nil, func(bool) {})
	if err != nil {
		t.Fatal(err)
	}
	command, rest, err := helm.Find(words)
	if err != nil || command == helm {
		t.Errorf("Helm does not know %q: %v", words, err)
		return
	}
	if err := command.ParseFlags(rest); err != nil {
		t.Errorf("helm %q: %v", words, err)
		return
	}
	if err := command.ValidateArgs(command.Flags().Args()); err != nil {
		t.Errorf("helm %q: %v", words, err)
	}
	command.Flags().Visit(func(flag *pflag.Flag) {
		if flag.Deprecated != "" {
			t.Errorf("helm %q: --%s is deprecated: %s", words, flag.Name, flag.Deprecated)
		}
	})
	for _, word := range command.Flags().Args() {
		if strings.HasPrefix(word, "charts/") {
			read(t, root+"/"+word+"/Chart.yaml")
		}
	}
}
