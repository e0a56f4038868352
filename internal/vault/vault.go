// Package vault is what the operator does in Vault: it looks whether Vault
// serves it, lists an environment's keys, and destroys keys. It never seals or
// opens anything: its policy has no encrypt, decrypt or datakey.
//
// The operator signs in with the Kubernetes auth method, showing a projected
// ServiceAccount token that is read again at each sign-in. The Vault token is
// used for two thirds of its life, then the operator signs in anew; a token
// that Vault refuses before that is replaced once, at once.
package vault

import (
	"context"
	"errors"
	"fmt"
)

// Keeper is what the operator needs of Vault. Every implementation passes
// Contract (package vaulttest). Errors are of type *Error.
type Keeper interface {
	// Check tells whether Vault is reached, is unsealed and lets the operator read keys.
	Check(ctx context.Context) error
	// Keys lists the names of the keys that begin with the prefix.
	Keys(ctx context.Context, prefix string) ([]string, error)
	// Destroy removes a key for good, and tells whether there was one; one that is
	// gone already is no error.
	Destroy(ctx context.Context, name string) (found bool, err error)
}

// Reason says why Vault does not serve; it is the reason of a condition.
type Reason string

const (
	// Unreachable means that no answer comes.
	Unreachable Reason = "VaultUnreachable"
	// Sealed means that Vault waits for its operators to unseal it.
	Sealed Reason = "VaultSealed"
	// Refused means that Vault does not let the operator in, or not that far.
	Refused Reason = "VaultRefused"
	// NotConfigured means that a mount or a role is missing.
	NotConfigured Reason = "VaultNotConfigured"
)

var nextSteps = map[Reason]string{
	Unreachable:   "Vault does not answer: check its pods, and vault.address and trustedCAs of the platform configuration",
	Sealed:        "Vault is sealed: unseal it (vault operator unseal); the rest follows by itself",
	Refused:       "Vault refuses the operator: install the role and the policy of config/vault",
	NotConfigured: "Vault lacks the transit engine or the Kubernetes auth method under the configured paths: install config/vault, or correct vault.transitPath and vault.authPath of the platform configuration",
}

// Error is a Reason with what happened.
type Error struct {
	Reason Reason
	Cause  error
}

// Error says what happened.
func (e *Error) Error() string { return fmt.Sprintf("%s: %v", e.Reason, e.Cause) }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// NextStep is a sentence for a person.
func (e *Error) NextStep() string { return nextSteps[e.Reason] + "." }

// ReasonOf is the reason of an error; Unreachable when it has none.
func ReasonOf(err error) Reason {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return Unreachable
}

func because(reason Reason, format string, args ...any) *Error {
	return &Error{Reason: reason, Cause: fmt.Errorf(format, args...)}
}
