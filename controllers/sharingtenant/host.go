package sharingtenant

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/conditions"
	"voute.dev/voute/internal/desired"
	"voute.dev/voute/internal/index"
	"voute.dev/voute/internal/platform"
)

// checkHost finds out whether an environment may have the host that it asks
// for. If not, or if that cannot be told, an address that is open stays where it
// is: all that follows is then about the host that it has.
func (r *Reconciler) checkHost(ctx context.Context, s *scope, e *environment) error {
	if e.refused = notAllowed(s.platform, e); e.refused == nil {
		e.refused = r.hostConflict(ctx, s, e)
	}
	if e.refused == nil {
		return nil
	}
	return r.keepHost(ctx, s, e)
}

// notAllowed says that the platform allows no such host.
func notAllowed(place *Platform, e *environment) error {
	if platform.AllowsHost(place.Config, e.Host) {
		return nil
	}
	problem := "is not opened"
	if openHost(e) == e.Host {
		problem = "stays open, and would not be opened today"
	}
	return conditions.Stall("HostNotAllowed", "the host %s %s: the platform allows only %s and names below. "+
		"Give this environment such a host, or have the platform team add a suffix to hosts.allowedSuffixes of the platform configuration.",
		e.Host, problem, strings.Join(place.Config.Hosts.AllowedSuffixes, ", "))
}

// hostConflict says that another tenant has the host: who serves it keeps it;
// among those who do not, the oldest gets it.
func (r *Reconciler) hostConflict(ctx context.Context, s *scope, e *environment) error {
	claiming := &v1alpha1.SharingTenantList{}
	if err := r.Client.List(ctx, claiming, client.MatchingFields{index.TenantHost: e.Host}); err != nil {
		return conditions.Retry(err, "HostUnread", "cannot tell whether the host %s is another tenant's; it is tried again.", e.Host)
	}
	other := holder(claiming.Items, s.tenant, e.Host)
	if other == nil {
		return nil
	}
	return conditions.Stall("HostConflict", "the host %s belongs to SharingTenant %s/%s: give this environment another host.",
		e.Host, other.Namespace, other.Name)
}

// holder is the other tenant that has a host which several claim; nil when this
// one has it. A cache lists them in no order, and the answer must not follow it.
func holder(claiming []v1alpha1.SharingTenant, tenant *v1alpha1.SharingTenant, host string) *v1alpha1.SharingTenant {
	if serves(tenant, host) {
		return nil
	}
	var oldest *v1alpha1.SharingTenant
	for i := range claiming {
		other := &claiming[i]
		switch {
		case other.UID == tenant.UID:
		case serves(other, host):
			return other
		case isOlder(other, tenant) && (oldest == nil || isOlder(other, oldest)):
			oldest = other
		}
	}
	return oldest
}

// serves: the address that is open has this host. To have another one open, and
// to claim this one in the spec, is not enough.
func serves(tenant *v1alpha1.SharingTenant, host string) bool {
	for _, e := range tenant.Status.Environments {
		if open, err := url.Parse(e.URL); err == nil && open.Hostname() == host {
			return true
		}
	}
	return false
}

func isOlder(a, b *v1alpha1.SharingTenant) bool {
	if order := a.CreationTimestamp.Compare(b.CreationTimestamp.Time); order != 0 {
		return order < 0
	}
	return a.UID < b.UID
}

// openHost is the host of the address that is open; empty when none is.
func openHost(e *environment) string {
	open, err := url.Parse(e.status.URL)
	if err != nil {
		return ""
	}
	return open.Hostname()
}

// keepHost takes the host that is open for the one asked for, and with it the
// certificate that the server shows: pilots, retention and quota go on reaching
// the server, and nothing of it speaks of the host that it may not have.
func (r *Reconciler) keepHost(ctx context.Context, s *scope, e *environment) error {
	open := openHost(e)
	if open == "" {
		return nil
	}
	moves := open != e.Host
	e.Host, e.kept = open, true
	if !moves {
		return nil
	}
	server := &appsv1.Deployment{}
	if err := r.Live.Get(ctx, client.ObjectKey{Namespace: s.tenant.Namespace, Name: e.name}, server); err != nil {
		if client.IgnoreNotFound(err) == nil {
			return nil // it starts with what the spec says
		}
		return fmt.Errorf("read Deployment %s: %w", e.name, err)
	}
	mounted := desired.TLSSecretOf(server)
	if mounted != "" && (mounted != desired.CertificateName(s.tenant.Name, e.Name) || e.Certificate.IssuerRef == nil) {
		e.Certificate = v1alpha1.CertificateSource{SecretName: mounted}
	}
	return nil
}

// keepApart: a host that one environment keeps is not yet free for the other.
func (s *scope) keepApart() {
	for _, e := range s.environments {
		for _, other := range s.environments {
			if e == other || e.Host != other.Host || e.kept || !other.kept {
				continue
			}
			e.refused = conditions.Stall("HostConflict", "the host %s is still that of %s, which cannot move to the host it asks for.", e.Host, other.Name)
			if open := openHost(e); open != "" {
				e.Host, e.kept = open, true
			}
		}
	}
}

// withdraw removes what was made for a host that another tenant has, or that is
// not allowed: of two made at once, each may have begun before it knew of the
// other. Nobody has reached it there.
func (r *Reconciler) withdraw(ctx context.Context, s *scope, e *environment) error {
	problem := conditions.Classify(e.refused)
	if problem == nil || problem.Class != conditions.Stalled || e.kept {
		return nil
	}
	for _, object := range []client.Object{
		&corev1.Service{ObjectMeta: s.meta(e, e.name)},
		&appsv1.Deployment{ObjectMeta: s.meta(e, e.name)},
		&certmanagerv1.Certificate{ObjectMeta: s.meta(e, desired.CertificateName(s.tenant.Name, e.Name))},
	} {
		if err := r.unwanted(ctx, s, object); err != nil {
			return err
		}
	}
	e.exposed, e.deployed = false, false
	return nil
}

// withoutHost says why nothing is made for the host that an environment asks
// for; nil where something is, for that one or for the one that is kept.
func (e *environment) withoutHost() error {
	problem := conditions.Classify(e.refused)
	if problem == nil || e.kept {
		return nil
	}
	return conditions.Block(problem.Reason, "is not made for a host that is not opened: see %s.", v1alpha1.ExposureReadyCondition)
}
