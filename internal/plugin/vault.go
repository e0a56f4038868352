package plugin

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"

	"github.com/hashicorp/vault/api"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/internal/plugin/doctor"
)

// noToken is shown to Vault to hear whether it knows a role; noRole is one that it
// does not know.
const noToken, noRole = "kubectl-voute-doctor", "kubectl-voute-doctor-absent"

// lookAtVault asks what Vault tells everybody, and, with a token, how it is set up.
func lookAtVault(ctx context.Context, cfg *configv1.PlatformConfiguration, roots *x509.CertPool, flags doctorFlags) (doctor.Vault, error) {
	at := cfg.Vault
	seen := doctor.Vault{Reach: doctor.Reach{Address: at.Address}}
	parsed, err := url.Parse(at.Address)
	if err != nil {
		return seen, err
	}
	seen.Inside = isInside(parsed.Hostname())
	asking, err := vaultClient(at.Address, roots, flags.vaultThrough)
	if err != nil {
		return seen, err
	}
	if seen.Health, seen.Err = health(ctx, asking); !serves(seen) {
		return seen, nil
	}
	seen.SignIn = map[string]error{}
	for _, role := range []string{at.OperatorRole, at.ServerRole} {
		seen.SignIn[role] = trySignIn(ctx, asking, at.AuthPath, role)
	}
	seen.NoRole = trySignIn(ctx, asking, at.AuthPath, noRole)
	if flags.vaultTokenFile == "" {
		return seen, nil
	}
	token, err := os.ReadFile(flags.vaultTokenFile)
	if err != nil {
		return seen, fmt.Errorf("read the Vault token: %w", err)
	}
	asking.SetToken(strings.TrimSpace(string(token)))
	seen.Settings = settings(ctx, asking, at)
	return seen, nil
}

func serves(v doctor.Vault) bool { return v.Err == nil && v.Health.Err == nil }

func trySignIn(ctx context.Context, asking *api.Client, mount, role string) error {
	_, err := asking.Logical().WriteWithContext(ctx, path.Join("auth", mount, "login"), map[string]any{"role": role, "jwt": noToken})
	return err
}

// vaultClient connects to another place where one is given, and believes what it
// finds there by the name of the address.
func vaultClient(address string, roots *x509.CertPool, elsewhere string) (*api.Client, error) {
	config := api.DefaultConfig()
	if config.Error != nil {
		return nil, fmt.Errorf("prepare the client of Vault: %w", config.Error)
	}
	transport, ok := config.HttpClient.Transport.(*http.Transport)
	if !ok {
		return nil, errors.New("prepare the client of Vault: its transport is not the standard one")
	}
	config.Address, config.AgentAddress, config.Timeout, config.MaxRetries = address, "", patience, 0
	// Replaced whole: the environment must not decide what is trusted, or where to ask.
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
	transport.Proxy = nil
	to, err := through(address, elsewhere)
	if err != nil {
		return nil, err
	}
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, to)
	}
	asking, err := api.NewClient(config)
	if err != nil {
		return nil, fmt.Errorf("prepare the client of Vault at %s: %w", address, err)
	}
	asking.ClearToken()
	asking.ClearNamespace()
	return asking, nil
}

// health tells an address that is not reached from one that answers something else.
func health(ctx context.Context, asking *api.Client) (seen doctor.Seen[doctor.Health], unreached error) {
	answer, err := asking.Sys().HealthWithContext(ctx)
	var response *api.ResponseError
	var network *url.Error
	switch {
	case err == nil:
		seen.Value = doctor.Health{Initialized: answer.Initialized, Sealed: answer.Sealed, Version: answer.Version}
		return seen, nil
	case errors.As(err, &network) && !errors.As(err, &response):
		return seen, network.Err // without the question, which nobody has to read
	default:
		seen.Err = err
		return seen, nil
	}
}

// settings reads mounts, policies and roles.
func settings(ctx context.Context, asking *api.Client, at configv1.Vault) *doctor.Settings {
	s := &doctor.Settings{Accessors: map[string]string{}, Policies: map[string]doctor.Seen[string]{}, Roles: map[string]doctor.Seen[doctor.Object]{}}
	mounts, err := asking.Sys().ListMountsWithContext(ctx)
	s.Mounts.Err, s.Mounts.Value = err, map[string]string{}
	for place, mount := range mounts {
		s.Mounts.Value[strings.TrimSuffix(place, "/")] = mount.Type
	}
	signIns, err := asking.Sys().ListAuthWithContext(ctx)
	s.SignIns.Err, s.SignIns.Value = err, map[string]string{}
	for place, mount := range signIns {
		place = strings.TrimSuffix(place, "/")
		s.SignIns.Value[place], s.Accessors[place] = mount.Type, mount.Accessor
	}
	for _, name := range []string{"voute-operator", "voute-server"} {
		text, err := asking.Sys().GetPolicyWithContext(ctx, name)
		s.Policies[name] = doctor.Seen[string]{Value: text, Err: err}
	}
	for _, role := range []string{at.OperatorRole, at.ServerRole} {
		s.Roles[role] = readRole(ctx, asking, path.Join("auth", at.AuthPath, "role", role))
	}
	return s
}

func readRole(ctx context.Context, asking *api.Client, place string) (seen doctor.Seen[doctor.Object]) {
	found, err := asking.Logical().ReadWithContext(ctx, place)
	if seen.Err = err; err == nil && found != nil {
		seen.Value = found.Data
	}
	return seen
}
