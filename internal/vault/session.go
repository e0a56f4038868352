package vault

import (
	"context"
	"os"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/vault/api"
)

// session holds the Vault token, and makes a new one when it is time.
type session struct {
	anonymous *api.Client
	options   Options

	lock   sync.Mutex
	client *api.Client
	until  time.Time
}

func newSession(client *api.Client, options Options) *session {
	return &session{anonymous: client, options: options}
}

// do runs a request with a valid token, and once more with a new one if Vault
// refuses: the token may have been revoked, or the policy just installed.
func (s *session) do(ctx context.Context, request func(*api.Client) error) error {
	client, err := s.signedIn(ctx)
	if err != nil {
		return err
	}
	err = request(client)
	if err == nil || ReasonOf(err) != Refused {
		return err
	}
	s.drop(client)
	if client, err = s.signedIn(ctx); err != nil {
		return err
	}
	return request(client)
}

func (s *session) drop(used *api.Client) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.client == used {
		s.client = nil
	}
}

func (s *session) signedIn(ctx context.Context) (*api.Client, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.client != nil && s.options.Now().Before(s.until) {
		return s.client, nil
	}
	auth, err := s.signIn(ctx)
	if err != nil {
		return nil, err
	}
	client, err := s.anonymous.Clone()
	if err != nil {
		return nil, because(Unreachable, "prepare the client of Vault: %w", err)
	}
	client.SetToken(auth.ClientToken)
	s.client = client
	s.until = s.options.Now().Add(time.Duration(auth.LeaseDuration) * time.Second * 2 / 3)
	return client, nil
}

func (s *session) signIn(ctx context.Context) (*api.SecretAuth, error) {
	jwt, err := os.ReadFile(s.options.TokenFile)
	if err != nil {
		return nil, because(Refused, "read the operator's ServiceAccount token: %w", err)
	}
	answer, err := s.anonymous.Logical().WriteWithContext(ctx, path.Join("auth", s.options.AuthPath, "login"), map[string]any{
		"role": s.options.Role,
		"jwt":  strings.TrimSpace(string(jwt)),
	})
	if err != nil {
		return nil, explain(err, "sign in with the role "+s.options.Role)
	}
	if answer == nil || answer.Auth == nil {
		return nil, because(NotConfigured, "sign in with the role %s: Vault gives no token", s.options.Role)
	}
	return answer.Auth, nil
}
