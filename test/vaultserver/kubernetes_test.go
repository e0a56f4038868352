package vaultserver_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"voute.dev/voute/server/config"
	"voute.dev/voute/server/keys"
	"voute.dev/voute/server/keys/vault"
	"voute.dev/voute/test/apiserver"
	"voute.dev/voute/test/vaultserver"
)

// The server's client of Vault is tried here rather than beside its code:
// server/ knows nothing of Kubernetes, and this takes a real API server.
func TestKubernetesSignIn(t *testing.T) {
	server := vaultserver.Start(t)
	cluster := &cluster{apiserver.Start(t)}
	server.EnableKubernetes(t, cluster.reviews(t))
	s := &signedIn{Server: server, cluster: cluster, now: time.Now()}
	s.tokenFile = filepath.Join(t.TempDir(), "token")
	s.writeToken(t, cluster.token(t, "justice", "justice-production", "vault"))

	t.Run("a service account uses its own keys", s.usesOwnKeys)
	t.Run("another's keys are refused", s.refusesForeign)
	t.Run("a namespace that holds no clients cannot sign in", s.refusesNamespace)
	t.Run("a token ended early is replaced after a pause", s.replacesToken)
	t.Run("the service-account token is read again", s.rereads)
}

type signedIn struct {
	*vaultserver.Server
	cluster   *cluster
	tokenFile string
	now       time.Time
}

func (s *signedIn) writeToken(t *testing.T, token string) {
	t.Helper()
	if err := os.WriteFile(s.tokenFile, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s *signedIn) client(t *testing.T, prefix string) *vault.Client {
	t.Helper()
	client, err := vault.New(vault.Config{
		VaultKeys: config.VaultKeys{
			Address: s.Address, TransitPath: "transit", Prefix: prefix,
			AuthPath: "kubernetes", Role: "voute-server", ServiceAccountTokenFile: s.tokenFile,
		},
		RootCAs: s.CAs, Zone: time.UTC, Now: func() time.Time { return s.now },
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func (s *signedIn) usesOwnKeys(t *testing.T) {
	client, bucket := s.client(t, "justice.justice-production"), keys.Bucket(s.now, time.UTC)
	key, err := client.Create(t.Context(), bucket)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Open(t.Context(), bucket, key.Wrapped); err != nil {
		t.Error(err)
	}
}

func (s *signedIn) refusesForeign(t *testing.T) {
	for _, prefix := range []string{"justice.justice-development", "health.justice-production"} {
		expect(t, s.client(t, prefix).Check(t.Context()), keys.ErrRefused)
	}
}

func (s *signedIn) refusesNamespace(t *testing.T) {
	s.writeToken(t, s.cluster.token(t, "elsewhere", "justice-production", "vault"))
	s.cluster.MustKubectl(t, "", "label", "namespace", "elsewhere", "sharing.voute.dev/clients-")
	expect(t, s.client(t, "elsewhere.justice-production").Check(t.Context()), keys.ErrRefused)
	s.writeToken(t, s.cluster.token(t, "justice", "justice-production", "vault"))
}

func (s *signedIn) replacesToken(t *testing.T) {
	s.SetServerRole(t, map[string]any{"token_type": "service"})
	defer s.SetServerRole(t, nil)
	client := s.client(t, "justice.justice-production")
	expect(t, client.Check(t.Context()), nil)
	s.RevokeSignIns(t)
	expect(t, client.Check(t.Context()), keys.ErrRefused)
	s.now = s.now.Add(31 * time.Second)
	expect(t, client.Check(t.Context()), nil)
}

func (s *signedIn) rereads(t *testing.T) {
	client := s.client(t, "justice.justice-production")
	s.writeToken(t, s.cluster.token(t, "justice", "justice-production", "another-audience"))
	expect(t, client.Check(t.Context()), keys.ErrRefused)
	s.writeToken(t, s.cluster.token(t, "justice", "justice-production", "vault"))
	expect(t, client.Check(t.Context()), nil)
	s.now = s.now.Add(16 * time.Minute) // three quarters of the token's life
	if err := os.Remove(s.tokenFile); err != nil {
		t.Fatal(err)
	}
	expect(t, client.Check(t.Context()), keys.ErrUnavailable)
}

func expect(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("the error is %v, not %v", err, want)
	}
}

// cluster is a real API server without a node.
type cluster struct{ *apiserver.Server }

// reviews is what Vault needs to have tokens reviewed: token-review.yaml, and a
// token of the account that it names.
func (c *cluster) reviews(t *testing.T) vaultserver.Kubernetes {
	t.Helper()
	token := c.token(t, "vault", "vault", "")
	c.MustKubectl(t, "", "apply", "-f", "../../config/vault/token-review.yaml")
	return vaultserver.Kubernetes{Host: c.Config.Host, CA: string(c.Config.CAData), ReviewerToken: token}
}

// token makes the namespace, marked as one that holds clients, and the service
// account if need be.
func (c *cluster) token(t *testing.T, namespace, name, audience string) string {
	t.Helper()
	c.MustKubectl(t, fmt.Sprintf(account, namespace, name), "apply", "-f", "-")
	args := []string{"create", "token", "-n", namespace, name}
	if audience != "" {
		args = append(args, "--audience", audience)
	}
	return strings.TrimSpace(c.MustKubectl(t, "", args...))
}

const account = `
apiVersion: v1
kind: Namespace
metadata: {name: %[1]s, labels: {sharing.voute.dev/clients: "true"}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: %[2]s, namespace: %[1]s}
`
