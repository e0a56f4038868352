package e2e

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	vault "github.com/hashicorp/vault/api"
)

// signInToVault shows Vault a ServiceAccount's token and returns a client with
// the powers which that ServiceAccount has.
func signInToVault(t *testing.T, namespace, serviceAccount, role string) *vault.Client {
	t.Helper()
	token := cluster.kubectl(t, "", "-n", namespace, "create", "token", serviceAccount, "--audience", "vault")
	anonymous := cluster.vaultAs(t, "")
	secret, err := anonymous.Logical().Write("auth/kubernetes/login", map[string]any{"role": role, "jwt": strings.TrimSpace(token)})
	if err != nil {
		t.Fatalf("%s/%s cannot sign in to Vault as %s: %v", namespace, serviceAccount, role, err)
	}
	return cluster.vaultAs(t, secret.Auth.ClientToken)
}

// mustRefuse wants Vault to answer 403, and nothing else that looks like it.
func mustRefuse(t *testing.T, what string, err error) {
	t.Helper()
	var answer *vault.ResponseError
	if !errors.As(err, &answer) || answer.StatusCode != http.StatusForbidden {
		t.Errorf("%s: %v, want permission denied", what, err)
	}
}

// TestSeparatePowers takes the real tokens of two servers and of the operator
// and tries what each must not be able to do.
func TestSeparatePowers(t *testing.T) {
	t.Parallel()
	one, two := newReadyTenant(t, "pouvoirs-a"), newReadyTenant(t, "pouvoirs-b")
	bucket := time.Now().AddDate(0, 0, 30).Format("2006-01-02")
	keyOf := func(n *tenant) string { return n.name + "." + n.name + "-production." + bucket }
	first := signInToVault(t, one.name, one.name+"-production", "voute-server")
	second := signInToVault(t, two.name, two.name+"-production", "voute-server")
	wrappedByTwo := bringToLife(t, second, keyOf(two))
	bringToLife(t, first, keyOf(one))

	t.Run("another tenant's keys", func(t *testing.T) {
		_, err := first.Logical().Write("transit/decrypt/"+keyOf(two), map[string]any{"ciphertext": wrappedByTwo})
		mustRefuse(t, "decrypt", err)
		_, err = first.Logical().Write("transit/datakey/plaintext/"+keyOf(two), nil)
		mustRefuse(t, "datakey", err)
		_, err = first.Logical().Write("transit/encrypt/"+keyOf(two), map[string]any{"plaintext": "AA=="})
		mustRefuse(t, "encrypt", err)
	})
	t.Run("the server destroys and configures no key", func(t *testing.T) { checkServerPowers(t, first, keyOf(one)) })
	t.Run("the operator opens nothing", func(t *testing.T) {
		operator := signInToVault(t, "voute-system", "voute-operator", "voute-operator")
		checkOperatorPowers(t, operator, keyOf(two), wrappedByTwo)
	})
	t.Run("another ServiceAccount of the namespace", func(t *testing.T) {
		other := signInToVault(t, one.name, "default", "voute-server")
		_, err := other.Logical().Write("transit/datakey/plaintext/"+keyOf(one), nil)
		mustRefuse(t, "datakey", err)
	})
	t.Run("a namespace that is no client's", func(t *testing.T) {
		token := cluster.kubectl(t, "", "-n", "default", "create", "token", "default", "--audience", "vault")
		_, err := cluster.vaultAs(t, "").Logical().Write("auth/kubernetes/login", map[string]any{"role": "voute-server", "jwt": strings.TrimSpace(token)})
		mustRefuse(t, "sign-in", err)
	})
}

// bringToLife does what a server does at the first document of a day.
func bringToLife(t *testing.T, server *vault.Client, key string) (wrapped string) {
	t.Helper()
	if _, err := server.Logical().Write("transit/encrypt/"+key, map[string]any{"plaintext": base64.StdEncoding.EncodeToString([]byte("x"))}); err != nil {
		t.Fatalf("a server cannot bring its own key to life: %v", err)
	}
	made, err := server.Logical().Write("transit/datakey/plaintext/"+key, nil)
	if err != nil {
		t.Fatalf("a server gets no data key of its own: %v", err)
	}
	return made.Data["ciphertext"].(string)
}

func checkServerPowers(t *testing.T, server *vault.Client, key string) {
	_, err := server.Logical().Delete("transit/keys/" + key)
	mustRefuse(t, "delete a key", err)
	_, err = server.Logical().Write("transit/keys/"+key+"/config", map[string]any{"deletion_allowed": true})
	mustRefuse(t, "configure a key", err)
	_, err = server.Logical().Write("transit/keys/"+key+"/rotate", nil)
	mustRefuse(t, "rotate a key", err)
	_, err = server.Logical().Read("transit/export/encryption-key/" + key)
	mustRefuse(t, "export a key", err)
	_, err = server.Logical().List("transit/keys")
	mustRefuse(t, "list keys", err)
	_, err = server.Logical().Write("transit/encrypt/"+strings.TrimSuffix(key, key[len(key)-2:])+"99", map[string]any{"plaintext": "AA==", "type": "rsa-2048"})
	mustRefuse(t, "make a key of another type", err)
}

func checkOperatorPowers(t *testing.T, operator *vault.Client, key, wrapped string) {
	if _, err := operator.Logical().List("transit/keys"); err != nil {
		t.Errorf("the operator cannot list keys: %v", err)
	}
	_, err := operator.Logical().Write("transit/decrypt/"+key, map[string]any{"ciphertext": wrapped})
	mustRefuse(t, "decrypt", err)
	_, err = operator.Logical().Write("transit/datakey/plaintext/"+key, nil)
	mustRefuse(t, "datakey", err)
	_, err = operator.Logical().Write("transit/encrypt/"+key, map[string]any{"plaintext": "AA=="})
	mustRefuse(t, "encrypt", err)
	_, err = operator.Logical().Write("transit/rewrap/"+key, map[string]any{"ciphertext": wrapped})
	mustRefuse(t, "rewrap", err)
	_, err = operator.Logical().Write("transit/keys/"+key+"/config", map[string]any{"exportable": true})
	mustRefuse(t, "make a key exportable", err)
	_, err = operator.Logical().Read("sys/policies/acl/voute-server")
	mustRefuse(t, "read policies", err)
	_, err = operator.Logical().Read("auth/kubernetes/role/voute-server")
	mustRefuse(t, "read roles", err)
}
