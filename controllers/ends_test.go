package controllers_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/desired"
	"voute.dev/voute/server/config"
)

const (
	// wave is how many documents are in the cluster at once.
	wave = 60
	// most is how often the operator writes for one of them: some ten objects,
	// a finalizer, and a status that is told in a few steps.
	most = 40
	// changes are how many hostile changes a live tenant gets.
	changes = 12
)

// member is an object that was let through.
type member struct {
	attempt
	name string
}

func (m member) object() client.Object {
	switch m.kind.Name {
	case "SharingTenant":
		return &v1alpha1.SharingTenant{}
	case "Pilot":
		return &v1alpha1.Pilot{}
	case "Intervention":
		return &v1alpha1.Intervention{}
	default:
		return &v1alpha1.RetentionPolicy{}
	}
}

// run sends documents wave by wave, each into a namespace of its own.
func (c *campaign) run(t *testing.T, attempts []attempt) {
	t.Helper()
	for some := range slices.Chunk(attempts, wave) {
		n := c.newTenant(t)
		n.apply(retentionYAML)
		if some[0].kind.Name == "Pilot" || some[0].kind.Name == "Intervention" {
			n.becomeReady()
		}
		if some[0].kind.Name == "Intervention" {
			n.kubectl("patch", "sharingtenant", "justice", "--type", "merge", "-p", `{"spec":{"organization":{"delegates":["delegue@personne.example"]}}}`)
		}
		mark := c.written.total()
		var members []member
		for _, each := range some {
			members = append(members, c.create(n, each)...)
		}
		c.comeToAnEnd(n, members)
		if some[0].kind.Name == "Pilot" {
			n.everyPilotIsUnderstood()
		}
		c.rests(n)
		for _, found := range c.search(t).In("a status", c.statuses(t, n.namespace)) {
			t.Error(found)
		}
		c.writesLittle(n, members, mark)
		c.clear(n)
	}
}

// create makes an object, and around it what it takes to be served.
func (c *campaign) create(n *tenant, each attempt) []member {
	n.Helper()
	c.sent++
	name := fmt.Sprintf("h%d", c.sent)
	status, message, made := c.send(n.T, http.MethodPost, each, n.namespace, name, "")
	if status != http.StatusCreated {
		if err := explains(each, status, message); err != nil && status != http.StatusConflict {
			n.Errorf("%s: %v", each, err)
		}
		return nil
	}
	switch {
	case each.kind.Name == "SharingTenant":
		n.pilotOf(made, name)
	case each.kind.Name == "RetentionPolicy" && strings.HasPrefix(each.mutations[0].Field, "spec."):
		n.tenantWith(made, name)
		n.pilotOf(name, name)
	}
	return []member{{attempt: each, name: made}}
}

func (n *tenant) tenantWith(policy, name string) {
	n.Helper()
	user := &v1alpha1.SharingTenant{ObjectMeta: metav1.ObjectMeta{Namespace: n.namespace, Name: name}}
	user.Spec.Organization = v1alpha1.Organization{NameFr: "Justice", NameEn: "Justice", SupportEmail: "aide@justice.example"}
	user.Spec.RetentionPolicyRef.Name = policy
	user.Spec.Environments = []v1alpha1.Environment{{
		Name: v1alpha1.ProductionEnvironment, Host: name + "." + n.namespace + ".example",
		Certificate: v1alpha1.CertificateSource{IssuerRef: &v1alpha1.IssuerReference{Name: "voute-ca"}},
	}}
	if err := n.kube.Create(n.Context(), user); err != nil {
		n.Fatal(err)
	}
}

func (n *tenant) pilotOf(tenant, name string) {
	n.Helper()
	pilot := &v1alpha1.Pilot{ObjectMeta: metav1.ObjectMeta{Namespace: n.namespace, Name: "pilot-" + name}}
	pilot.Spec = v1alpha1.PilotSpec{TenantRef: v1alpha1.ObjectReference{Name: tenant}, Email: name + "@personne.example", Name: "Personne Discrète"}
	if err := n.kube.Create(n.Context(), pilot); err != nil {
		n.Fatal(err)
	}
}

