package sharingtenant

import (
	"net/url"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/apply"
	"voute.dev/voute/internal/calendar"
	"voute.dev/voute/internal/conditions"
	"voute.dev/voute/internal/desired"
	"voute.dev/voute/internal/platform"
	"voute.dev/voute/internal/serverstatus"
	serverconfig "voute.dev/voute/server/config"
	"voute.dev/voute/server/status"
)

// tenantKind is how an owner reference names a SharingTenant.
const tenantKind = "SharingTenant"

// scope is what the steps of one reconcile share: each reads what the earlier
// ones found out, and adds its own.
type scope struct {
	tenant   *v1alpha1.SharingTenant
	before   v1alpha1.SharingTenantStatus
	platform *Platform
	// edition tells the platform's configuration from others.
	edition uint64
	now     time.Time

	environments []*environment

	// policy is the retention of the named policy; nil when there is none.
	policy *serverconfig.Retention
	// roster is who the pilots are.
	roster []serverconfig.Pilot
	// publicKey and namespace are the operator's own.
	publicKey, namespace string

	// when is the calendar that changes go by; unscheduled is why there is none.
	when        *calendar.Calendar
	unscheduled error
	// applyNow and tryAgain are what annotations ask for.
	applyNow *demand
	tryAgain bool
	// started: a change that interrupts was begun in this reconcile. returned: one
	// was taken back, and the next look puts that into force. ended: one is done.
	started, returned, ended bool

	// onItsWay: nothing is wrong, and something is not done yet.
	onItsWay bool
	// repairs tells what others had changed and was put back; news is what was
	// begun or ended.
	repairs []repair
	news    []news
	// drift is what differs and is left alone, because the tenant is suspended.
	drift []string
}

// news is one event that follows from no condition.
type news struct {
	warning      bool
	reason, note string
}

type repair struct {
	object  client.Object
	foreign []string
}

// environment is one environment of the tenant in the scope.
type environment struct {
	v1alpha1.Environment
	// name of most of its objects.
	name string
	// exposed: its address was opened before. deployed: its server was; labelled is
	// the revision that it carries.
	exposed  bool
	deployed bool
	labelled string
	// revision is what it runs with, or is to from now on; unknown where that is
	// lost. mounted is what of it voute.yaml may tell of; nil for what the spec says.
	revision     *plan
	revisionName string
	unknown      bool
	mounted      *desired.Mounted
	// rollout and pending become those of the status.
	rollout v1alpha1.RolloutStatus
	pending *v1alpha1.PendingChange
	// stuck is why it does not go where the spec wants it, whatever the time.
	stuck error
	// leaving: the spec no longer has it. gone: its time has come.
	leaving, gone bool
	// problem is why its server is not ready; nil while it is.
	problem *conditions.Problem
	// unread is why the two are not sure: a read that failed.
	unread error
	// refused is why it may not have the host that it asks for. kept: it has
	// one open, which all is about as long as it may not have the other.
	refused error
	kept    bool
	// last is the retention found in its own ConfigMap, where the policy is gone.
	last *serverconfig.Retention
	// certified: every certificate that its server shows is there.
	certified bool
	claim     *corev1.PersistentVolumeClaim
	// quota in bytes that its volume holds; 0 while not known.
	quota int64
	// hash of the configuration written.
	hash string
	// word is what its server last told.
	word serverstatus.Word
	// available: its server's pod is ready, so that traffic reaches it.
	available bool
	// ingress is where its load balancer is reached. seen is how its address was
	// found; nil where nobody has looked.
	ingress string
	seen    *sighting
	// waitsFor is the day whose key cannot be deleted yet; deletedOn is when it is
	// all the same, and uncloses why Vault did not.
	waitsFor  string
	deletedOn time.Time
	uncloses  error
	// status is what becomes of it in the tenant's status.
	status *v1alpha1.EnvironmentStatus
}

func (r *Reconciler) newScope(tenant *v1alpha1.SharingTenant) *scope {
	s := &scope{
		tenant: tenant, before: *tenant.Status.DeepCopy(), platform: r.Platform(), now: r.Now(),
		publicKey: r.PublicKey, namespace: r.Namespace,
	}
	s.edition = r.editions.of(s.platform.Config)
	s.when, s.unscheduled = platform.Calendar(s.platform.Config, tenant.Spec.Calendar)
	for _, each := range tenant.Spec.Environments {
		s.environments = append(s.environments, &environment{
			Environment: each,
			name:        desired.Name(tenant.Name, each.Name),
			status:      s.statusOf(each.Name),
		})
	}
	for i := range s.before.Environments {
		if status := s.before.Environments[i]; status.Rollout != nil && !s.has(status.Name) {
			s.environments = append(s.environments, s.leaving(status))
		}
	}
	return s
}

