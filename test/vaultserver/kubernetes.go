package vaultserver

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// Kubernetes is an API server that reviews service-account tokens.
type Kubernetes struct {
	// Host is its address, CA its authority's certificate in PEM.
	Host, CA string
	// ReviewerToken may create TokenReviews.
	ReviewerToken string
}

// EnableKubernetes installs the sign-in of sharing servers as config/vault has
// it: at "kubernetes", with the role voute-server.
func (s *Server) EnableKubernetes(t testing.TB, k Kubernetes) {
	t.Helper()
	s.Write(t, "sys/auth/kubernetes", map[string]string{"type": "kubernetes"})
	s.Write(t, "auth/kubernetes/config", map[string]any{
		"kubernetes_host": k.Host, "kubernetes_ca_cert": k.CA, "token_reviewer_jwt": k.ReviewerToken,
		"disable_local_ca_jwt": true,
	})
	policy := strings.ReplaceAll(installed(t, "server.hcl"), "ACCESSOR", s.accessor(t))
	s.Write(t, "sys/policies/acl/voute-server", map[string]string{"policy": policy})
	s.SetServerRole(t, nil)
}

// EnableOperator installs the operator's rights as config/vault has them, after
// EnableKubernetes.
func (s *Server) EnableOperator(t testing.TB) {
	t.Helper()
	s.Write(t, "sys/policies/acl/voute-operator", map[string]string{"policy": installed(t, "operator.hcl")})
	s.Write(t, "auth/kubernetes/role/voute-operator", role(t, "role-operator.json", nil))
}

// Keys lists the keys whose names begin with a prefix.
func (s *Server) Keys(t testing.TB, prefix string) []string {
	t.Helper()
	var list struct {
		Data struct {
			Keys []string `json:"keys"`
		} `json:"data"`
	}
	if status := s.Do(t, s.RootToken, "LIST", "transit/keys", nil, &list); status != http.StatusOK && status != http.StatusNotFound {
		t.Fatalf("Vault answers the listing of keys with %d", status)
	}
	return slices.DeleteFunc(list.Data.Keys, func(name string) bool { return !strings.HasPrefix(name, prefix) })
}

// SetServerRole installs role-server.json with changes.
func (s *Server) SetServerRole(t testing.TB, changes map[string]any) {
	t.Helper()
	s.Write(t, "auth/kubernetes/role/voute-server", role(t, "role-server.json", changes))
}

// RevokeSignIns makes Vault forget every token given out by a sign-in. It does
// not reach batch tokens, which role-server.json asks for.
func (s *Server) RevokeSignIns(t testing.TB) {
	t.Helper()
	s.Write(t, "sys/leases/revoke-prefix/auth/kubernetes/login", map[string]bool{"sync": true})
}

func (s *Server) accessor(t testing.TB) string {
	t.Helper()
	var mount struct {
		Data struct {
			Accessor string `json:"accessor"`
		} `json:"data"`
	}
	if status := s.Do(t, s.RootToken, http.MethodGet, "sys/auth/kubernetes", nil, &mount); status != http.StatusOK {
		t.Fatalf("Vault answers the look at its Kubernetes sign-in with %d", status)
	}
	return mount.Data.Accessor
}