// comeToAnEnd waits for the defined end of every object.
func (c *campaign) comeToAnEnd(n *tenant, members []member) {
	n.Helper()
	open := map[string]error{}
	for begin := time.Now(); time.Since(begin) < patience; time.Sleep(200 * time.Millisecond) {
		clear(open)
		for _, each := range members {
			if err := c.endOf(n, each); err != nil {
				open[each.name] = fmt.Errorf("%s %s: %w", each.attempt, each.name, err)
			}
		}
		if len(open) == 0 {
			return
		}
	}
	for _, err := range open {
		n.Error(err)
	}
}

func (c *campaign) endOf(n *tenant, each member) error {
	object := each.object()
	if err := n.kube.Get(n.Context(), client.ObjectKey{Namespace: n.namespace, Name: each.name}, object); err != nil {
		return err
	}
	switch object := object.(type) {
	case *v1alpha1.SharingTenant:
		if err := end(object, object.Status.Conditions, object.Status.ObservedGeneration, each.mutations); err != nil {
			return err
		}
		return n.understood(object)
	case *v1alpha1.Pilot:
		return end(object, object.Status.Conditions, object.Status.ObservedGeneration, each.mutations)
	case *v1alpha1.Intervention:
		return end(object, object.Status.Conditions, object.Status.ObservedGeneration, each.mutations)
	case *v1alpha1.RetentionPolicy:
		return end(object, object.Status.Conditions, object.Status.ObservedGeneration, each.mutations)
	}
	return nil
}

// understood: the server of a tenant that is ready takes its configuration up,
// and reads from it what the tenant says, to the letter.
func (n *tenant) understood(tenant *v1alpha1.SharingTenant) error {
	if !meta.IsStatusConditionTrue(tenant.Status.Conditions, v1alpha1.ReadyCondition) {
		return nil
	}
	configMap := &corev1.ConfigMap{}
	if err := n.kube.Get(n.Context(), client.ObjectKey{Namespace: n.namespace, Name: desired.Name(tenant.Name, v1alpha1.ProductionEnvironment)}, configMap); err != nil {
		return err
	}
	read, err := config.Parse([]byte(configMap.Data["voute.yaml"]))
	if err != nil {
		return fmt.Errorf("its server refuses the configuration: %w", err)
	}
	asked, got := tenant.Spec.Organization, read.Organization
	if got.NameFr != asked.NameFr || got.NameEn != asked.NameEn || got.SupportEmail != asked.SupportEmail || got.FraudContact != asked.FraudContact {
		return fmt.Errorf("its server reads %+v", got)
	}
	if len(read.Pilots) != 1 || read.Pilots[0].Name != "Personne Discrète" {
		return fmt.Errorf("its server reads the pilots %+v", read.Pilots)
	}
	return nil
}

// everyPilotIsUnderstood: the server takes the configuration with all pilots
// up, and reads of each that is one what it says, to the letter.
func (n *tenant) everyPilotIsUnderstood() {
	n.Helper()
	eventually(n.T, "the server knows every pilot", func() error {
		read, err := config.Parse([]byte(fetch(n, "justice-production", &corev1.ConfigMap{}).Data["voute.yaml"]))
		if err != nil {
			return fmt.Errorf("its server refuses the configuration: %w", err)
		}
		known := map[string]config.Pilot{}
		for _, pilot := range read.Pilots {
			known[pilot.ID] = pilot
		}
		pilots := &v1alpha1.PilotList{}
		if err := n.kube.List(n.Context(), pilots, client.InNamespace(n.namespace)); err != nil {
			return err
		}
		for _, pilot := range pilots.Items {
			got, found := known[pilot.Name]
			isOne := pilot.Spec.TenantRef.Name == "justice" && meta.IsStatusConditionTrue(pilot.Status.Conditions, v1alpha1.ReadyCondition)
			if found != isOne || found && (got.Email != pilot.Spec.Email || got.Name != pilot.Spec.Name) {
				return fmt.Errorf("of Pilot %s (ready: %v) it reads %+v", pilot.Name, isOne, got)
			}
		}
		return nil
	})
}

