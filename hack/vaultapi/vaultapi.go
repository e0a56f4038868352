// Package vaultapi calls the few paths of Vault's HTTP API that set it up.
package vaultapi

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Client is a Vault and the token with which to speak to it.
type Client struct {
	Address string // https://host:port
	Roots   *x509.CertPool
	Token   string
}

// Call sends the body as JSON and reads the answer into the result; either may be nil.
func (c Client) Call(ctx context.Context, method, path string, body, result any) error {
	content, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, c.Address+"/v1/"+path, bytes.NewReader(content))
	if err != nil {
		return err
	}
	request.Header.Set("X-Vault-Token", c.Token)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: c.Roots}}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport, Timeout: 30 * time.Second}).Do(request)
	if err != nil {
		return fmt.Errorf("the Vault at %s does not answer: %w", c.Address, err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode >= 300 {
		return fmt.Errorf("the Vault refused %s %s (%s): %s", method, path, response.Status, strings.TrimSpace(string(answer)))
	}
	if result == nil || len(answer) == 0 {
		return nil
	}
	return json.Unmarshal(answer, result)
}

// SealStatus is whether Vault was initialised, and whether it is sealed.
type SealStatus struct {
	Initialized bool `json:"initialized"`
	Sealed      bool `json:"sealed"`
}

// SealStatus asks for it.
func (c Client) SealStatus(ctx context.Context) (SealStatus, error) {
	var status SealStatus
	err := c.Call(ctx, http.MethodGet, "sys/seal-status", nil, &status)
	return status, err
}

// Secrets are what a Vault says once, when it is initialised.
type Secrets struct {
	Keys      []string `json:"keys"`
	RootToken string   `json:"root_token"`
}

// Initialise makes a Vault with one unseal key.
func (c Client) Initialise(ctx context.Context) (Secrets, error) {
	var secrets Secrets
	err := c.Call(ctx, http.MethodPut, "sys/init", map[string]int{"secret_shares": 1, "secret_threshold": 1}, &secrets)
	return secrets, err
}

// Unseal opens Vault with its one key.
func (c Client) Unseal(ctx context.Context, key string) error {
	return c.Call(ctx, http.MethodPut, "sys/unseal", map[string]string{"key": key}, nil)
}

// Seal closes Vault.
func (c Client) Seal(ctx context.Context) error {
	return c.Call(ctx, http.MethodPut, "sys/seal", nil, nil)
}

// Mounts lists what is mounted at a path such as sys/mounts, sys/auth or sys/audit.
func (c Client) Mounts(ctx context.Context, path string) (map[string]Mount, error) {
	var answer struct {
		Data map[string]Mount `json:"data"`
	}
	err := c.Call(ctx, http.MethodGet, path, nil, &answer)
	return answer.Data, err
}

// Mount is an engine, an auth method or an audit device.
type Mount struct {
	Type     string `json:"type"`
	Accessor string `json:"accessor"`
}

// Ensure mounts something, unless something is mounted there already, and returns it.
func (c Client) Ensure(ctx context.Context, path, name string, body map[string]any) (Mount, error) {
	mounts, err := c.Mounts(ctx, path)
	if err != nil {
		return Mount{}, err
	}
	if mount, found := mounts[name+"/"]; found {
		return mount, nil
	}
	if err := c.Call(ctx, http.MethodPost, path+"/"+name, body, nil); err != nil {
		return Mount{}, err
	}
	mounts, err = c.Mounts(ctx, path)
	return mounts[name+"/"], err
}
