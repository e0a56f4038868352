// Package vault holds no program. Its tests install the policies and roles of
// this folder in a real Vault, as README.md says, with a real Kubernetes API
// server to review tokens, and try what they allow and refuse.
package vault

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"voute.dev/voute/test/apiserver"
	"voute.dev/voute/test/vaultserver"
)

type platform struct {
	*vaultserver.Server
	cluster *apiserver.Server
}

func install(t *testing.T) *platform {
	t.Helper()
	p := &platform{Server: vaultserver.Start(t), cluster: apiserver.Start(t)}
	p.cluster.MustKubectl(t, "", "create", "namespace", "vault")
	p.cluster.MustKubectl(t, "", "create", "serviceaccount", "-n", "vault", "vault")
	p.cluster.MustKubectl(t, "", "apply", "-f", "token-review.yaml")

	p.Write(t, "sys/auth/kubernetes", map[string]string{"type": "kubernetes"})
	p.Write(t, "auth/kubernetes/config", map[string]any{
		"kubernetes_host": strings.TrimSuffix(p.cluster.Config.Host, "/"), "kubernetes_ca_cert": string(p.cluster.Config.CAData),
		"token_reviewer_jwt": p.identity(t, "vault", "vault", ""), "disable_local_ca_jwt": true,
	})
	var mount struct {
		Data struct {
			Accessor string `json:"accessor"`
		} `json:"data"`
	}
	p.Do(t, p.RootToken, http.MethodGet, "sys/auth/kubernetes", nil, &mount)
	for name, file := range map[string]string{"voute-operator": "operator.hcl", "voute-server": "server.hcl"} {
		policy := strings.ReplaceAll(string(read(t, file)), "ACCESSOR", mount.Data.Accessor)
		p.Write(t, "sys/policies/acl/"+name, map[string]string{"policy": policy})
	}
	for name, file := range map[string]string{"voute-operator": "role-operator.json", "voute-server": "role-server.json"} {
		p.Write(t, "auth/kubernetes/role/"+name, json.RawMessage(read(t, file)))
	}
	return p
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// identity is a token of a service account, for an audience.
func (p *platform) identity(t *testing.T, namespace, name, audience string) string {
	t.Helper()
	args := []string{"create", "token", "-n", namespace, name}
	if audience != "" {
		args = append(args, "--audience", audience)
	}
	return strings.TrimSpace(p.cluster.MustKubectl(t, "", args...))
}

// account makes a namespace and a service account in it, where there are none.
func (p *platform) account(t *testing.T, namespace, name, label string) {
	t.Helper()
	p.cluster.MustKubectl(t, "apiVersion: v1\nkind: Namespace\nmetadata: {name: "+namespace+", labels: {"+label+"}}\n---\n"+
		"apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: "+name+", namespace: "+namespace+"}\n", "apply", "-f", "-")
}

type signedIn struct {
	Auth struct {
		Token     string   `json:"client_token"`
		Type      string   `json:"token_type"`
		Policies  []string `json:"token_policies"`
		Renewable bool     `json:"renewable"`
		Seconds   int      `json:"lease_duration"`
	} `json:"auth"`
}

func (p *platform) signIn(t *testing.T, role, identity string) (signedIn, int) {
	t.Helper()
	var got signedIn
	status := p.Do(t, "", http.MethodPost, "auth/kubernetes/login", map[string]string{"role": role, "jwt": identity}, &got)
	return got, status
}

// client makes namespaces hold clients.
const client = `sharing.voute.dev/clients: "true"`

func TestPoliciesAndRoles(t *testing.T) {
	p := install(t)
	p.account(t, "justice", "justice-production", client)
	p.account(t, "justice", "justice-development", client)
	p.account(t, "culture", "culture-production", client)
	p.account(t, "elsewhere", "justice-production", `sharing.voute.dev/clients: "false"`)
	p.account(t, "voute-system", "voute-operator", "")
	p.account(t, "justice", "voute-operator", client)
	t.Run("signing in", func(t *testing.T) { trySignIn(t, p) })
	t.Run("using keys", func(t *testing.T) { tryKeys(t, p) })
}

func trySignIn(t *testing.T, p *platform) {
	for name, test := range map[string]struct {
		role, namespace, account, audience string
		want                               int
	}{
		"a server of a client":            {"voute-server", "justice", "justice-production", "vault", http.StatusOK},
		"a namespace without the label":   {"voute-server", "elsewhere", "justice-production", "vault", http.StatusForbidden},
		"a token for Kubernetes":          {"voute-server", "justice", "justice-production", "", http.StatusForbidden},
		"the operator":                    {"voute-operator", "voute-system", "voute-operator", "vault", http.StatusOK},
		"the operator as a server":        {"voute-server", "voute-system", "voute-operator", "vault", http.StatusForbidden},
		"a server as the operator":        {"voute-operator", "justice", "justice-production", "vault", http.StatusForbidden},
		"the operator's name in a client": {"voute-operator", "justice", "voute-operator", "vault", http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			got, status := p.signIn(t, test.role, p.identity(t, test.namespace, test.account, test.audience))
			if status != test.want {
				t.Fatalf("Vault answers %d; want %d", status, test.want)
			}
			if status != http.StatusOK {
				return
			}
			if got.Auth.Type != "batch" || got.Auth.Renewable || got.Auth.Seconds != 1200 || len(got.Auth.Policies) != 1 || got.Auth.Policies[0] != test.role {
				t.Errorf("the token is %+v", got.Auth)
			}
		})
	}
}