// tally is what the operator's own figures say; watched is how many
// controllers count their panics.
type tally struct{ tenants, others, faults, panics, watched float64 }

func counted(t *testing.T) tally {
	t.Helper()
	families, err := metrics.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var now tally
	for _, family := range families {
		for _, each := range family.GetMetric() {
			controller, value := "", each.GetCounter().GetValue()
			for _, label := range each.GetLabel() {
				if label.GetName() == "controller" {
					controller = label.GetValue()
				}
			}
			switch {
			case family.GetName() == "controller_runtime_reconcile_panics_total":
				now.panics, now.watched = now.panics+value, now.watched+1
			case family.GetName() == "controller_runtime_reconcile_errors_total":
				now.faults += value
			case family.GetName() != "controller_runtime_reconcile_total":
			case controller == "sharingtenant":
				now.tenants += value
			default:
				now.others += value
			}
		}
	}
	return now
}

// rests: nothing is written, no error is returned, no Pilot and no policy is
// looked at, and each tenant only as often as its server is to be asked.
func (c *campaign) rests(n *tenant) {
	n.Helper()
	tenants := &v1alpha1.SharingTenantList{}
	if err := n.kube.List(n.Context(), tenants); err != nil {
		n.Fatal(err)
	}
	eventually(n.T, "the operator comes to rest", func() error {
		wrote, before, begin := c.written.total(), counted(n.T), time.Now()
		time.Sleep(1500 * time.Millisecond)
		after, turns := counted(n.T), time.Since(begin).Seconds()/c.pace.Settled.Seconds()+1
		switch {
		case len(c.written.since(wrote)) > 0:
			return fmt.Errorf("it writes %v", c.written.since(wrote))
		case after.faults > before.faults:
			return fmt.Errorf("it returns %v errors", after.faults-before.faults)
		case after.others > before.others:
			return fmt.Errorf("it looks at %v Pilots and policies again", after.others-before.others)
		case after.tenants-before.tenants > turns*float64(len(tenants.Items)):
			return fmt.Errorf("it looks %v times at %d tenants", after.tenants-before.tenants, len(tenants.Items))
		}
		return nil
	})
	if now := counted(n.T); now.panics > 0 || now.watched < 3 {
		n.Fatalf("%v panics in %v controllers: see the operator's log", now.panics, now.watched)
	}
}

func (c *campaign) writesLittle(n *tenant, members []member, mark int) {
	n.Helper()
	written := c.written.since(mark)
	for _, each := range members {
		count := 0
		for _, path := range written {
			last := path[strings.LastIndex(strings.TrimSuffix(path, "/status"), "/")+1:]
			if name := strings.TrimSuffix(last, "/status"); name == each.name || strings.HasPrefix(name, each.name+"-") {
				count++
			}
		}
		if count > most {
			n.Errorf("%s: the operator wrote %d times for %s", each.attempt, count, each.name)
		}
	}
}

// clear deletes everything of a wave: the end of a hostile object is an end, too.
func (c *campaign) clear(n *tenant) {
	n.Helper()
	tenants, pilots, policies := &v1alpha1.SharingTenantList{}, &v1alpha1.PilotList{}, &v1alpha1.RetentionPolicyList{}
	for _, list := range []client.ObjectList{tenants, pilots, policies} {
		if err := n.kube.List(n.Context(), list, client.InNamespace(n.namespace)); err != nil {
			n.Fatal(err)
		}
	}
	for i := range tenants.Items {
		n.kubectl("patch", "stn", tenants.Items[i].Name, "--type=merge", "-p", `{"spec":{"suspend":null}}`) // else it stays
		n.remove(&tenants.Items[i], v1alpha1.TenantFinalizer)
	}
	for i := range pilots.Items {
		n.remove(&pilots.Items[i], v1alpha1.InUseFinalizer)
	}
	for i := range policies.Items {
		n.remove(&policies.Items[i], v1alpha1.InUseFinalizer)
	}
	eventually(n.T, "everything is gone", func() error {
		if left := n.kubectl("get", "sharingtenants,pilots,retentionpolicies,services,deployments,configmaps,certificates", "-o", "name", "-l", "!none"); strings.Contains(left, "sharing.voute.dev") || strings.Contains(left, "production") {
			return fmt.Errorf("left: %s", last(left, 500))
		}
		return nil
	})
	if err := n.kube.DeleteAllOf(n.Context(), &corev1.PersistentVolumeClaim{}, client.InNamespace(n.namespace)); err != nil {
		n.Fatal(err)
	}
}

