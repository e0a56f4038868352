package plugin

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/internal/plugin/doctor"
	"voute.dev/voute/test/vaultserver"
)

// vaultPlace is a real Vault, set up as config/vault/README.md says.
type vaultPlace struct {
	*vaultserver.Server
	cfg   *configv1.PlatformConfiguration
	flags doctorFlags
}

func newVaultPlace(t *testing.T) *vaultPlace {
	t.Helper()
	v := &vaultPlace{Server: vaultserver.Start(t)}
	file, err := os.ReadFile("../../config/default/platform.yaml")
	if err != nil {
		t.Fatal(err)
	}
	// A name by which only --vault-through reaches it.
	port := v.Address[strings.LastIndex(v.Address, ":"):]
	if v.cfg, err = loadPlatform(strings.Replace(string(file), "https://vault.vault.svc:8200", "https://localhost:1", 1)); err != nil {
		t.Fatal(err)
	}
	v.flags.vaultThrough = "127.0.0.1" + port
	return v
}

// findings are those about Vault, as a doctor with this place's flags has them.
func (v *vaultPlace) findings(t *testing.T) string {
	t.Helper()
	seen, err := lookAtVault(t.Context(), v.cfg, v.CAs, v.flags)
	if err != nil {
		t.Fatal(err)
	}
	facts := doctor.Facts{Version: "0.1.0", Namespace: operatorNamespace, Vault: seen}
	facts.Platform.Value = v.cfg
	elsewhere := errors.New("not looked at")
	facts.CertManagerLease.Err, facts.Operator.Err, facts.Scanner.Issuer.Err = elsewhere, elsewhere, elsewhere
	var said strings.Builder
	for _, f := range doctor.Examine(facts) {
		if strings.HasPrefix(f.Check, "vault") {
			said.WriteString(string(f.Level) + ": " + f.Says + "\n")
		}
	}
	return said.String()
}

func (v *vaultPlace) want(t *testing.T, what string, sentences ...string) {
	t.Helper()
	said := v.findings(t)
	for _, sentence := range sentences {
		if !strings.Contains(said, sentence+"\n") {
			t.Errorf("%s: it lacks %q: %s", what, sentence, said)
		}
	}
}

// tokenPolicy is what docs/kubectl.md says that a token for doctor needs.
var tokenPolicy = regexp.MustCompile("(?s)```hcl\n(.*?)```")

func (v *vaultPlace) signIn(t *testing.T) {
	t.Helper()
	page, err := os.ReadFile(documentation)
	if err != nil {
		t.Fatal(err)
	}
	v.Write(t, "sys/policies/acl/doctor", map[string]string{"policy": tokenPolicy.FindStringSubmatch(string(page))[1]})
	var made struct {
		Auth struct {
			Token string `json:"client_token"`
		} `json:"auth"`
	}
	body := map[string]any{"policies": []string{"doctor"}, "no_default_policy": true}
	if status := v.Do(t, v.RootToken, http.MethodPost, "auth/token/create", body, &made); status != http.StatusOK {
		t.Fatalf("Vault answers the making of a token with %d", status)
	}
	v.flags.vaultTokenFile = filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(v.flags.vaultTokenFile, []byte(made.Auth.Token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestDoctorAtVault breaks a real Vault piece by piece.
func TestDoctorAtVault(t *testing.T) {
	v := newVaultPlace(t)
	v.want(t, "nothing is set up", "fail: Vault has no Kubernetes sign-in at auth/kubernetes.")
	v.EnableKubernetes(t, vaultserver.Kubernetes{Host: "https://127.0.0.1:1"})
	v.want(t, "no operator", "fail: Vault has no role voute-operator at auth/kubernetes.", "ok: Vault knows the role voute-server at auth/kubernetes.")
	v.EnableOperator(t)
	v.want(t, "without a token",
		"ok: Vault at https://localhost:1 is reached by TLS, with a certificate that is trusted, and is unsealed.", "ok: Vault knows the role voute-operator at auth/kubernetes.",
		"warn: Transit engine, policies and what the roles say are not looked at without a token.")
	v.signIn(t)
	if said := v.findings(t); strings.Contains(said, "fail:") || strings.Contains(said, "warn:") {
		t.Errorf("all is as config/vault has it: %s", said)
	}
	v.want(t, "with a token", "ok: Vault has transit mounted at transit.", "ok: Vault has kubernetes mounted at kubernetes.",
		"ok: Vault's policy voute-server is that of version 0.1.0.", "ok: Vault's role voute-server is as it should be.",
		"ok: Vault's policy voute-operator is that of version 0.1.0.", "ok: Vault's role voute-operator is as it should be.")
	t.Run("roles", func(t *testing.T) { otherRoles(t, v) })
	t.Run("policies", func(t *testing.T) { otherPolicies(t, v) })
	t.Run("mounts", func(t *testing.T) { otherMounts(t, v) })
	v.Seal(t)
	v.want(t, "sealed", "fail: Vault at https://localhost:1 is sealed.")
	v.Stop()
	if said := v.findings(t); !strings.HasPrefix(said, "warn: Vault at https://localhost:1 is inside the cluster, and cannot be reached from here: dial tcp 127.0.0.1:") {
		t.Errorf("stopped: %s", said)
	}
}

func otherRoles(t *testing.T, v *vaultPlace) {
	for name, test := range map[string]struct {
		changes map[string]any
		want    string
	}{
		"longer":          {map[string]any{"token_ttl": "1h", "token_max_ttl": "1h"}, "fail: Vault's role voute-server is not as it should be: token_max_ttl differs."},
		"service token":   {map[string]any{"token_type": "service"}, "fail: Vault's role voute-server is not as it should be: token_type differs."},
		"another policy":  {map[string]any{"token_policies": []string{"voute-server", "admin"}}, "fail: Vault's role voute-server is not as it should be: token_policies differs."},
		"every namespace": {map[string]any{"bound_service_account_namespaces": []string{"*"}}, "fail: Vault's role voute-server lets in every namespace (bound_service_account_namespaces)."},
		"by name": {map[string]any{"bound_service_account_namespaces": []string{"justice"}, "bound_service_account_namespace_selector": ""},
			"warn: Vault's role voute-server lets in the servers of namespaces that it names, and not those with the label alone: [justice]."},
	} {
		v.SetServerRole(t, test.changes)
		v.want(t, name, test.want)
	}
	v.SetServerRole(t, map[string]any{"bound_service_account_namespaces": []string{}})
}

func otherPolicies(t *testing.T, v *vaultPlace) {
	v.Write(t, "sys/policies/acl/voute-operator", map[string]string{"policy": `path "transit/*" { capabilities = ["read", "list", "delete", "update"] }`})
	v.want(t, "a wider policy", `fail: Vault's policy voute-operator is not that of version 0.1.0: it lacks or has instead "path \"transit/*\" { capabilities = [\"read\", \"list\", \"delete\", \"update\"] }".`)
	v.Do(t, v.RootToken, http.MethodDelete, "sys/policies/acl/voute-operator", nil, nil)
	v.want(t, "no policy", "fail: Vault has no policy voute-operator.")
}

func otherMounts(t *testing.T, v *vaultPlace) {
	v.cfg.Vault.TransitPath = "sys"
	v.want(t, "another engine", "fail: Vault has system mounted at sys, and not transit.")
	v.cfg.Vault.TransitPath = "voute"
	v.want(t, "no engine", "fail: Vault has nothing mounted at voute (vault.transitPath).")
	v.cfg.Vault.TransitPath = "transit"
}
