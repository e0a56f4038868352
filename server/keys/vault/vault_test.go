package vault_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"voute.dev/voute/server/config"
	"voute.dev/voute/server/keys"
	"voute.dev/voute/server/keys/keystest"
	"voute.dev/voute/server/keys/vault"
	"voute.dev/voute/test/vaultserver"
)

var (
	zone = time.FixedZone("", -5*3600)
	now  = time.Now().In(zone)
)

// client signs in with a token from a file; the file's name is given too.
func client(t *testing.T, server *vaultserver.Server, prefix, token string) (*vault.Client, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := vault.New(vault.Config{
		VaultKeys: config.VaultKeys{Address: server.Address, TransitPath: "transit", Prefix: prefix, TokenFile: file},
		RootCAs:   server.CAs, Zone: zone, Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	return c, file
}

func TestVault(t *testing.T) {
	server := vaultserver.Start(t)
	t.Run("contract", func(t *testing.T) {
		keystest.Contract(t, func(t *testing.T) keystest.Service {
			c, _ := client(t, server, "justice.contract", server.ServerToken(t, "justice.contract"))
			return keystest.Service{
				Keys: c, Today: now,
				Delete:    func(bucket string) { server.DeleteKey(t, "justice.contract."+bucket) },
				Interrupt: func() { server.Seal(t) },
				Resume:    func() { server.Unseal(t) },
			}
		})
	})
	t.Run("a key born is aes256-gcm96 and cannot leave Vault", func(t *testing.T) { born(t, server) })
	t.Run("another client's keys are refused", func(t *testing.T) { foreign(t, server) })
	t.Run("the token file is read again", func(t *testing.T) { renewsFile(t, server) })
	t.Run("a server gone is unavailable", func(t *testing.T) {
		c, _ := client(t, server, "justice.gone", server.ServerToken(t, "justice.gone"))
		server.Stop()
		if err := c.Check(t.Context()); !errors.Is(err, keys.ErrUnavailable) {
			t.Errorf("the error is %v, not %v", err, keys.ErrUnavailable)
		}
	})
}

func born(t *testing.T, server *vaultserver.Server) {
	c, _ := client(t, server, "justice.born", server.ServerToken(t, "justice.born"))
	bucket := keys.Bucket(now, zone)
	key, err := c.Create(t.Context(), bucket)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Move(t.Context(), bucket, key.Wrapped, keys.Hold); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{bucket, keys.Hold} {
		confined(t, server, "justice.born."+name)
	}
	if status := server.Do(t, server.RootToken, http.MethodGet, "transit/keys/justice.born.check", nil, nil); status != http.StatusNotFound {
		t.Errorf("Check left a key behind: Vault answers %d", status)
	}
}

// confined: a key cannot leave Vault, nor go without the operator.
func confined(t *testing.T, server *vaultserver.Server, name string) {
	t.Helper()
	var key struct {
		Data map[string]any `json:"data"`
	}
	if status := server.Do(t, server.RootToken, http.MethodGet, "transit/keys/"+name, nil, &key); status != http.StatusOK {
		t.Fatalf("Vault answers the look at %s with %d", name, status)
	}
	for field, want := range map[string]any{
		"type": "aes256-gcm96", "exportable": false, "deletion_allowed": false, "allow_plaintext_backup": false, "derived": false,
	} {
		if key.Data[field] != want {
			t.Errorf("%s of %s is %v, not %v", field, name, key.Data[field], want)
		}
	}
}

func foreign(t *testing.T, server *vaultserver.Server) {
	bucket := keys.Bucket(now, zone)
	owner, _ := client(t, server, "justice.owner", server.ServerToken(t, "justice.owner"))
	key, err := owner.Create(t.Context(), bucket)
	if err != nil {
		t.Fatal(err)
	}
	thief, _ := client(t, server, "justice.owner", server.ServerToken(t, "health.thief"))
	_, created := thief.Create(t.Context(), bucket)
	_, opened := thief.Open(t.Context(), bucket, key.Wrapped)
	for _, err := range []error{created, opened, thief.Check(t.Context())} {
		if !errors.Is(err, keys.ErrRefused) {
			t.Errorf("the error is %v, not %v", err, keys.ErrRefused)
		}
	}
	if strings.Contains(opened.Error(), key.Wrapped) {
		t.Errorf("the error holds the wrapped key: %v", opened)
	}
}

func renewsFile(t *testing.T, server *vaultserver.Server) {
	c, file := client(t, server, "justice.file", "s.wrong")
	err := c.Check(t.Context())
	if !errors.Is(err, keys.ErrRefused) || strings.Contains(err.Error(), "s.wrong") {
		t.Errorf("the error is %v, not %v", err, keys.ErrRefused)
	}
	if err := os.WriteFile(file, []byte(server.ServerToken(t, "justice.file")), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestNewRefusesSettings(t *testing.T) {
	good := vault.Config{
		VaultKeys: config.VaultKeys{Address: "https://127.0.0.1:8200", TransitPath: "transit", Prefix: "justice.production", TokenFile: "/token"},
		Zone:      time.UTC,
	}
	if _, err := vault.New(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*vault.Config){
		"no address":         func(c *vault.Config) { c.Address = "" },
		"plain http":         func(c *vault.Config) { c.Address = "http://vault.vault.svc:8200" },
		"a path":             func(c *vault.Config) { c.Address = "https://127.0.0.1:8200/v1" },
		"no zone":            func(c *vault.Config) { c.Zone = nil },
		"no prefix":          func(c *vault.Config) { c.Prefix = "justice" },
		"a path as a prefix": func(c *vault.Config) { c.Prefix = "justice.production/../x" },
		"no mount":           func(c *vault.Config) { c.TransitPath = "" },
		"a mount upwards":    func(c *vault.Config) { c.TransitPath = "transit/../sys" },
		"no sign-in":         func(c *vault.Config) { c.TokenFile = "" },
		"two sign-ins": func(c *vault.Config) {
			c.AuthPath, c.Role, c.ServiceAccountTokenFile = "kubernetes", "voute-server", "/jwt"
		},
	} {
		c := good
		change(&c)
		if _, err := vault.New(c); err == nil {
			t.Errorf("New takes %s", name)
		}
	}
}
