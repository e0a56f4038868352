package sharingtenant

import (
	"context"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/internal/conditions"
	"voute.dev/voute/internal/desired"
)

// configuration writes voute.yaml, and reports it as effective only when the
// server says so: a kubelet takes up to 90 s to bring a change to a pod. One that a
// server would refuse is not written: the one there is would go on without it, and
// the next one not start.
func (r *Reconciler) configuration(ctx context.Context, s *scope) (string, error) {
	if err := desired.CheckUploads(s.tenant.Spec.Uploads); err != nil {
		return "", conditions.Stall("UploadsInvalid", "spec.uploads.blockedTypes: %s.", err)
	}
	if err := r.pilotsStay(ctx, s); err != nil {
		return "", err
	}
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
	if s.retentionOf(e) == nil {
		return conditions.Block("WaitingForRetention", "waits for a RetentionPolicy.")
	}
	written := &corev1.ConfigMap{ObjectMeta: s.meta(e, e.name)}
	in := s.input(e)
	render := sync.OnceValues(func() (*corev1.ConfigMap, error) { return desired.ConfigMap(in) })
	if err := r.keep(ctx, s, e, written, func(desired.Input) (client.Object, error) { return render() }); err != nil {
		return err
	}
	hash, err := r.configHash(s, e, in, render)
	if err != nil {
		return err
	}
	e.hash = hash
	return r.agreed.note(s.serverKey(e), e.hash, func() (string, error) { return s.settingsOf(e) })
}

// configHash is that of the voute.yaml that is wanted. It is rendered for that
// only where it is not known from before.
func (r *Reconciler) configHash(s *scope, e *environment, in desired.Input, render func() (*corev1.ConfigMap, error)) (string, error) {
	source := in.Source(s.edition, "")
	if known := r.findings.of(s.serverKey(e)); known.hashOf == source {
		return known.hash, nil
	}
	configMap, err := render()
	if err != nil {
		return "", err
	}
	hash := desired.ConfigHash(configMap)
	r.findings.change(s.serverKey(e), func(f *finding) { f.hash, f.hashOf = hash, source })
	return hash, nil
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
