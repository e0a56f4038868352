package vaultserver

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// identity is how server.hcl names the service account that asks.
var identity = regexp.MustCompile(`\{\{identity[^}]*_namespace\}\}\.\{\{identity[^}]*_name\}\}`)

// installed is the content of a file of config/vault: what a platform team
// installs is what is tried.
func installed(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for !exists(filepath.Join(dir, "go.mod")) {
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod lies above the test's folder")
		}
		dir = filepath.Dir(dir)
	}
	content, err := os.ReadFile(filepath.Join(dir, "config", "vault", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// ServerToken is a token with server.hcl, filled in for the sharing server
// "<namespace>.<serviceaccount>".
func (s *Server) ServerToken(t testing.TB, prefix string) string {
	t.Helper()
	name, policy := "server-"+prefix, identity.ReplaceAllLiteralString(installed(t, "server.hcl"), prefix)
	s.Write(t, "sys/policies/acl/"+name, map[string]string{"policy": policy})
	var made struct {
		Auth struct {
			Token string `json:"client_token"`
		} `json:"auth"`
	}
	body := map[string]any{"policies": []string{name}, "no_default_policy": true}
	if status := s.Do(t, s.RootToken, http.MethodPost, "auth/token/create", body, &made); status != http.StatusOK {
		t.Fatalf("Vault answers the making of a token with %d", status)
	}
	return made.Auth.Token
}

// role is a role of config/vault with changes.
func role(t testing.TB, name string, changes map[string]any) map[string]any {
	t.Helper()
	var role map[string]any
	if err := json.Unmarshal([]byte(installed(t, name)), &role); err != nil {
		t.Fatal(err)
	}
	for field, value := range changes {
		role[field] = value
	}
	return role
}
