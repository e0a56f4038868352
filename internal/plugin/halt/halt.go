// Package halt writes into the text of a platform configuration file, and takes out
// of it again, that a version is halted.
//
// The file is people's: its comments, its order and its blank lines stay as they are.
// So the YAML parser says only where rollout.halted is, and lines, or parts of one in
// flow style, are put in and cut out there. What comes of it is read by the operator's
// own loader: it must say of the halts what was asked for, and of all else what the
// file said before; or else it is given back to nobody.
package halt

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/api/equality"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/internal/platform"
)

const (
	rolloutField = "rollout"
	haltedField  = "halted"
)

// errByHand is for a file in which the place cannot be told for sure.
var errByHand = errors.New("rollout.halted of this file is written in a way that is not known here: edit the file by hand, as docs/reference/configuration.md has it")

// Add is the file with one more version halted, before all others.
func Add(file string, halt configv1.HaltedVersion) (string, error) {
	cfg, err := load(file)
	if err != nil {
		return "", err
	}
	if Of(cfg, halt.Version) != nil {
		return "", fmt.Errorf("version %s is halted already: %s", halt.Version, Of(cfg, halt.Version).Reason)
	}
	text, root, err := parse(file)
	if err != nil {
		return "", err
	}
	written, err := text.add(root, item(halt))
	if err != nil {
		return "", err
	}
	return checked(written, cfg, append([]configv1.HaltedVersion{halt}, cfg.Rollout.Halted...))
}

// Remove is the file without the halt of a version. What held nothing else goes too.
func Remove(file, version string) (string, error) {
	cfg, err := load(file)
	if err != nil {
		return "", err
	}
	if Of(cfg, version) == nil {
		return "", fmt.Errorf("version %s is not halted", version)
	}
	text, root, err := parse(file)
	if err != nil {
		return "", err
	}
	written, err := text.remove(root, version)
	if err != nil {
		return "", err
	}
	others := slices.DeleteFunc(slices.Clone(cfg.Rollout.Halted), func(h configv1.HaltedVersion) bool { return h.Version == version })
	return checked(written, cfg, others)
}

// Of is the halt of a version; nil for none.
func Of(cfg *configv1.PlatformConfiguration, version string) *configv1.HaltedVersion {
	at := slices.IndexFunc(cfg.Rollout.Halted, func(h configv1.HaltedVersion) bool { return h.Version == version })
	if at < 0 {
		return nil
	}
	return &cfg.Rollout.Halted[at]
}

// Lines are what a file has of one halt alone.
func Lines(halt configv1.HaltedVersion) string {
	return "rollout:\n  halted:\n  - " + item(halt) + "\n"
}

// load allows what the operator alone can refuse.
func load(file string) (*configv1.PlatformConfiguration, error) {
	return platform.Load([]byte(file), platform.TestClock)
}

// checked: the operator will read what was meant, and nothing else has changed.
func checked(written string, before *configv1.PlatformConfiguration, want []configv1.HaltedVersion) (string, error) {
	after, err := load(written)
	if err != nil {
		return "", err
	}
	meant := before.DeepCopy()
	meant.Rollout.Halted = want
	if !equality.Semantic.DeepEqual(meant, after) {
		return "", errByHand
	}
	return written, nil
}

// item is one halt in flow style. What Go escapes in a string, YAML reads.
func item(halt configv1.HaltedVersion) string {
	version := halt.Version
	if !plain.MatchString(version) {
		version = strconv.Quote(version)
	}
	return fmt.Sprintf("{version: %s, reason: %s}", version, strconv.Quote(halt.Reason))
}

// plain is what needs no quotes, as no version does; the loader refuses all else.
var plain = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9][-.0-9A-Za-z]*$`)

func parse(file string) (text, *yaml.Node, error) {
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(file), &document); err != nil {
		return nil, nil, err
	}
	if len(document.Content) == 0 || document.Content[0].Kind != yaml.MappingNode {
		return nil, nil, errByHand
	}
	return strings.SplitAfter(file, "\n"), document.Content[0], nil
}

// entry is a field of a mapping.
type entry struct{ key, value *yaml.Node }

func find(mapping *yaml.Node, name string) (found entry, ok bool) {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == name {
			return entry{mapping.Content[i], mapping.Content[i+1]}, true
		}
	}
	return entry{}, false
}

func isFlow(node *yaml.Node) bool { return node.Style&yaml.FlowStyle != 0 }

func isNull(node *yaml.Node) bool { return node.Kind == yaml.ScalarNode && node.Tag == "!!null" }
