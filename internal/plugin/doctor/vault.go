package doctor

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/config"
)

const (
	leastVault   = "1.15"
	installVault = "Install it as config/vault/README.md says."
)

func vault(f Facts) []Finding {
	if f.Platform.Err != nil {
		return nil
	}
	if f.Vault.Err != nil {
		return append([]Finding{unreached(f.Vault.Reach, "Vault", "Forward its port, and give that as --vault-through 127.0.0.1:8200; its name and certificate are checked all the same.")}, keysReady(f)...)
	}
	health := f.Vault.Health
	switch {
	case health.Err != nil:
		return []Finding{fail("Check that vault.address is Vault's own, and not that of something before it.", "Vault at %s is reached, and does not say how it is: %v.", f.Vault.Address, health.Err)}
	case !health.Value.Initialized:
		return []Finding{fail("vault operator init.", "Vault at %s is not initialised.", f.Vault.Address)}
	case health.Value.Sealed:
		return []Finding{fail("vault operator unseal; the rest follows by itself.", "Vault at %s is sealed.", f.Vault.Address)}
	}
	findings := []Finding{
		ok("Vault at %s is reached by TLS, with a certificate that is trusted, and is unsealed.", f.Vault.Address),
		atLeast("Vault", health.Value.Version, leastVault, "Upgrade Vault."),
	}
	return append(append(findings, signIns(f)...), keysReady(f)...)
}

// unreached is a failure only of an address that everybody should reach.
func unreached(r Reach, what, next string) Finding {
	if r.Inside {
		return warn(next, "%s at %s is inside the cluster, and cannot be reached from here: %v.", what, r.Address, r.Err)
	}
	return fail("Check the address in the platform configuration, trustedCAs, and the network on the way.", "%s at %s cannot be reached from here: %v.", what, r.Address, r.Err)
}

// signIns: to a token that is none, Vault says something else where there is no such
// role than where there is, as long as it has the sign-in at all.
func signIns(f Facts) (findings []Finding) {
	where := "auth/" + f.Platform.Value.Vault.AuthPath
	if !isNoRole(f.Vault.NoRole) {
		return []Finding{fail(installVault, "Vault has no Kubernetes sign-in at %s.", where)}
	}
	for _, role := range slices.Sorted(maps.Keys(f.Vault.SignIn)) {
		if isNoRole(f.Vault.SignIn[role]) {
			findings = append(findings, fail(installVault, "Vault has no role %s at %s.", role, where))
			continue
		}
		findings = append(findings, ok("Vault knows the role %s at %s.", role, where))
	}
	return findings
}

func isNoRole(err error) bool {
	return err != nil && strings.Contains(err.Error(), "invalid role name")
}

// keysReady is what the operator and the servers themselves say of Vault.
func keysReady(f Facts) []Finding {
	if f.Tenants.Err != nil || len(f.Tenants.Value) == 0 {
		return nil
	}
	var without []string
	for i := range f.Tenants.Value {
		tenant := &f.Tenants.Value[i]
		if !meta.IsStatusConditionTrue(tenant.Status.Conditions, v1alpha1.KeysReadyCondition) {
			without = append(without, tenant.Namespace+"/"+tenant.Name)
		}
	}
	next := "kubectl voute status tells why, in " + v1alpha1.KeysReadyCondition + "."
	switch len(without) {
	case 0:
	case len(f.Tenants.Value):
		return []Finding{fail(next, "%s is True with no tenant.", v1alpha1.KeysReadyCondition)}
	default:
		return []Finding{warn(next, "%s is not True with %s.", v1alpha1.KeysReadyCondition, some(without))}
	}
	return []Finding{ok("%s is True with all tenants, %d: operator and servers reach their keys.", v1alpha1.KeysReadyCondition, len(f.Tenants.Value))}
}

// some are the first of many names.
func some(names []string) string {
	const few = 5
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
}

func vaultSettings(f Facts) []Finding {
	if f.Platform.Err != nil || f.Vault.Err != nil || f.Vault.Health.Err != nil || f.Vault.Health.Value.Sealed {
		return nil
	}
	s := f.Vault.Settings
	if s == nil {
		return []Finding{warn("Give --vault-token-file with a token that may read them: docs/kubectl.md has its policy.", "Transit engine, policies and what the roles say are not looked at without a token.")}
	}
	where := f.Platform.Value.Vault
	findings := []Finding{
		mounted(s.Mounts, where.TransitPath, "transit", "vault.transitPath"),
		mounted(s.SignIns, where.AuthPath, "kubernetes", "vault.authPath"),
	}
	for _, part := range parts(f) {
		findings = append(findings, part.policy(f, s), part.role(s))
	}
	return findings
}

func mounted(seen Seen[map[string]string], path, kind, field string) Finding {
	switch has := seen.Value[path]; {
	case seen.Err != nil:
		return warn("Give the token the policy of docs/kubectl.md.", "What Vault has mounted cannot be read: %v.", seen.Err)
	case has == "":
		return fail(installVault, "Vault has nothing mounted at %s (%s).", path, field)
	case has != kind:
		return fail("Correct "+field+" of the platform configuration.", "Vault has %s mounted at %s, and not %s.", has, path, kind)
	default:
		return ok("Vault has %s mounted at %s.", kind, path)
	}
}

