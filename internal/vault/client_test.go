package vault_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"voute.dev/voute/internal/vault"
	"voute.dev/voute/internal/vault/vaulttest"
	"voute.dev/voute/test/apiserver"
	"voute.dev/voute/test/vaultserver"
)

// The operator's rights as they are installed on a platform.
const rights = "../../config/vault/"

// TestClient runs the contract on a real Vault in production mode, to which the
// operator signs in with a ServiceAccount token that a real API server reviews.
func TestClient(t *testing.T) {
	kubernetes := apiserver.Start(t)
	vaulttest.Contract(t, func(t *testing.T) vaulttest.Setup {
		server := vaultserver.Start(t)
		return setup(server, newClient(t, server, signIn(t, kubernetes, server), time.Now))
	})
}

// TestSession is about the operator's own token.
func TestSession(t *testing.T) {
	kubernetes, server := apiserver.Start(t), vaultserver.Start(t)
	tokenFile := signIn(t, kubernetes, server)
	now := time.Now()
	client := newClient(t, server, tokenFile, func() time.Time { return now })
	check := func(want vault.Reason) {
		t.Helper()
		err := client.Check(t.Context())
		if (err == nil) != (want == "") || (err != nil && vault.ReasonOf(err) != want) {
			t.Fatalf("Check: %v, want %q", err, want)
		}
	}
	check("")
	token, err := os.ReadFile(tokenFile)
	if err != nil {
		t.Fatal(err)
	}
	write(t, tokenFile, "not a token")
	check("") // the token from the sign-in before is good for a while
	now = now.Add(14 * time.Minute)
	check(vault.Refused) // two thirds of its life have passed: the operator signs in anew
	write(t, tokenFile, string(token))
	check("")
	if status := server.Do(t, server.RootToken, http.MethodDelete, "auth/kubernetes/role/voute-operator", nil, nil); status/100 != 2 {
		t.Fatalf("Vault answers the removal of the role with %d", status)
	}
	now = now.Add(14 * time.Minute)
	check(vault.NotConfigured)
}

// TestPowers shows what the operator's own token is refused.
func TestPowers(t *testing.T) {
	kubernetes, server := apiserver.Start(t), vaultserver.Start(t)
	jwt, err := os.ReadFile(signIn(t, kubernetes, server))
	if err != nil {
		t.Fatal(err)
	}
	const key = "justice.justice-production.2026-12-03"
	makeKey(server)(t, key)
	var signedIn struct {
		Auth struct {
			Token string `json:"client_token"`
		} `json:"auth"`
	}
	server.Do(t, "", http.MethodPost, "auth/kubernetes/login", map[string]string{"role": "voute-operator", "jwt": string(jwt)}, &signedIn)
	for path, body := range map[string]any{
		"transit/decrypt/" + key:           map[string]string{"ciphertext": "vault:v1:x"},
		"transit/encrypt/" + key:           map[string]string{"plaintext": "eA=="},
		"transit/datakey/plaintext/" + key: map[string]string{},
		"transit/keys/" + key + "/rotate":  map[string]string{},
		"transit/keys/" + key + "/config":  map[string]bool{"exportable": true},
		"sys/policies/acl/mine":            map[string]string{"policy": ""},
	} {
		if status := server.Do(t, signedIn.Auth.Token, http.MethodPost, path, body, nil); status != http.StatusForbidden {
			t.Errorf("POST %s: %d, want 403", path, status)
		}
	}
}

func setup(server *vaultserver.Server, client *vault.Client) vaulttest.Setup {
	return vaulttest.Setup{
		Keeper: client, MakeKey: makeKey(server), Seal: server.Seal, Unseal: server.Unseal,
		Refuse: func(t testing.TB) {
			server.Write(t, "sys/policies/acl/voute-operator", map[string]string{"policy": `path "transit/random" { capabilities = ["update"] }`})
		},
		Unmount: func(t testing.TB) {
			if status := server.Do(t, server.RootToken, http.MethodDelete, "sys/mounts/transit", nil, nil); status/100 != 2 {
				t.Fatalf("Vault answers the removal of the engine with %d", status)
			}
		},
		Stop: func(testing.TB) { server.Stop() },
	}
}

func makeKey(server *vaultserver.Server) func(testing.TB, string) {
	return func(t testing.TB, name string) {
		server.Write(t, "transit/encrypt/"+name, map[string]string{"plaintext": "dm91dGU="})
	}
}

func newClient(t *testing.T, server *vaultserver.Server, tokenFile string, now func() time.Time) *vault.Client {
	t.Helper()
	client, err := vault.New(vault.Options{
		Address: server.Address, TransitPath: "transit", AuthPath: "kubernetes", Role: "voute-operator",
		TokenFile: tokenFile, Roots: server.CAs, Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// signIn installs the operator's rights as the platform does, and gives the
// file with the operator's ServiceAccount token.
func signIn(t *testing.T, kubernetes *apiserver.Server, server *vaultserver.Server) string {
	t.Helper()
	server.EnableKubernetes(t, vaultserver.Kubernetes{
		Host: kubernetes.Config.Host, CA: string(kubernetes.Config.CAData), ReviewerToken: reviewer(t, kubernetes),
	})
	server.Write(t, "sys/policies/acl/voute-operator", map[string]string{"policy": string(read(t, rights+"operator.hcl"))})
	server.Write(t, "auth/kubernetes/role/voute-operator", json.RawMessage(read(t, rights+"role-operator.json")))
	kubernetes.MustKubectl(t, namespaceAndAccount("voute-system", "voute-operator"), "apply", "-f", "-")
	file := filepath.Join(t.TempDir(), "token")
	write(t, file, kubernetes.MustKubectl(t, "", "create", "token", "-n", "voute-system", "voute-operator", "--audience", "vault"))
	return file
}

func reviewer(t *testing.T, kubernetes *apiserver.Server) string {
	t.Helper()
	kubernetes.MustKubectl(t, namespaceAndAccount("vault", "vault"), "apply", "-f", "-")
	kubernetes.MustKubectl(t, `{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"vault"},
		"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"system:auth-delegator"},
		"subjects":[{"kind":"ServiceAccount","namespace":"vault","name":"vault"}]}`, "apply", "-f", "-")
	return kubernetes.MustKubectl(t, "", "create", "token", "-n", "vault", "vault")
}

func namespaceAndAccount(namespace, account string) string {
	return `{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"` + namespace + `"}},
		{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"namespace":"` + namespace + `","name":"` + account + `"}}]}`
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
