package sharingtenant

import (
	"context"

	"voute.dev/voute/internal/conditions"
	"voute.dev/voute/internal/desired"
)

// configuration writes voute.yaml, and reports it as effective only when the
// server says so: a kubelet takes up to 90 s to bring a change to a pod.
func (r *Reconciler) configuration(ctx context.Context, s *scope) (string, error) {
	err := s.each(func(e *environment) error {
		if err := r.writeConfiguration(ctx, s, e); err != nil {
			return err
		}
		return r.configurationState(s, e)
	})
	return "Every server works by its current configuration.", err
}

func (r *Reconciler) writeConfiguration(ctx context.Context, s *scope, e *environment) error {
	if err := e.withoutHost(); err != nil {
		return err
	}
	if e.quota == 0 {
		return conditions.Block("WaitingForStorage", "waits for its volume.")
	}
	configMap, err := desired.ConfigMap(s.input(e))
	if err != nil {
		return err
	}
	if configMap == nil {
		return conditions.Block("WaitingForRetention", "waits for a RetentionPolicy.")
	}
	if _, err := r.put(ctx, s, configMap); err != nil {
		return err
	}
	e.hash = desired.ConfigHash(configMap)
	return r.agreed.note(s.serverKey(e), e.hash, func() (string, error) { return s.settingsOf(e) })
}

func (r *Reconciler) configurationState(s *scope, e *environment) error {
	report := e.report(s.now)
	switch {
	case !e.deployed:
		return conditions.Block("WaitingForServer", "is written, and takes effect when the server starts.")
	case report == nil:
		return conditions.Wait("ServerSilent", "%s", s.silenceOf(e))
	case report.ConfigHash == e.hash, r.agreed.isNotice(s.serverKey(e), report.ConfigHash):
		return nil
	case report.ConfigError != "":
		return conditions.Wait("ConfigurationRefused", "the server keeps the configuration before: %s", report.ConfigError)
	default:
		return conditions.Wait("ConfigurationOnItsWay", "the server has not taken the new configuration up yet; that takes up to 90 seconds.")
	}
}
