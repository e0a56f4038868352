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

// TestRightsAreExplained compares the operator's rules with the table of
// docs/security.md, which gives each its reason.
func TestRightsAreExplained(t *testing.T) {
	var rules []string
	for _, file := range []string{"rbac/cluster_role.yaml", "rbac/role.yaml", "rbac/issued_secrets.yaml"} {
		rules = append(rules, rulesOf(t, file)...)
	}
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
	if diff := cmp.Diff(rules, rows); diff != "" {
		t.Errorf("the rules (-) and the table (+) differ:\n%s", diff)
	}
}

func rulesOf(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	role := &rbacv1.ClusterRole{}
	first, _, _ := strings.Cut(string(text), "\n---\n") // the role comes before its binding
	if err := yaml.UnmarshalStrict([]byte(first), role); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	var rules []string
	for _, rule := range role.Rules {
		group := strings.Join(rule.APIGroups, ", ")
		if group == "" {
			group = "core"
		}
		resources := strings.Join(append([]string{strings.Join(rule.Resources, ", ")}, rule.ResourceNames...), " ")
		rules = append(rules, group+" | "+resources+" | "+strings.Join(rule.Verbs, ", "))
	}
	return rules
}
