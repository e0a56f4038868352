package crash

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/test/simulation"
)

const (
	healthYAML = `{"apiVersion":"sharing.voute.dev/v1alpha1","kind":"SharingTenant","metadata":{"name":"health"},"spec":{
		"organization":{"nameFr":"Santé","nameEn":"Health","supportEmail":"aide@sante.example"},
		"retentionPolicyRef":{"name":"courante"},"environments":[
		{"name":"production","host":"sante.NAMESPACE.example","certificate":{"issuerRef":{"name":"voute-ca"}}}]}}`
	healthPilotYAML = `{"apiVersion":"sharing.voute.dev/v1alpha1","kind":"Pilot","metadata":{"name":"luc"},
		"spec":{"tenantRef":{"name":"health"},"email":"luc@NAMESPACE.example","name":"Luc"}}`
)

// together is the life of two clients to whom the same versions come. A process that
// ends takes with it what it knew of one when it looked at the other.
var together = []phase{
	{"roll-out that fails", askBroken, takenBack(development), 3, 3, 2},
	{"roll-out that is halted", askHalted, halts, 3, 1, 1},
	{"another try that fails", tryAgain, takenBack(development, health), 3, 10, 2},
	{"roll-out that mends", mend, mended, 3, 9, 2},
}

// place is one environment of a tenant.
type place struct {
	tenant      string
	environment v1alpha1.EnvironmentName
}

var (
	development = place{"justice", v1alpha1.DevelopmentEnvironment}
	production  = place{"justice", v1alpha1.ProductionEnvironment}
	health      = place{"health", v1alpha1.ProductionEnvironment}
)

// The versions of a life, which can only rise: the next one begins where it ends.
const (
	oldVersion    = iota
	brokenVersion // never gets ready
	soundVersion
)

// livesAtMost is for how many lives there are versions.
const livesAtMost = 200

func (n *tenant) version(which int) string { return versionOf(n.lives, which) }

// versionOf has three digits at its end, so that none begins with another.
func versionOf(life, which int) string { return fmt.Sprintf("0.1.%d", 100+2*life+which) }

// versions are those of the sharing server that tenants may ask for.
func versions() string {
	lines := []string{"  - {version: 0.1.1, image: localhost/voute-server:0.1.1}"}
	for life := range livesAtMost {
		for which, ending := range []string{oldVersion: "", brokenVersion: simulation.Broken} {
			version := versionOf(life, which)
			lines = append(lines, fmt.Sprintf("  - {version: %s, image: localhost/voute-server:%s%s}", version, version, ending))
		}
	}
	return strings.Join(lines, "\n")
}

// newFleet is two clients who are where every life begins and ends: a server that was
// changed once differs in who owns its fields from one that was only made.
func (s *stage) newFleet(t *testing.T, namespace string) *tenant {
	t.Helper()
	n := s.newTenant(t, namespace)
	o := n.startOperator(t, namespace, order{})
	defer o.stop()
	create(n)
	n.apply(healthPilotYAML, healthYAML)
	eventually(t, "two clients are served", func() error { return served("justice", "health")(n) })
	mend(n)
	eventually(t, "two clients have the version that lives begin with", func() error { return mended(n) })
	return n
}

// askBroken asks for what does not get ready: development has it, and production
// waits for development.
func askBroken(n *tenant) { n.ask("justice", n.version(brokenVersion)) }

// askHalted asks for what has failed with another client.
func askHalted(n *tenant) { n.ask("health", n.version(brokenVersion)) }

// tryAgain is what the operator tells people to do who want the same again.
func tryAgain(n *tenant) {
	for _, name := range []string{"justice", "health"} {
		n.patch(name, fmt.Sprintf(`{"metadata":{"annotations":{%q:"yes"}}}`, v1alpha1.TryAgainAnnotation))
	}
}

// mend asks for a version that gets ready.
func mend(n *tenant) {
	n.ask("health", n.version(soundVersion))
	n.ask("justice", n.version(soundVersion))
}

