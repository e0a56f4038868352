package platform

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	configv1 "voute.dev/voute/api/config/v1alpha1"
)

// Allowance is a field that is refused unless whoever loads the file allows it.
type Allowance string

// TestClock allows a file to move the operator's time.
const TestClock Allowance = "testClock"

// Load reads, completes and checks a platform configuration file.
func Load(data []byte, allowed ...Allowance) (*configv1.PlatformConfiguration, error) {
	cfg, where, err := decode(data)
	if err != nil {
		return nil, fmt.Errorf("read the platform configuration: %w", err)
	}
	complete(cfg)
	if err := check(cfg, where, allowed); err != nil {
		return nil, fmt.Errorf("check the platform configuration: %w", err)
	}
	return cfg, nil
}

// decode is strict: a field that is unknown, repeated or of another type is an error.
func decode(data []byte) (*configv1.PlatformConfiguration, lines, error) {
	asJSON, err := yaml.YAMLToJSONStrict(data)
	if err != nil {
		return nil, nil, notYAML(err)
	}
	where, err := locate(data)
	if err != nil {
		return nil, nil, err
	}
	cfg := &configv1.PlatformConfiguration{}
	strict, err := kjson.UnmarshalStrict(asJSON, cfg)
	if err != nil {
		return nil, nil, where.mistyped(err, asJSON)
	}
	problems := make([]error, 0, len(strict))
	for _, problem := range strict {
		problems = append(problems, where.unknown(problem))
	}
	return cfg, where, errors.Join(problems...)
}

// The decoders tell a line, or a field, only within their messages.
var (
	yamlLine      = regexp.MustCompile(`line (\d+): (.*)`)
	unknownField  = regexp.MustCompile(`^unknown field "(.*)"$`)
	mistypedField = regexp.MustCompile(`^json: cannot unmarshal (.+) into Go struct field \w+\.(\S+) of type (\S+)$`)
)

// notYAML puts the line first, where the decoder tells one.
func notYAML(err error) error {
	parts := yamlLine.FindStringSubmatch(err.Error())
	if parts == nil {
		return fmt.Errorf("the file: is not valid YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if key, again := strings.CutSuffix(parts[2], " already set in map"); again {
		return fmt.Errorf("line %s: %s is written twice: keep one", parts[1], key)
	}
	return fmt.Errorf("line %s: is not valid YAML: %s", parts[1], parts[2])
}

func (l lines) unknown(problem error) error {
	parts := unknownField.FindStringSubmatch(problem.Error())
	if parts == nil {
		return fmt.Errorf("the file: %w", problem)
	}
	return l.problem(parts[1], "there is no such field: remove it, or correct its name")
}

func (l lines) mistyped(problem error, asJSON []byte) error {
	if parts := mistypedField.FindStringSubmatch(problem.Error()); parts != nil {
		return l.problem(parts[2], fmt.Sprintf("%s cannot be read here: write a value of type %s", parts[1], parts[3]))
	}
	message := problem.Error()
	if errors.Is(problem, resource.ErrFormatWrong) || strings.HasPrefix(message, "quantities must match") {
		message = "is not a quantity: write it like 500m, 256Mi or 1Gi"
	}
	var document map[string]any
	if err := json.Unmarshal(asJSON, &document); err != nil {
		return errors.New("the file: has no fields: begin it with apiVersion: " + configv1.APIVersion)
	}
	if field := culprit(document, "", decodes); field != "" {
		return l.problem(field, message)
	}
	return fmt.Errorf("the file: %s", message)
}

func decodes(document any) bool {
	asJSON, err := json.Marshal(document)
	return err == nil && json.Unmarshal(asJSON, &configv1.PlatformConfiguration{}) == nil
}

// culprit finds the innermost field that alone, with nothing beside it, still
// cannot be read.
func culprit(value any, field string, reads func(any) bool) string {
	switch within := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(within)) {
			only := func(inner any) bool { return reads(map[string]any{key: inner}) }
			if !only(within[key]) {
				return culprit(within[key], strings.TrimPrefix(field+"."+key, "."), only)
			}
		}
	case []any:
		for i, item := range within {
			only := func(inner any) bool { return reads([]any{inner}) }
			if !only(item) {
				return culprit(item, fmt.Sprintf("%s[%d]", field, i), only)
			}
		}
	}
	return field
}
