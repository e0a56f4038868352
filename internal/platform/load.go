package platform

import (
	"errors"
	"fmt"
	"regexp"

	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	configv1 "voute.dev/voute/api/config/v1alpha1"
)

// Load reads, completes and checks a platform configuration file.
func Load(data []byte) (*configv1.PlatformConfiguration, error) {
	where := locate(data)
	cfg, err := decode(data, where)
	if err != nil {
		return nil, fmt.Errorf("read the platform configuration: %w", err)
	}
	complete(cfg)
	if err := check(cfg, where); err != nil {
		return nil, fmt.Errorf("check the platform configuration: %w", err)
	}
	return cfg, nil
}

// decode is strict: a field that is unknown, repeated or of another type is an error.
func decode(data []byte, where lines) (*configv1.PlatformConfiguration, error) {
	asJSON, err := yaml.YAMLToJSONStrict(data)
	if err != nil {
		return nil, fmt.Errorf("it is not valid YAML: %w", err)
	}
	cfg := &configv1.PlatformConfiguration{}
	strict, err := kjson.UnmarshalStrict(asJSON, cfg)
	if err != nil {
		return nil, where.mistyped(err)
	}
	problems := make([]error, 0, len(strict))
	for _, problem := range strict {
		problems = append(problems, where.unknown(problem))
	}
	return cfg, errors.Join(problems...)
}

// The decoder tells a field only within its message.
var (
	unknownField  = regexp.MustCompile(`^unknown field "(.*)"$`)
	mistypedField = regexp.MustCompile(`^json: cannot unmarshal (.+) into Go struct field \w+\.(\S+) of type (\S+)$`)
)

func (l lines) unknown(problem error) error {
	parts := unknownField.FindStringSubmatch(problem.Error())
	if parts == nil {
		return problem
	}
	return l.problem(parts[1], "there is no such field: remove it, or correct its name")
}

func (l lines) mistyped(problem error) error {
	parts := mistypedField.FindStringSubmatch(problem.Error())
	if parts == nil {
		return problem
	}
	return l.problem(parts[2], fmt.Sprintf("%s cannot be read here: write a value of type %s", parts[1], parts[3]))
}