// takenBack: a change was not healthy by its deadline in these places, as their
// tenants say, and what ran before runs again. The deadline passes as soon as the
// change was begun in all of them.
func takenBack(places ...place) func(*tenant) error {
	return func(n *tenant) error {
		var deadline time.Time
		for _, p := range places {
			tenant, e, err := n.look(p)
			if err != nil {
				return err
			}
			if begun, err := n.isBegun(p, tenant, e); err != nil || !begun {
				return errors.Join(err, n.areTakenBack(places))
			}
			if e.Rollout.Change.Deadline.After(deadline) {
				deadline = e.Rollout.Change.Deadline.Time
			}
		}
		return errors.Join(n.passUntil(deadline), errors.New("the change is under way"))
	}
}

// isBegun: the broken version is in force, and its server was started. What a
// person asked for by an annotation is put away by then: a deadline is minutes, and
// to put it away is one write.
func (n *tenant) isBegun(p place, tenant *v1alpha1.SharingTenant, e v1alpha1.EnvironmentStatus) (bool, error) {
	_, asked := tenant.Annotations[v1alpha1.TryAgainAnnotation]
	if asked || e.Rollout.Version != n.version(brokenVersion) || e.Rollout.Change == nil {
		return false, nil
	}
	server := &appsv1.Deployment{}
	err := n.kube.Get(n.Context(), client.ObjectKey{Namespace: n.namespace, Name: p.tenant + "-" + string(p.environment)}, server)
	return server.Labels[v1alpha1.RevisionLabel] == e.Rollout.Revision && server.Status.ObservedGeneration == server.Generation, err
}

func (n *tenant) areTakenBack(places []place) error {
	for _, p := range places {
		tenant, e, err := n.look(p)
		if err != nil {
			return err
		}
		if failed := e.Rollout.Failed; failed == nil || failed.Version != n.version(brokenVersion) || e.Rollout.Version != n.version(oldVersion) || e.Rollout.Change != nil {
			return fmt.Errorf("%s: it was not taken back: %+v", p, e.Rollout)
		}
		if err := says(tenant, v1alpha1.WorkloadReadyCondition, "False", "ChangeTakenBack"); err != nil {
			return err
		}
	}
	return nil
}

// halts: one client has failed, and another, who is served, does not begin the same.
func halts(n *tenant) error {
	if err := n.areTakenBack([]place{development}); err != nil {
		return err
	}
	tenant, e, err := n.look(health)
	if err != nil {
		return err
	}
	if e.Pending == nil || !strings.HasPrefix(e.Pending.WaitsFor, "a person: it failed with 1 client ("+n.namespace+"/justice)") || e.Rollout.Change != nil {
		return fmt.Errorf("%s: it is not halted: %+v, %+v", health, e.Pending, e.Rollout)
	}
	return says(tenant, v1alpha1.ReadyCondition, "True", "")
}

// mended: all run the version that gets ready, and nothing waits.
func mended(n *tenant) error {
	for _, p := range []place{development, production, health} {
		_, e, err := n.look(p)
		if err != nil {
			return err
		}
		if e.Rollout.Version != n.version(soundVersion) || e.Rollout.Change != nil || e.Rollout.Failed != nil || e.Pending != nil {
			return fmt.Errorf("%s: it does not run %s: %+v, %+v", p, n.version(soundVersion), e.Rollout, e.Pending)
		}
	}
	return served("justice", "health")(n)
}

// passUntil has it be a later time for every process that looks after the client,
// and for those to come.
func (n *tenant) passUntil(then time.Time) error {
	ahead := time.Until(then)
	if ahead <= n.ahead {
		return nil
	}
	n.ahead = ahead
	file := n.aheadOf(n.namespace)
	if err := os.WriteFile(file+".new", []byte(ahead.String()), 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// look is at a tenant, and what its status says of a place.
func (n *tenant) look(p place) (*v1alpha1.SharingTenant, v1alpha1.EnvironmentStatus, error) {
	tenant := &v1alpha1.SharingTenant{}
	if err := n.kube.Get(n.Context(), client.ObjectKey{Namespace: n.namespace, Name: p.tenant}, tenant); err != nil {
		return nil, v1alpha1.EnvironmentStatus{}, err
	}
	for _, e := range tenant.Status.Environments {
		if e.Name == p.environment && e.Rollout != nil {
			return tenant, e, nil
		}
	}
	return nil, v1alpha1.EnvironmentStatus{}, fmt.Errorf("the status says nothing of %s", p)
}
