package vault_test

import (
	"bytes"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"voute.dev/voute/server/config"
	"voute.dev/voute/server/keys"
	"voute.dev/voute/server/keys/vault"
)

// What answers at Vault's address may be anything: a proxy's page, a standby, a
// port that takes a connection and says nothing.
func TestWhatIsNotVaultIsUnavailable(t *testing.T) {
	const token = "hvs.secret"
	for name, answer := range map[string]http.HandlerFunc{
		"a page":       func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>Welcome</html>")) },
		"nothing":      func(http.ResponseWriter, *http.Request) {},
		"another JSON": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"data":{}}`)) },
		"endless":      func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bytes.Repeat([]byte("x"), 10<<20)) },
		"a short key": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"data":{"plaintext":"AAAA","ciphertext":"vault:v1:x"}}`))
		},
		"no such path": http.NotFound,
		"a fault":      func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusTemporaryRedirect)
		},
		"no connection":  func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"too many calls": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) },
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(answer)
			defer server.Close()
			c := clientAt(t, server.URL, token)
			_, created := c.Create(t.Context(), keys.Bucket(now, zone))
			if !errors.Is(created, keys.ErrUnavailable) {
				t.Errorf("the error is %v, not %v", created, keys.ErrUnavailable)
			}
			if created != nil && strings.Contains(created.Error(), token) {
				t.Errorf("the error holds the token: %v", created)
			}
			if _, err := c.Open(t.Context(), keys.Bucket(now, zone), "vault:v1:x"); err == nil || errors.Is(err, keys.ErrGone) {
				t.Errorf("opening a key: the error is %v", err)
			}
		})
	}
}

func TestAVaultThatSaysNothingIsUnavailable(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	c := clientAt(t, "http://"+listener.Addr().String(), "hvs.secret")
	if err := c.Check(t.Context()); !errors.Is(err, keys.ErrUnavailable) {
		t.Errorf("the error is %v, not %v", err, keys.ErrUnavailable)
	}
}

func clientAt(t *testing.T, address, token string) *vault.Client {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := vault.New(vault.Config{
		VaultKeys: config.VaultKeys{Address: address, TransitPath: "transit", Prefix: "justice.production", TokenFile: file},
		Zone:      zone, Now: func() time.Time { return now }, Timeout: 100 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
