package vault

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/vault/api"
)

// absentKey is a name that no key has: reading it shows, at no cost, that
// Vault is there, that the mount is, and that the policy lets the operator read.
const absentKey = "voute-operator-check"

// requestTimeout bounds each request, so that a Vault that hangs holds up no step.
const requestTimeout = 5 * time.Second

// Options say where Vault is and who signs in.
type Options struct {
	Address     string
	TransitPath string
	AuthPath    string
	Role        string
	// TokenFile has the projected ServiceAccount token.
	TokenFile string
	// Roots are the authorities trusted for Vault's certificate; the system's when nil.
	Roots *x509.CertPool
	Now   func() time.Time
}

// Client is a Keeper over Vault's HTTP API.
type Client struct {
	session *session
	api     *api.Client
	transit string
}

var _ Keeper = (*Client)(nil)

// New makes a client; nothing is sent before it is used.
func New(options Options) (*Client, error) {
	config := api.DefaultConfig()
	if config.Error != nil {
		return nil, fmt.Errorf("prepare the client of Vault: %w", config.Error)
	}
	config.Address = options.Address
	config.Timeout = requestTimeout
	// The reconciler tries again; a second loop inside would only hide the reason.
	config.MaxRetries = 0
	transport, ok := config.HttpClient.Transport.(*http.Transport)
	if !ok {
		return nil, errors.New("prepare the client of Vault: its transport is not the standard one")
	}
	// Replaced whole: the environment must not decide what is trusted, or as whom to ask.
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: options.Roots}
	client, err := api.NewClient(config)
	if err != nil {
		return nil, fmt.Errorf("prepare the client of Vault at %s: %w", options.Address, err)
	}
	client.ClearToken()
	client.ClearNamespace()
	return &Client{session: newSession(client, options), api: client, transit: options.TransitPath}, nil
}

// Check asks for Vault's health, then reads a key that does not exist.
func (c *Client) Check(ctx context.Context) error {
	health, err := c.api.Sys().HealthWithContext(ctx)
	switch {
	case err != nil:
		return because(Unreachable, "ask Vault at %s for its health: %w", c.api.Address(), err)
	case !health.Initialized:
		return because(NotConfigured, "Vault at %s is not initialised", c.api.Address())
	case health.Sealed:
		return because(Sealed, "Vault at %s is sealed", c.api.Address())
	}
	return c.session.do(ctx, func(client *api.Client) error {
		_, err := look(ctx, client, c.key(absentKey), nil)
		return explain(err, "read keys")
	})
}

// Keys lists the names that begin with the prefix.
func (c *Client) Keys(ctx context.Context, prefix string) ([]string, error) {
	var names []string
	err := c.session.do(ctx, func(client *api.Client) error {
		list, err := look(ctx, client, path.Join(c.transit, "keys"), url.Values{"list": {"true"}})
		if err != nil {
			return explain(err, "list keys")
		}
		names = beginning(list, prefix)
		return nil
	})
	return names, err
}

// look reads a path; nil is nothing there. The library's own reading takes a
// missing engine for a missing key: both are 404, and only the first says why.
func look(ctx context.Context, client *api.Client, path string, query url.Values) (*api.Secret, error) {
	response, err := client.Logical().ReadRawWithDataWithContext(ctx, path, query)
	if response != nil {
		defer func() { _ = response.Body.Close() }() // what was read is whole, or told as an error
	}
	var answer *api.ResponseError
	if errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound && len(answer.Errors) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return api.ParseSecret(response.Body)
}

func beginning(list *api.Secret, prefix string) []string {
	if list == nil {
		return nil
	}
	found, _ := list.Data["keys"].([]any)
	var names []string
	for _, each := range found {
		if name, ok := each.(string); ok && strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Destroy allows the deletion of a key, where it is not allowed yet, then deletes it.
func (c *Client) Destroy(ctx context.Context, name string) (found bool, err error) {
	err = c.session.do(ctx, func(client *api.Client) error {
		there, err := look(ctx, client, c.key(name), nil)
		if err != nil || there == nil {
			return explain(err, "read the key "+name)
		}
		found = true
		if there.Data["deletion_allowed"] != true {
			_, err = client.Logical().WriteWithContext(ctx, c.key(name)+"/config", map[string]any{"deletion_allowed": true})
			if err != nil {
				return explain(err, "allow the deletion of the key "+name)
			}
		}
		_, err = client.Logical().DeleteWithContext(ctx, c.key(name))
		return explain(err, "delete the key "+name)
	})
	return found, err
}

func (c *Client) key(name string) string { return path.Join(c.transit, "keys", name) }

// explain gives Vault's answer its reason; nil stays nil.
func explain(err error, what string) error {
	if err == nil {
		return nil
	}
	return because(judge(err), "%s: %w", what, err)
}

func judge(err error) Reason {
	var answer *api.ResponseError
	if !errors.As(err, &answer) {
		return Unreachable
	}
	text := strings.Join(answer.Errors, " ")
	switch {
	case answer.StatusCode == http.StatusServiceUnavailable && strings.Contains(text, "sealed"):
		return Sealed
	case answer.StatusCode == http.StatusNotFound, strings.Contains(text, "no handler for route"), strings.Contains(text, "invalid role name"):
		return NotConfigured
	case answer.StatusCode == http.StatusForbidden, answer.StatusCode == http.StatusBadRequest, answer.StatusCode == http.StatusUnauthorized:
		return Refused
	default:
		return Unreachable
	}
}
