package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"voute.dev/voute/hack/vaultapi"
)

// accessorMark stands, in the policies of config/vault, for the accessor of the
// Kubernetes auth method, which each Vault makes up for itself.
const accessorMark = "ACCESSOR"

// reviewerTokenLife is longer than a local cluster lives.
const reviewerTokenLife = "87600h"

// VaultAddress is Vault's address on the host.
func (c *Cluster) VaultAddress() string {
	return "https://" + c.doorAddress(doorVault)
}

// VaultTokenFile holds Vault's root token.
func (c *Cluster) VaultTokenFile() string { return c.Path("vault", "root-token") }

// VaultAuditLog is where Vault writes every request, one JSON line each.
func (c *Cluster) VaultAuditLog() string { return c.Path("vault", "audit.log") }

func (c *Cluster) vaultKeyFile() string { return c.Path("vault", "unseal-key") }

// vaultClient speaks as root, as soon as there is a root token.
func (c *Cluster) vaultClient() (vaultapi.Client, error) {
	roots, err := trusted(c.CAFile())
	if err != nil {
		return vaultapi.Client{}, err
	}
	token, err := os.ReadFile(c.VaultTokenFile())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return vaultapi.Client{}, err
	}
	return vaultapi.Client{Address: c.VaultAddress(), Roots: roots, Token: string(token)}, nil
}

// SealVault closes Vault, as an administrator would in an emergency.
func (c *Cluster) SealVault(ctx context.Context) error {
	client, err := c.vaultClient()
	if err != nil {
		return err
	}
	return client.Seal(ctx)
}

// UnsealVault opens Vault with the key kept when it was initialised.
func (c *Cluster) UnsealVault(ctx context.Context) error {
	client, err := c.vaultClient()
	if err != nil {
		return err
	}
	key, err := os.ReadFile(c.vaultKeyFile())
	if err != nil {
		return fmt.Errorf("no key to unseal Vault with: %w", err)
	}
	return client.Unseal(ctx, string(key))
}

func (c *Cluster) setUpVault(ctx context.Context, source string) error {
	if err := c.openVault(ctx); err != nil {
		return err
	}
	client, err := c.vaultClient()
	if err != nil {
		return err
	}
	// The audit device comes first, so that it has seen everything.
	_, err = client.Ensure(ctx, "sys/audit", "file", map[string]any{
		"type": "file", "options": map[string]string{"file_path": c.VaultAuditLog(), "mode": "0600"},
	})
	if err != nil {
		return err
	}
	if _, err := client.Ensure(ctx, "sys/mounts", "transit", map[string]any{"type": "transit"}); err != nil {
		return err
	}
	accessor, err := c.setUpSignIn(ctx, client)
	if err != nil {
		return err
	}
	return installRights(ctx, client, filepath.Join(source, "config", "vault"), accessor)
}

// openVault waits for Vault, initialises it the first time, and unseals it.
func (c *Cluster) openVault(ctx context.Context) error {
	client, err := c.vaultClient()
	if err != nil {
		return err
	}
	var status vaultapi.SealStatus
	wait := until(ctx, func() bool {
		status, err = client.SealStatus(ctx)
		return err == nil
	})
	if wait != nil {
		return fmt.Errorf("%w\n%s", err, tail(c.Path("log", "vault.log")))
	}
	if !status.Initialized {
		if err := c.initialiseVault(ctx, client); err != nil {
			return err
		}
		status.Sealed = true
	}
	if status.Sealed {
		return c.UnsealVault(ctx)
	}
	return nil
}

func (c *Cluster) initialiseVault(ctx context.Context, client vaultapi.Client) error {
	secrets, err := client.Initialise(ctx)
	if err != nil {
		return err
	}
	if len(secrets.Keys) != 1 {
		return fmt.Errorf("the Vault gave %d unseal keys instead of one", len(secrets.Keys))
	}
	if err := os.WriteFile(c.vaultKeyFile(), []byte(secrets.Keys[0]), 0o600); err != nil {
		return err
	}
	return os.WriteFile(c.VaultTokenFile(), []byte(secrets.RootToken), 0o600)
}

// setUpSignIn lets ServiceAccounts sign in, and returns the method's accessor.
func (c *Cluster) setUpSignIn(ctx context.Context, client vaultapi.Client) (string, error) {
	method, err := client.Ensure(ctx, "sys/auth", "kubernetes", map[string]any{"type": "kubernetes"})
	if err != nil {
		return "", err
	}
	ca, err := os.ReadFile(c.Path("pki", kubernetesCA+".crt"))
	if err != nil {
		return "", err
	}
	token, err := c.Kubectl(ctx, "create", "token", "vault-token-reviewer", "-n", "vault", "--duration", reviewerTokenLife)
	if err != nil {
		return "", fmt.Errorf("no token for Vault's ServiceAccount: %w", err)
	}
	return method.Accessor, client.Call(ctx, http.MethodPost, "auth/kubernetes/config", map[string]any{
		"kubernetes_host":        fmt.Sprintf("https://127.0.0.1:%d", apiPort), // Vault runs in the node
		"kubernetes_ca_cert":     string(ca),
		"token_reviewer_jwt":     strings.TrimSpace(token),
		"disable_iss_validation": true,
	}, nil)
}

// installRights installs every policy and role of the folder: operator.hcl is
// the policy voute-operator, role-operator.json the role voute-operator.
func installRights(ctx context.Context, client vaultapi.Client, folder, accessor string) error {
	policies, err := filepath.Glob(filepath.Join(folder, "*.hcl"))
	if err != nil {
		return err
	}
	for _, file := range policies {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		name := "voute-" + strings.TrimSuffix(filepath.Base(file), ".hcl")
		body := map[string]string{"policy": strings.ReplaceAll(string(text), accessorMark, accessor)}
		if err := client.Call(ctx, http.MethodPut, "sys/policies/acl/"+name, body, nil); err != nil {
			return fmt.Errorf("cannot install the policy of %s: %w", file, err)
		}
	}
	return installRoles(ctx, client, folder)
}

func installRoles(ctx context.Context, client vaultapi.Client, folder string) error {
	roles, err := filepath.Glob(filepath.Join(folder, "role-*.json"))
	if err != nil {
		return err
	}
	for _, file := range roles {
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		name := "voute-" + strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "role-"), ".json")
		if err := client.Call(ctx, http.MethodPost, "auth/kubernetes/role/"+name, json.RawMessage(content), nil); err != nil {
			return fmt.Errorf("cannot install the role of %s: %w", file, err)
		}
	}
	return nil
}