// leaving is an environment that the spec no longer has: until its time has come
// it goes on as it is.
func (s *scope) leaving(status v1alpha1.EnvironmentStatus) *environment {
	e := &environment{
		Environment: v1alpha1.Environment{Name: status.Name}, leaving: true,
		name: desired.Name(s.tenant.Name, status.Name), status: s.statusOf(status.Name),
	}
	if open, err := url.Parse(status.URL); err == nil {
		e.Host = open.Hostname()
	}
	if status.Quota != nil {
		e.Storage.AllocatedGB = status.Quota.Value() / gigabyte
	}
	return e
}

// zone is where the platform's days begin.
func (s *scope) zone() *time.Location { return platform.Zone(s.platform.Config) }

// suspended: nothing of the tenant is changed.
func (s *scope) suspended() bool { return s.tenant.Spec.Suspend != nil && *s.tenant.Spec.Suspend }

// statusOf is a copy of what the status said of an environment before.
func (s *scope) statusOf(name v1alpha1.EnvironmentName) *v1alpha1.EnvironmentStatus {
	for i := range s.before.Environments {
		if s.before.Environments[i].Name == name {
			return s.before.Environments[i].DeepCopy()
		}
	}
	return &v1alpha1.EnvironmentStatus{Name: name}
}

// each runs something for every environment and merges what went wrong.
func (s *scope) each(run func(*environment) error) error {
	parts := make([]conditions.Part, 0, len(s.environments))
	for _, e := range s.environments {
		parts = append(parts, conditions.Part{Name: string(e.Name), Err: run(e)})
	}
	return conditions.Merge(parts)
}

// input is what an environment's objects follow from.
func (s *scope) input(e *environment) desired.Input {
	return desired.Input{
		Tenant: s.tenant, Environment: e.Environment, Platform: s.platform.Config,
		Retention: s.retentionOf(e), Pilots: s.roster, UploadsClosed: s.uploadsClosed(),
		OperatorKeys: []string{s.publicKey}, OperatorNamespace: s.namespace,
		QuotaBytes: e.quota, Claim: e.claim, Mounted: e.mounted, Notice: s.notice(e),
		Version: platform.Version(s.platform.Config, s.tenant.Spec.Version),
	}
}

func (s *scope) retentionOf(e *environment) *serverconfig.Retention {
	if s.policy != nil {
		return s.policy
	}
	return e.last
}

// uploadsClosed: documents that nobody would shred or administer are not taken.
func (s *scope) uploadsClosed() bool { return s.policy == nil || len(s.roster) == 0 }

// mayOpen says whether an environment's server and address may come to life;
// one that is live stays so whatever happens to policy, pilots or host. A read
// that failed opens nothing, and closes nothing.
func (s *scope) mayOpen(e *environment) error {
	switch {
	case e.exposed:
		return nil
	case e.unread != nil:
		return e.unread
	case e.refused != nil:
		return e.refused
	case s.policy == nil:
		return conditions.Block("WaitingForRetention", "waits for a RetentionPolicy: see %s.", v1alpha1.RetentionReadyCondition)
	case len(s.roster) == 0:
		return conditions.Block("WaitingForPilot", "waits for a Pilot: see %s.", v1alpha1.PilotReadyCondition)
	default:
		return nil
	}
}

// report is the server's last report, as long as it can be taken for true: a
// question that fails now and then says nothing about the server.
func (e *environment) report(now time.Time) *status.Report {
	if e.word.Report == nil || !isWithin(now, e.word.Time, silence+1) {
		return nil
	}
	return e.word.Report
}

// inForce says whether the server works by the configuration written.
func (e *environment) inForce(now time.Time) bool {
	report := e.report(now)
	return report != nil && e.hash != "" && report.ConfigHash == e.hash
}

func (s *scope) meta(e *environment, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: s.tenant.Namespace, Name: name, Labels: desired.Labels(s.tenant.Name, e.Name)}
}

// owns says whether an object belongs to this very tenant, and not to one of
// the same name that is gone and whose objects are still being removed. What
// the operator has made under this tenant's name is the tenant's, even while it
// has lost its owner or another was written in its place: that is put back.
func (s *scope) owns(object metav1.Object) bool {
	owner := metav1.GetControllerOf(object)
	if owner != nil && owner.Kind == tenantKind && owner.Name == s.tenant.Name {
		return owner.UID == s.tenant.UID
	}
	return apply.IsMade(object)
}
