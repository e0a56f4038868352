package sharingtenant

import (
	"context"
	"fmt"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	cmmeta "github.com/cert-manager/cert-manager/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/internal/conditions"
	"voute.dev/voute/internal/desired"
)

// certificate asks cert-manager for what each server shows: to the public,
// unless the client bought its certificate, and to the scan gateway.
func (r *Reconciler) certificate(ctx context.Context, s *scope) (string, error) {
	err := s.each(func(e *environment) error {
		public := r.publicCertificate(ctx, s, e)
		scan := r.issued(ctx, s, e, desired.ScanCertificateName(s.tenant.Name, e.Name), as(desired.ScanCertificate))
		e.certified = public == nil && scan == nil
		return conditions.Merge([]conditions.Part{{Name: "certificate of " + e.Host, Err: public}, {Name: "certificate for the scan gateway", Err: scan}})
	})
	return "Every server has its certificates.", err
}

func (r *Reconciler) publicCertificate(ctx context.Context, s *scope, e *environment) error {
	if e.Certificate.IssuerRef == nil {
		return nil // a bought certificate is mounted by name and never read
	}
	if err := e.withoutHost(); err != nil {
		return err
	}
	return r.issued(ctx, s, e, desired.CertificateName(s.tenant.Name, e.Name), as(desired.Certificate))
}

// replaced removes the certificate from before one was bought, once the server
// that runs mounts the bought one: until then a restart still needs it. While
// an address keeps its host, the issued one may be what its server mounts.
func (r *Reconciler) replaced(ctx context.Context, s *scope, e *environment) error {
	name := desired.CertificateName(s.tenant.Name, e.Name)
	if bought := e.Certificate.SecretName; bought == "" || bought == name {
		return nil
	}
	return r.unwanted(ctx, s, &certmanagerv1.Certificate{ObjectMeta: s.meta(e, name)})
}

// issued keeps a Certificate and says how far cert-manager is with it.
func (r *Reconciler) issued(ctx context.Context, s *scope, e *environment, name string, render rendering) error {
	live := &certmanagerv1.Certificate{ObjectMeta: s.meta(e, name)}
	if err := r.keep(ctx, s, e, live, render); err != nil {
		return err
	}
	state := find(live, certmanagerv1.CertificateConditionReady)
	if state != nil && state.Status == cmmeta.ConditionTrue && state.ObservedGeneration >= live.Generation {
		return nil
	}
	return r.pendingCertificate(ctx, live, state)
}

// pendingCertificate tells in cert-manager's own words what it waits for: the
// request knows more than the certificate, for example that there is no such issuer.
func (r *Reconciler) pendingCertificate(ctx context.Context, live *certmanagerv1.Certificate, state *certmanagerv1.CertificateCondition) error {
	if len(live.Status.Conditions) == 0 {
		return conditions.Wait("CertificatePending", "cert-manager says Pending: it has not looked at it yet; check that it runs.")
	}
	reason, message := "Pending", "it has not issued it yet."
	if state != nil {
		reason, message = state.Reason, state.Message
	}
	if failed := find(live, certmanagerv1.CertificateConditionIssuing); failed != nil && failed.Status == cmmeta.ConditionFalse {
		reason, message = failed.Reason, failed.Message
	}
	if told := r.requestMessage(ctx, live); told != "" {
		message = told
	}
	return conditions.Wait("CertificatePending", "cert-manager says %s: %s", reason, message)
}

// +kubebuilder:rbac:groups=cert-manager.io,resources=certificaterequests,verbs=get

// requestMessage is what the request of a certificate says; empty for none.
func (r *Reconciler) requestMessage(ctx context.Context, live *certmanagerv1.Certificate) string {
	revision := 1
	if live.Status.Revision != nil {
		revision += *live.Status.Revision
	}
	request := &certmanagerv1.CertificateRequest{}
	key := client.ObjectKey{Namespace: live.Namespace, Name: fmt.Sprintf("%s-%d", live.Name, revision)}
	if err := r.Live.Get(ctx, key, request); err != nil {
		return "" // there is none yet: what the certificate says will do
	}
	for _, condition := range request.Status.Conditions {
		if condition.Type == certmanagerv1.CertificateRequestConditionReady {
			return condition.Message
		}
	}
	return ""
}

func find(certificate *certmanagerv1.Certificate, kind certmanagerv1.CertificateConditionType) *certmanagerv1.CertificateCondition {
	for i := range certificate.Status.Conditions {
		if certificate.Status.Conditions[i].Type == kind {
			return &certificate.Status.Conditions[i]
		}
	}
	return nil
}