// remove deletes an object that a finalizer of others, or an unconfirmed
// destruction, would hold for ever.
func (n *tenant) remove(object client.Object, own string) {
	n.Helper()
	if err := n.kube.Delete(n.Context(), object); client.IgnoreNotFound(err) != nil {
		n.Fatal(err)
	}
	eventually(n.T, object.GetName()+" is let go", func() error {
		if err := n.kube.Get(n.Context(), client.ObjectKeyFromObject(object), object); err != nil {
			return client.IgnoreNotFound(err)
		}
		kept := controllerutil.ContainsFinalizer(object, own)
		object.SetFinalizers(nil)
		if kept {
			object.SetFinalizers([]string{own})
		}
		if tenant, ok := object.(*v1alpha1.SharingTenant); ok {
			tenant.Spec.DeletionPolicy = v1alpha1.RetainOnDeletion
		}
		return client.IgnoreNotFound(n.kube.Update(n.Context(), object))
	})
}

// liveTenantSurvives: what a live tenant is changed to never costs its address.
func (c *campaign) liveTenantSurvives(t *testing.T, accepted []attempt) {
	t.Helper()
	n := c.newTenant(t)
	documents, err := c.kinds["SharingTenant"].Documents()
	if err != nil {
		t.Fatal(err)
	}
	n.apply(retentionYAML, pilotYAML)
	good := attempt{kind: c.kinds["SharingTenant"], document: documents[0]}
	if status, message, _ := c.send(t, http.MethodPost, good, n.namespace, "justice", ""); status != http.StatusCreated {
		t.Fatal(message)
	}
	n.waitReady()
	for _, each := range c.picked(accepted) {
		status, message, _ := c.send(t, http.MethodPatch, each, n.namespace, "justice", "")
		if status != http.StatusOK {
			if err := explains(each, status, message); err != nil {
				t.Errorf("%s: %v", each, err)
			}
			continue
		}
		live := n.get()
		c.comesToAnEndAlive(n, member{attempt: each, name: live.Name})
		if status, message, _ = c.send(t, http.MethodPatch, good, n.namespace, "justice", ""); status != http.StatusOK {
			t.Fatal(message)
		}
	}
	n.waitReady()
	c.rests(n)
}

func (c *campaign) comesToAnEndAlive(n *tenant, each member) {
	n.Helper()
	eventually(n.T, each.String(), func() error {
		live := n.get()
		if err := end(live, live.Status.Conditions, live.Status.ObservedGeneration, each.mutations); err != nil {
			return err
		}
		if n.production().URL == "" {
			return fmt.Errorf("its address is gone: %s", summary(live))
		}
		return n.kube.Get(n.Context(), client.ObjectKey{Namespace: n.namespace, Name: "justice-production"}, &corev1.Service{})
	})
}

// picked are changes of the spec, a few of them chosen at random, or all.
func (c *campaign) picked(accepted []attempt) []attempt {
	some := slices.DeleteFunc(slices.Clone(accepted), func(a attempt) bool {
		return a.variant != 0 || !strings.HasPrefix(a.mutations[0].Field, "spec.") // a volume does not change its class
	})
	if c.soak {
		return some
	}
	rand.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
	return some[:min(changes, len(some))]
}
