package vault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"voute.dev/voute/server/keys"
)

// tokens gives the Vault token that requests carry.
type tokens interface {
	// get gives the token in use.
	get(ctx context.Context) (string, error)
	// renew gives a newer token than one that was refused, or the same one
	// when there is no newer.
	renew(ctx context.Context, refused string) (string, error)
}

// tokenFile is a file with a Vault token, read at each use.
type tokenFile string

func (f tokenFile) get(context.Context) (string, error) {
	content, err := os.ReadFile(string(f))
	if err != nil {
		return "", fmt.Errorf("%w: cannot read Vault's token: %w", keys.ErrUnavailable, err)
	}
	return strings.TrimSpace(string(content)), nil
}

func (f tokenFile) renew(ctx context.Context, _ string) (string, error) { return f.get(ctx) }

const (
	// pause is the shortest time between two sign-ins.
	pause = 30 * time.Second
	// endless is how long a token without an end is used.
	endless = time.Hour
)

// signIn uses the Kubernetes auth method. One request at a time signs in; the
// others wait for it.
type signIn struct {
	door           *door
	path, role     string
	serviceAccount string // file, which the kubelet replaces
	now            func() time.Time

	busy    chan struct{}
	token   string
	began   time.Time
	expires time.Time
}

func newSignIn(door *door, c Config) *signIn {
	return &signIn{
		door: door, path: "auth/" + c.AuthPath + "/login", role: c.Role,
		serviceAccount: c.ServiceAccountTokenFile, now: c.Now, busy: make(chan struct{}, 1),
	}
}

func (s *signIn) get(ctx context.Context) (string, error) {
	return s.alone(ctx, func() bool { return s.token != "" && s.now().Before(s.expires) })
}

func (s *signIn) renew(ctx context.Context, refused string) (string, error) {
	return s.alone(ctx, func() bool { return s.token != refused || s.now().Sub(s.began) < pause })
}

// alone signs in unless the token still serves.
func (s *signIn) alone(ctx context.Context, serves func() bool) (string, error) {
	select {
	case s.busy <- struct{}{}:
		defer func() { <-s.busy }()
	case <-ctx.Done():
		return "", fmt.Errorf("%w: %w", keys.ErrUnavailable, ctx.Err())
	}
	if serves() {
		return s.token, nil
	}
	err := s.signIn(ctx)
	return s.token, err
}

func (s *signIn) signIn(ctx context.Context) error {
	jwt, err := os.ReadFile(s.serviceAccount)
	if err != nil {
		return fmt.Errorf("%w: cannot read the service-account token: %w", keys.ErrUnavailable, err)
	}
	began := s.now()
	a, err := s.door.post(ctx, "", s.path, func() ([]byte, error) {
		return json.Marshal(map[string]string{"role": s.role, "jwt": strings.TrimSpace(string(jwt))})
	})
	var no *refusal
	if errors.As(err, &no) && no.status == 400 {
		return fmt.Errorf("%w: cannot sign in with role %s at %s: %w", keys.ErrRefused, s.role, s.path, err)
	}
	if err != nil {
		return fmt.Errorf("cannot sign in with role %s at %s: %w", s.role, s.path, err)
	}
	if a.Auth.ClientToken == "" {
		return fmt.Errorf("%w: %s gave no token", keys.ErrUnavailable, s.path)
	}
	life := time.Duration(a.Auth.LeaseDuration) * time.Second * 3 / 4
	if life <= 0 {
		life = endless
	}
	s.token, s.began, s.expires = a.Auth.ClientToken, began, began.Add(life)
	return nil
}
