package plugin

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"
)

// output is how a command shows what it has found out: a page where it is empty.
type output string

func (o *output) bind(command *cobra.Command) {
	command.Flags().StringVarP((*string)(o), "output", "o", "", "Output format: json or yaml; a page for people when empty.")
}

func (o output) check() error {
	switch o {
	case "", "json", "yaml":
		return nil
	default:
		return fmt.Errorf("-o %s is no output format: write json or yaml, or nothing for a page", o)
	}
}

// show prints what was found out, or the page that says the same.
func (o output) show(out io.Writer, found any, page func() string) error {
	var text []byte
	var err error
	switch o {
	case "json":
		if text, err = json.MarshalIndent(found, "", "  "); err == nil {
			text = append(text, '\n')
		}
	case "yaml":
		text, err = yaml.Marshal(found)
	default:
		text = []byte(page())
	}
	if err != nil {
		return err
	}
	_, err = out.Write(text)
	return err
}
