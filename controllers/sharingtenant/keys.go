package sharingtenant

import (
	"context"
	"errors"

	"voute.dev/voute/internal/conditions"
	"voute.dev/voute/internal/vault"
)

// keys asks Vault, then what the servers say of their own keys.
func (r *Reconciler) keys(ctx context.Context, s *scope) (string, error) {
	if err := s.platform.Vault.Check(ctx); err != nil {
		return "", vaultProblem(err)
	}
	err := s.each(func(e *environment) error {
		report := e.report(s.now)
		if report == nil || report.Keys.OK {
			return nil
		}
		return conditions.Retry(nil, orElse(report.Keys.Reason, "ServerKeysFail"), "the server does not reach its keys: %s",
			orElse(report.Keys.Message, "look at its log."))
	})
	return "Vault serves the operator and the servers.", err
}

func vaultProblem(err error) error {
	var fault *vault.Error
	if errors.As(err, &fault) {
		return conditions.Retry(err, string(fault.Reason), "%s", fault.NextStep())
	}
	return err
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