// part is what config/vault has for one of the two programs.
type part struct {
	// name is that of the policy, and of the file without its end; signsInAs is the
	// role that the platform configuration names.
	name, file, signsInAs string
	// changes are what the platform configuration has instead of the file.
	changes map[string]any
}

func parts(f Facts) []part {
	where := f.Platform.Value.Vault
	return []part{
		{"voute-operator", "operator", where.OperatorRole, map[string]any{"audience": where.Audience, "bound_service_account_namespaces": []any{f.Namespace}}},
		{"voute-server", "server", where.ServerRole, map[string]any{"audience": where.Audience}},
	}
}

func (p part) policy(f Facts, s *Settings) Finding {
	live := s.Policies[p.name]
	if live.Err != nil {
		return warn("Give the token the policy of docs/kubectl.md.", "Vault's policy %s cannot be read: %v.", p.name, live.Err)
	}
	if live.Value == "" {
		return fail(installVault, "Vault has no policy %s.", p.name)
	}
	want, err := fs.ReadFile(config.Files, "vault/"+p.file+".hcl")
	if err != nil {
		return fail("Build the plugin again.", "What the policy should be is not known: %v.", err)
	}
	if line := firstDifference(p.text(string(want), f.Platform.Value, s), live.Value); line != "" {
		return fail(fmt.Sprintf("Install config/vault/%s.hcl of version %s, with your own mounts and accessor.", p.file, f.Version), "Vault's policy %s is not that of version %s: it lacks or has instead %q.", p.name, f.Version, line)
	}
	return ok("Vault's policy %s is that of version %s.", p.name, f.Version)
}

// text is the policy as it is installed with other mounts, as README.md says.
func (p part) text(policy string, cfg *configv1.PlatformConfiguration, s *Settings) string {
	return strings.NewReplacer(
		`path "transit/`, `path "`+cfg.Vault.TransitPath+`/`,
		"ACCESSOR", s.Accessors[cfg.Vault.AuthPath],
	).Replace(policy)
}

// firstDifference is the first line of two policies that differs, but for comments
// and spaces.
func firstDifference(want, live string) string {
	wanted, has := statements(want), statements(live)
	for i := range max(len(wanted), len(has)) {
		switch {
		case i >= len(has):
			return wanted[i]
		case i >= len(wanted) || wanted[i] != has[i]:
			return has[i]
		}
	}
	return ""
}

func statements(policy string) (lines []string) {
	for line := range strings.Lines(policy) {
		line = strings.Join(strings.Fields(line), " ")
		if line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return lines
}

func (p part) role(s *Settings) Finding {
	live := s.Roles[p.signsInAs]
	if live.Err != nil {
		return warn("Give the token the policy of docs/kubectl.md.", "Vault's role %s cannot be read: %v.", p.signsInAs, live.Err)
	}
	if live.Value == nil {
		return fail(installVault, "Vault has no role %s.", p.signsInAs)
	}
	content, err := fs.ReadFile(config.Files, "vault/role-"+p.file+".json")
	if err != nil {
		return fail("Build the plugin again.", "What the role should be is not known: %v.", err)
	}
	want := map[string]any{}
	if err := json.Unmarshal(content, &want); err != nil {
		return fail("Build the plugin again.", "What the role should be is not known: %v.", err)
	}
	maps.Copy(want, p.changes)
	return p.compare(want, live.Value)
}

// selector and namespaces are the two ways to say whose servers are let in.
const (
	selector   = "bound_service_account_namespace_selector"
	namespaces = "bound_service_account_namespaces"
)

func (p part) compare(want map[string]any, live Object) Finding {
	next := fmt.Sprintf("Write config/vault/role-%s.json again.", p.file)
	listed, _ := live[namespaces].([]any)
	if slices.Contains(listed, any("*")) {
		return fail(next, "Vault's role %s lets in every namespace (%s).", p.signsInAs, namespaces)
	}
	byName := p.file == "server" && len(listed) > 0
	for _, field := range slices.Sorted(maps.Keys(want)) {
		if byName && field == selector {
			continue
		}
		if where := differs(setting(want[field]), setting(live[field]), field); where != "" {
			return fail(next, "Vault's role %s is not as it should be: %s differs.", p.signsInAs, where)
		}
	}
	if byName {
		return warn("Nothing, if that is meant: config/vault/README.md, under No label wanted.", "Vault's role %s lets in the servers of namespaces that it names, and not those with the label alone: %v.", p.signsInAs, listed)
	}
	return ok("Vault's role %s is as it should be.", p.signsInAs)
}

// setting reads what Vault shows otherwise than it was written: times in seconds,
// and JSON within text.
func setting(value any) any {
	text, isText := value.(string)
	if !isText {
		return value
	}
	if d, err := time.ParseDuration(text); err == nil {
		return d.Seconds()
	}
	var inner any
	if strings.HasPrefix(text, "{") && json.Unmarshal([]byte(text), &inner) == nil {
		return inner
	}
	return value
}
