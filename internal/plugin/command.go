package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"voute.dev/voute/internal/version"
)

// Streams are where a command reads and writes.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Options are what a command depends on beside its flags.
type Options struct {
	Streams
	Now func() time.Time
}

// errFailed ends a command that has said already what is wrong.
var errFailed = errors.New("failed")

// Run is the whole program: it returns the code with which it ends.
func Run(ctx context.Context, options Options, args []string) int {
	command := New(options)
	command.SetArgs(args)
	err := command.ExecuteContext(ctx)
	switch {
	case err == nil:
		return 0
	case !errors.Is(err, errFailed):
		_, _ = fmt.Fprintln(options.Err, "error:", err) // there is nobody else to tell
	}
	return 1
}

// completer is how kubectl calls a plugin to complete what is typed: another
// program, which may be this one under another name.
const completer = "kubectl_complete-voute"

// Arguments are those of a command line. By the completer's name they ask for
// completions.
func Arguments(line []string) []string {
	if filepath.Base(line[0]) == completer {
		return append([]string{cobra.ShellCompRequestCmd}, line[1:]...)
	}
	return line[1:]
}

// New is the command with all below it.
func New(options Options) *cobra.Command {
	c := newConnection(options)
	root := &cobra.Command{
		Use:   "kubectl-voute",
		Short: "How the clients' vaults are, when changes may start, and whether a cluster is ready for Voûte",
		Long: "How the clients' vaults are, when changes may start, and whether a cluster is ready for Voûte.\n\n" +
			"Reading takes the rights of the role voute-viewer; rollout resume those of voute-editor; rollout halt may\n" +
			"patch the platform configuration.",
		Version:           version.Version,
		Annotations:       map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl voute"},
		SilenceUsage:      true,
		SilenceErrors:     true,
		DisableAutoGenTag: true,
	}
	root.SetIn(options.In)
	root.SetOut(options.Out)
	root.SetErr(options.Err)
	c.bind(root)
	root.AddCommand(statusCommand(c), windowsCommand(c), rolloutCommand(c), pilotsCommand(c), billCommand(c), doctorCommand(c))
	return root
}
