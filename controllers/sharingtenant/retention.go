package sharingtenant

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/conditions"
	"voute.dev/voute/internal/desired"
	serverconfig "voute.dev/voute/server/config"
)

// retention takes the named policy; where it is gone, an environment that is
// live keeps what its own configuration says.
func (r *Reconciler) retention(ctx context.Context, s *scope) (string, error) {
	policy := &v1alpha1.RetentionPolicy{}
	name := s.tenant.Spec.RetentionPolicyRef.Name
	err := r.Client.Get(ctx, client.ObjectKey{Namespace: s.tenant.Namespace, Name: name}, policy)
	if err == nil {
		s.policy = desired.Retention(policy.Spec)
		return fmt.Sprintf("RetentionPolicy %s: documents live %d days%s.", name, policy.Spec.DefaultDays, choice(policy.Spec)), nil
	}
	if !apierrors.IsNotFound(err) {
		return "", err
	}
	return "", r.withoutPolicy(ctx, s)
}

func choice(policy v1alpha1.RetentionPolicySpec) string {
	if chooses := policy.SenderMayChoose; chooses != nil && !*chooses {
		return ", and senders do not choose"
	}
	return fmt.Sprintf(" unless their sender chooses %d to %d", policy.MinDays, policy.MaxDays)
}

func (r *Reconciler) withoutPolicy(ctx context.Context, s *scope) error {
	live := false
	for _, e := range s.environments {
		if e.last = r.lastRetention(ctx, s, e); e.exposed {
			live = true
		}
	}
	name, namespace := s.tenant.Spec.RetentionPolicyRef.Name, s.tenant.Namespace
	consequence := "no address is opened"
	if live {
		consequence = "open addresses keep the last policy and take no new documents"
	}
	return conditions.Stall("RetentionPolicyMissing", "RetentionPolicy %s does not exist in namespace %s: %s. Make it, with your own numbers: "+
		`echo '{"apiVersion":"%s","kind":"RetentionPolicy","metadata":{"name":"%s","namespace":"%s"},"spec":{"defaultDays":30,"minDays":1,"maxDays":90}}' | kubectl apply -f -`,
		name, namespace, consequence, v1alpha1.GroupVersion, name, namespace)
}

// lastRetention reads an environment's ConfigMap back. Nil leaves the server
// with the file it has.
func (r *Reconciler) lastRetention(ctx context.Context, s *scope, e *environment) *serverconfig.Retention {
	if !e.exposed {
		return nil
	}
	configMap := &corev1.ConfigMap{}
	err := r.Live.Get(ctx, client.ObjectKey{Namespace: s.tenant.Namespace, Name: e.name}, configMap)
	if err == nil {
		var config *serverconfig.Config
		if config, err = desired.ReadConfig(configMap); err == nil {
			return &config.Retention
		}
	}
	log.FromContext(ctx).Error(err, "cannot read the last retention back", "environment", e.Name)
	return nil
}
