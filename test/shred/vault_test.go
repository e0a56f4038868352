package shred

import (
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"voute.dev/voute/internal/vault"
	"voute.dev/voute/server/config"
	"voute.dev/voute/server/keys"
	servervault "voute.dev/voute/server/keys/vault"
	"voute.dev/voute/test/apiserver"
	"voute.dev/voute/test/vaultserver"
)

const (
	namespace     = "justice"
	serverAccount = "justice-production"
	prefix        = namespace + "." + serverAccount
)

// platform is Vault as config/vault has it, and the API server that reviews the
// tokens shown to it.
type platform struct {
	*vaultserver.Server
	cluster *apiserver.Server
}

func newPlatform(t *testing.T) *platform {
	t.Helper()
	p := &platform{Server: vaultserver.Start(t), cluster: apiserver.Start(t)}
	reviewer := p.token(t, "vault", "vault", "")
	p.cluster.MustKubectl(t, "", "apply", "-f", "../../config/vault/token-review.yaml")
	p.EnableKubernetes(t, vaultserver.Kubernetes{Host: p.cluster.Config.Host, CA: string(p.cluster.Config.CAData), ReviewerToken: reviewer})
	p.EnableOperator(t)
	return p
}

// token makes the namespace, marked as one that holds clients, and the service
// account if need be.
func (p *platform) token(t *testing.T, in, name, audience string) string {
	t.Helper()
	p.cluster.MustKubectl(t, fmt.Sprintf(accountOf, in, name), "apply", "-f", "-")
	args := []string{"create", "token", "-n", in, name}
	if audience != "" {
		args = append(args, "--audience", audience)
	}
	return strings.TrimSpace(p.cluster.MustKubectl(t, "", args...))
}

const accountOf = `
apiVersion: v1
kind: Namespace
metadata: {name: %[1]s, labels: {sharing.voute.dev/clients: "true"}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: %[2]s, namespace: %[1]s}
`

func (p *platform) tokenFile(t *testing.T, in, name string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(p.token(t, in, name, "vault")), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// serverKeys is the server's own client of Vault, signed in as the server.
func (p *platform) serverKeys(t *testing.T, zone *time.Location, now func() time.Time) keys.Keys {
	t.Helper()
	client, err := servervault.New(servervault.Config{
		VaultKeys: config.VaultKeys{
			Address: p.Address, TransitPath: "transit", Prefix: prefix,
			AuthPath: "kubernetes", Role: "voute-server", ServiceAccountTokenFile: p.tokenFile(t, namespace, serverAccount),
		},
		RootCAs: p.CAs, Zone: zone, Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// operator is the operator's own client of Vault, signed in as the operator.
func (p *platform) operator(t *testing.T) vault.Keeper {
	t.Helper()
	roots := x509.NewCertPool()
	content, err := os.ReadFile(p.CAFile)
	if err != nil || !roots.AppendCertsFromPEM(content) {
		t.Fatalf("the authority of Vault's certificate is not to be had (%v)", err)
	}
	client, err := vault.New(vault.Options{
		Address: p.Address, TransitPath: "transit", AuthPath: "kubernetes", Role: "voute-operator",
		TokenFile: p.tokenFile(t, "voute-system", "voute-operator"), Roots: roots, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// signedIn is a Vault token of the server's, for requests of one's own.
func (p *platform) signedIn(t *testing.T) string {
	t.Helper()
	var got struct {
		Auth struct {
			Token string `json:"client_token"`
		} `json:"auth"`
	}
	body := map[string]string{"role": "voute-server", "jwt": p.token(t, namespace, serverAccount, "vault")}
	if status := p.Do(t, "", "POST", "auth/kubernetes/login", body, &got); status != 200 {
		t.Fatalf("the server cannot sign in: %d", status)
	}
	return got.Auth.Token
}
