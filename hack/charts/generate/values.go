package generate

import (
	"errors"
	"fmt"
	"strings"
)

const (
	begin = "# BEGIN platform: written by `make generate` from config/default/platform.yaml.\n"
	end   = "# END platform\n"
)

// values brings the section "platform" of values.yaml up to date.
func values(source string, files map[string][]byte) error {
	file := chart + "/values.yaml"
	text, err := read(source, file)
	if err != nil {
		return err
	}
	platform, err := read(source, "config/default/platform.yaml")
	if err != nil {
		return err
	}
	spliced, err := splice(string(text), "platform:\n"+indent(string(platform)))
	if err != nil {
		return errors.Join(errors.New(file), err)
	}
	files[file] = []byte(spliced)
	return nil
}

// splice puts a section between the two marks.
func splice(text, section string) (string, error) {
	before, rest, begins := strings.Cut(text, begin)
	_, after, ends := strings.Cut(rest, end)
	if !begins || !ends {
		return "", fmt.Errorf("one of the lines %q and %q is missing: put it back", begin, end)
	}
	return before + begin + section + end + after, nil
}

// indent moves every line that is not empty under a key.
func indent(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" {
			line = "  " + line
		}
		out.WriteString(line)
	}
	return out.String()
}
