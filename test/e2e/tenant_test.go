package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"voute.dev/voute/api/v1alpha1"
)

// tenant is a client of its own for one test.
type tenant struct {
	t         *testing.T
	name      string // of the namespace and of the SharingTenant
	pilot     string // address of the pilot
	createdAt time.Time
	looks     int // how often looksAgain has asked for one
}

const namespaceYAML = `
apiVersion: v1
kind: Namespace
metadata:
  name: NAME
  labels:
    sharing.voute.dev/clients: "true"
    pod-security.kubernetes.io/enforce: restricted
---
apiVersion: v1
kind: Secret
metadata: {name: voute-smtp, namespace: NAME}
stringData: {username: voute, password: local-demo-only}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: voute-operator-issued-secrets, namespace: NAME}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: voute-operator-issued-secrets}
subjects: [{kind: ServiceAccount, name: voute-operator, namespace: voute-system}]
`

const policyYAML = `
apiVersion: sharing.voute.dev/v1alpha1
kind: RetentionPolicy
metadata: {name: courante, namespace: NAME}
spec: {defaultDays: 30, minDays: 1, maxDays: 90}
`

const pilotYAML = `
apiVersion: sharing.voute.dev/v1alpha1
kind: Pilot
metadata: {name: pilote, namespace: NAME}
spec: {tenantRef: {name: NAME}, email: pilote@NAME.example, name: Camille Pilote, language: fr}
`

const tenantYAML = `
apiVersion: sharing.voute.dev/v1alpha1
kind: SharingTenant
metadata: {name: NAME, namespace: NAME}
spec:
  organization: {nameFr: Organisme NAME, nameEn: Body NAME, supportEmail: soutien@NAME.example}
  retentionPolicyRef: {name: courante}
  environments:
  - name: production
    host: partage.NAME.localhost
    certificate: {issuerRef: {name: voute-ca}}
`

// newTenant applies the objects and removes the namespace when the test ends.
func newTenant(t *testing.T, name string, objects ...string) *tenant {
	t.Helper()
	made := &tenant{t: t, name: name, pilot: "pilote@" + name + ".example", createdAt: time.Now()}
	made.apply(namespaceYAML)
	t.Cleanup(made.remove)
	made.apply(objects...)
	return made
}

// newReadyTenant is a whole client, ready to be used.
func newReadyTenant(t *testing.T, name string) *tenant {
	t.Helper()
	made := newTenant(t, name, policyYAML, pilotYAML, tenantYAML)
	made.waitReady()
	return made
}

func (n *tenant) address() string { return cluster.address("partage." + n.name + ".localhost") }

func (n *tenant) apply(objects ...string) {
	n.t.Helper()
	for _, object := range objects {
		cluster.kubectl(n.t, strings.ReplaceAll(object, "NAME", n.name), "apply", "-f", "-")
	}
}

// remove deletes the namespace with all in it, the SharingTenant first, as the documents say.
func (n *tenant) remove() {
	if n.t.Failed() {
		describe, _ := cluster.tryKubectl("", "-n", n.name, "get", "sharingtenants,pilots,pods", "-o", "yaml")
		logs, _ := cluster.tryKubectl("", "-n", n.name, "logs", "--prefix", "--tail=200", "-l", v1alpha1.TenantLabel)
		n.t.Logf("the tenant at the end:\n%s\nits servers' logs:\n%s", describe, logs)
	}
	if err := cluster.witness.hearNamespace(cluster, n.name); err != nil {
		n.t.Errorf("what was told of this client is not heard: %v", err)
	}
	for _, args := range [][]string{
		{"-n", n.name, "delete", "sharingtenant", "--all", "--timeout=60s"},
		{"delete", "namespace", n.name, "--timeout=60s"},
	} {
		if _, err := cluster.tryKubectl("", args...); err != nil {
			n.t.Errorf("cleaning up: kubectl %s: %v", strings.Join(args, " "), err)
		}
	}
}

func (n *tenant) waitReady() {
	n.t.Helper()
	cluster.kubectl(n.t, "", "-n", n.name, "wait", "--for=condition=Ready", "sharingtenant/"+n.name, "--timeout=150s")
}

func (n *tenant) get(ctx context.Context) (*v1alpha1.SharingTenant, error) {
	var got v1alpha1.SharingTenant
	return &got, cluster.kube.Get(ctx, types.NamespacedName{Namespace: n.name, Name: n.name}, &got)
}

// waitCondition waits until a condition has the status and reason and its
// message names the next step; it returns the message.
func (n *tenant) waitCondition(within time.Duration, kind string, status metav1.ConditionStatus, reason, hint string) {
	n.t.Helper()
	what := fmt.Sprintf("%s=%s (%s) with %q", kind, status, reason, hint)
	eventually(n.t, within, what, func(ctx context.Context) error {
		got, err := n.get(ctx)
		if err != nil {
			return err
		}
		condition := meta.FindStatusCondition(got.Status.Conditions, kind)
		if condition == nil {
			return fmt.Errorf("no condition %s among %v", kind, got.Status.Conditions)
		}
		if condition.Status != status || (reason != "" && condition.Reason != reason) || !strings.Contains(condition.Message, hint) {
			return fmt.Errorf("%s=%s (%s): %s", condition.Type, condition.Status, condition.Reason, condition.Message)
		}
		return nil
	})
}

func (n *tenant) isTrue(ctx context.Context, kind string) error {
	got, err := n.get(ctx)
	if err != nil {
		return err
	}
	if !meta.IsStatusConditionTrue(got.Status.Conditions, kind) {
		return fmt.Errorf("%s is not True: %v", kind, got.Status.Conditions)
	}
	return nil
}

// pilotSignedIn takes the invitation up and signs in.
func (n *tenant) pilotSignedIn() *person {
	n.t.Helper()
	pilot := newPerson(n.t, n.address(), n.pilot)
	pilot.acceptInvitation(n.createdAt)
	pilot.signIn()
	return pilot
}

// userSignedIn has the pilot create a user, who then signs in.
func (n *tenant) userSignedIn(pilot *person, name string) *person {
	n.t.Helper()
	since := time.Now()
	cluster.witness.hide("a person's name", name)
	user := newPerson(n.t, n.address(), strings.ToLower(name)+"@"+n.name+".example")
	created := pilot.post("/users", map[string][]string{"name": {name}, "email": {user.email}, "language": {"en"}})
	pilot.mustSee(created, 200, user.email)
	user.acceptInvitation(since)
	user.signIn()
	return user
}
