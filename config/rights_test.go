package config

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"
)

// TestRightsAreExplained compares the operator's rules, which are generated from
// the code that uses them, with the table of docs/security.md, which gives each
// its reason.
func TestRightsAreExplained(t *testing.T) {
	text, err := os.ReadFile("../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "## The operator's rights in Kubernetes")
	section, _, _ = strings.Cut(section, "\n## ")
	var rows []string
	for _, row := range regexp.MustCompile(`(?m)^\| ([^|*]+) \| ([^|]+) \| ([^|]+) \| [^|]+ \|$`).FindAllStringSubmatch(section, -1)[1:] {
		rows = append(rows, strings.ReplaceAll(row[1]+" | "+row[2]+" | "+row[3], "`", ""))
	}
	if diff := cmp.Diff(rules(t), rows); diff != "" {
		t.Errorf("the rules (-) and the table (+) differ:\n%s", diff)
	}
}

// rules are those of config/rbac/role.yaml in its order, the rows of the table
// but for their reasons.
func rules(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("rbac/role.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var rules []string
	for _, document := range strings.Split(string(text), "---\n")[1:] {
		role := &rbacv1.ClusterRole{}
		if err := yaml.UnmarshalStrict([]byte(document), role); err != nil {
			t.Fatal(err)
		}
		for _, rule := range role.Rules {
			group := strings.Join(rule.APIGroups, ", ")
			if group == "" {
				group = "core"
			}
			resources := strings.Join(append([]string{strings.Join(rule.Resources, ", ")}, rule.ResourceNames...), " ")
			rules = append(rules, group+" | "+resources+" | "+strings.Join(rule.Verbs, ", "))
		}
	}
	return rules
}
