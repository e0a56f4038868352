package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/controllers/sharingtenant"
	"voute.dev/voute/internal/availability"
	"voute.dev/voute/internal/identity"
	"voute.dev/voute/internal/platform"
	"voute.dev/voute/internal/serverstatus"
	"voute.dev/voute/internal/testclock"
	"voute.dev/voute/internal/vault"
)

// checkStands is how long one look at Vault stands for all tenants.
const checkStands = 5 * time.Second

var (
	vaultUp = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "voute_vault_up", Help: "1 while Vault answers, is unsealed and lets the operator in.",
	})
	configurationValid = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "voute_platform_configuration_valid", Help: "0 while the platform configuration file is invalid and the last good one is in force.",
	})
)

func init() { metrics.Registry.MustRegister(vaultUp, configurationValid) }

// platformBuilder makes what follows from a platform configuration file.
func platformBuilder(options options, own *identity.Identity, clock *testclock.Clock) func([]byte) (*sharingtenant.Platform, error) {
	return func(content []byte) (*sharingtenant.Platform, error) {
		config, err := platform.Load(content, allowances(options)...)
		if err != nil {
			return nil, err
		}
		roots, err := trusted(config.TrustedCAs)
		if err != nil {
			return nil, err
		}
		keeper, err := vault.New(vaultOptions(options, config, roots))
		if err != nil {
			return nil, err
		}
		if err := setClock(clock, config); err != nil {
			return nil, err
		}
		return &sharingtenant.Platform{
			Config: config,
			Vault:  vault.NewShared(keeper, checkStands, time.Now, func(up bool) { set(vaultUp, up) }),
			Server: serverstatus.NewClient(own.Certificate, roots, (&net.Dialer{}).DialContext),
			Prober: availability.NewClient((&net.Dialer{}).DialContext, time.Now),
		}, nil
	}
}

func vaultOptions(options options, config *configv1.PlatformConfiguration, roots *x509.CertPool) vault.Options {
	return vault.Options{
		Address: config.Vault.Address, TransitPath: config.Vault.TransitPath, AuthPath: config.Vault.AuthPath,
		Role: config.Vault.OperatorRole, TokenFile: options.vaultTokenFile, Roots: roots, Now: time.Now,
	}
}

// trusted are the system's authorities and the platform's own.
func trusted(extra string) (*x509.CertPool, error) {
	roots, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("read the system's certificate authorities: %w", err)
	}
	if extra != "" && !roots.AppendCertsFromPEM([]byte(extra)) {
		return nil, errors.New("trustedCAs has no certificate in PEM")
	}
	return roots, nil
}

func configurationIsValid(valid bool) { set(configurationValid, valid) }

func set(gauge prometheus.Gauge, on bool) {
	value := 0.0
	if on {
		value = 1
	}
	gauge.Set(value)
}