// request is one that Vault allows or refuses.
type request struct {
	method, path string
	body         any
}

func post(path string, body any) request { return request{http.MethodPost, path, body} }

const (
	own    = "justice.justice-production.2026-12-03"
	held   = "justice.justice-production.hold"
	bucket = "2026-12-03"
)

func tryKeys(t *testing.T, p *platform) {
	plain := map[string]string{"plaintext": base64.StdEncoding.EncodeToString([]byte("x"))}
	for _, key := range []string{"justice.justice-development.", "culture.culture-production.", "justice.justice-production2."} {
		p.Write(t, "transit/encrypt/"+key+bucket, plain)
	}
	in, _ := p.signIn(t, "voute-server", p.identity(t, "justice", "justice-production", "vault"))
	p.allows(t, "server", in.Auth.Token, post("transit/encrypt/"+own, plain))
	wrapped := map[string]string{"ciphertext": p.wrapped(t, in.Auth.Token)}
	p.allows(t, "server", in.Auth.Token,
		post("transit/encrypt/"+own, with(plain, "type", "aes256-gcm96")),
		post("transit/decrypt/"+own, wrapped),
		// A document's data key is moved: encrypted under another of its own keys.
		post("transit/encrypt/"+held, with(plain, "type", "aes256-gcm96")),
	)
	p.refuses(t, "server", in.Auth.Token, serverMust(plain, wrapped)...)

	operator, _ := p.signIn(t, "voute-operator", p.identity(t, "voute-system", "voute-operator", "vault"))
	p.refuses(t, "operator", operator.Auth.Token, operatorMust(plain, wrapped)...)
	deletable := map[string]bool{"deletion_allowed": true}
	p.allows(t, "operator", operator.Auth.Token,
		request{"LIST", "transit/keys", nil},
		request{http.MethodGet, "transit/keys?list=true", nil},
		request{http.MethodGet, "transit/keys/" + own, nil},
		post("transit/keys/"+own+"/config", deletable),
		request{http.MethodDelete, "transit/keys/" + own, nil},
	)
	if status := p.Do(t, in.Auth.Token, http.MethodPost, "transit/decrypt/"+own, wrapped, nil); status != http.StatusBadRequest {
		t.Errorf("a data key whose key was deleted: Vault answers %d to its opening; want 400", status)
	}
}

// wrapped is a data key made and wrapped for the server.
func (p *platform) wrapped(t *testing.T, token string) string {
	t.Helper()
	var made struct {
		Data struct {
			Ciphertext string `json:"ciphertext"`
		} `json:"data"`
	}
	if status := p.Do(t, token, http.MethodPost, "transit/datakey/plaintext/"+own, nil, &made); status != http.StatusOK {
		t.Fatalf("the server is refused a data key: %d", status)
	}
	return made.Data.Ciphertext
}

// serverMust never be allowed to a server: another's keys, and all but their use.
func serverMust(plain, wrapped map[string]string) []request {
	refused := []request{
		post("transit/encrypt/"+own, with(plain, "type", "chacha20-poly1305")),
		post("transit/encrypt/"+own, with(plain, "convergent_encryption", "true")),
		post("transit/encrypt/"+own, with(plain, "context", "eA==")),
		post("transit/encrypt/"+held, with(plain, "type", "rsa-4096")),
		post("transit/encrypt/"+held, map[string]any{"batch_input": []map[string]string{plain}}),
		{http.MethodDelete, "transit/keys/" + held, nil},
		post("transit/datakey/wrapped/"+own, nil),
		post("transit/rewrap/"+own, wrapped),
		{"LIST", "transit/keys", nil},
		{http.MethodGet, "transit/keys/" + own, nil},
		{http.MethodDelete, "transit/keys/" + own, nil},
		post("transit/keys/"+own, nil),
		post("transit/keys/"+own+"/config", map[string]bool{"deletion_allowed": true}),
		post("transit/keys/"+own+"/rotate", nil),
		post("transit/keys/"+own+"/trim", map[string]int{"min_available_version": 1}),
		{http.MethodGet, "transit/backup/" + own, nil},
		{http.MethodGet, "transit/export/encryption-key/" + own, nil},
		post("sys/seal", nil),
		{http.MethodGet, "sys/policies/acl/voute-server", nil},
		{http.MethodGet, "auth/token/lookup-self", nil},
	}
	for _, key := range []string{
		"justice.justice-development." + bucket, "culture.culture-production." + bucket, "justice.justice-production2." + bucket,
		"justice.justice-production", "justice.new." + bucket, "hold",
	} {
		refused = append(refused, post("transit/encrypt/"+key, plain), post("transit/decrypt/"+key, wrapped), post("transit/datakey/plaintext/"+key, nil))
	}
	return refused
}

// operatorMust never be allowed to the operator: to use or make keys, and to give rights.
func operatorMust(plain, wrapped map[string]string) []request {
	return []request{
		post("transit/encrypt/"+own, plain),
		post("transit/decrypt/"+own, wrapped),
		post("transit/encrypt/"+held, plain),
		post("transit/decrypt/"+held, wrapped),
		post("transit/rewrap/"+own, wrapped),
		post("transit/datakey/plaintext/"+own, nil),
		post("transit/datakey/wrapped/"+own, nil),
		post("transit/keys/"+own, nil),
		post("transit/keys/"+own+"/rotate", nil),
		post("transit/keys/"+own+"/trim", map[string]int{"min_available_version": 1}),
		post("transit/keys/"+own+"/config", map[string]bool{"exportable": true}),
		post("transit/keys/"+own+"/config", map[string]any{"deletion_allowed": true, "min_decryption_version": 2}),
		post("transit/keys/"+own+"/config", map[string]bool{"allow_plaintext_backup": true}),
		{http.MethodGet, "transit/backup/" + own, nil},
		{http.MethodGet, "transit/export/encryption-key/" + own, nil},
		post("transit/restore", map[string]string{"backup": "x"}),
		{"LIST", "sys/policies/acl", nil},
		post("sys/policies/acl/voute-operator", map[string]string{"policy": `path "*" { capabilities = ["sudo"] }`}),
		post("auth/kubernetes/role/voute-operator", map[string]string{"token_policies": "root"}),
		{"LIST", "identity/entity/id", nil},
		{"LIST", "sys/mounts", nil},
	}
}

// with is a copy of a body with one more parameter.
func with(body map[string]string, name, value string) map[string]string {
	more := map[string]string{name: value}
	for name, value := range body {
		more[name] = value
	}
	return more
}

func (p *platform) allows(t *testing.T, who, token string, requests ...request) {
	t.Helper()
	for _, r := range requests {
		if status := p.Do(t, token, r.method, r.path, r.body, nil); status/100 != 2 {
			t.Errorf("%s: %s %s is answered %d; it should be allowed", who, r.method, r.path, status)
		}
	}
}

func (p *platform) refuses(t *testing.T, who, token string, requests ...request) {
	t.Helper()
	for _, r := range requests {
		if status := p.Do(t, token, r.method, r.path, r.body, nil); status != http.StatusForbidden {
			t.Errorf("%s: %s %s %v is answered %d; it should be refused", who, r.method, r.path, r.body, status)
		}
	}
}
