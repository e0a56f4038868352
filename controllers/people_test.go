package controllers_test

import (
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/server/status"
)

func (n *tenant) waitPilot(name, reason string, check func(*v1alpha1.Pilot) error) {
	n.Helper()
	eventually(n.T, "Pilot "+name+" is "+reason, func() error {
		pilot := fetch(n, name, &v1alpha1.Pilot{})
		ready := meta.FindStatusCondition(pilot.Status.Conditions, v1alpha1.ReadyCondition)
		if ready == nil || ready.Reason != reason || pilot.Status.ObservedGeneration != pilot.Generation {
			return fmt.Errorf("its status is %+v", pilot.Status)
		}
		if check == nil {
			return nil
		}
		return check(pilot)
	})
}

func (n *tenant) pilotIDs() string {
	n.Helper()
	var ids []string
	for _, pilot := range n.config("justice-production").Pilots {
		ids = append(ids, pilot.ID)
	}
	return strings.Join(ids, " ")
}

func (n *tenant) waitPilots(want string) {
	n.Helper()
	eventually(n.T, "the server's pilots are "+want, func() error {
		if got := n.pilotIDs(); got != want {
			return fmt.Errorf("they are %s", got)
		}
		return nil
	})
}

var secondPilot = strings.Replace(pilotYAML, `"name":"marie"`, `"name":"second"`, 1)

func duplicatePilots(n *tenant) {
	n.becomeReady()
	time.Sleep(time.Second) // creation times have whole seconds
	n.apply(strings.Replace(secondPilot, "marie@", "MARIE@", 1))
	n.waitPilot("second", "DuplicateEmail", func(pilot *v1alpha1.Pilot) error {
		if !meta.IsStatusConditionTrue(pilot.Status.Conditions, v1alpha1.StalledCondition) {
			return fmt.Errorf("it is not stalled: %+v", pilot.Status.Conditions)
		}
		return nil
	})
	n.waitPilots("marie")
	n.kubectl("delete", "pilot", "marie")
	n.waitPilots("second")
	n.waitPilot("second", "Invited", nil)
	n.waitReady()
	n.quiet()
}

func pilotWithoutTenant(n *tenant) {
	n.apply(pilotYAML)
	n.waitPilot("marie", "TenantMissing", nil)
	n.apply(retentionYAML, tenantYAML)
	n.waitPilot("marie", "Invited", nil)
	n.kubectl("delete", "stn", "justice")
	n.waitGone()
	n.waitPilot("marie", "TenantMissing", nil)
	n.kubectl("delete", "pilot", "marie", "--timeout=30s")
}

func pilotProgress(n *tenant) {
	n.becomeReady()
	n.waitPilot("marie", "Invited", func(pilot *v1alpha1.Pilot) error {
		if pilot.Status.Phase != v1alpha1.PilotInvited || pilot.Status.LastSignIn != nil {
			return fmt.Errorf("its status is %+v", pilot.Status)
		}
		return nil
	})
	day := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	n.servers.Set(func() {
		n.servers.Pilots[n.namespace+"/marie"] = status.PilotReport{ID: "marie", State: "active", LastSignIn: &day}
	})
	n.waitPilot("marie", "Active", func(pilot *v1alpha1.Pilot) error {
		if pilot.Status.Phase != v1alpha1.PilotActive || pilot.Status.LastSignIn == nil || !pilot.Status.LastSignIn.Time.Equal(day) {
			return fmt.Errorf("its status is %+v", pilot.Status)
		}
		return nil
	})
	n.quiet()
}

func lastPilot(n *tenant) {
	n.becomeReady()
	n.kubectl("delete", "pilot", "marie", "--wait=false")
	n.waitPilot("marie", "LastPilot", nil)
	n.waitPilots("marie")
	n.apply(strings.Replace(secondPilot, "marie@", "paul@", 1))
	eventually(n.T, "the first goes by itself", func() error { return missing(n, "marie", &v1alpha1.Pilot{}) })
	n.waitPilots("second")
	n.waitReady()
}

func policyInUse(n *tenant) {
	n.becomeReady()
	n.kubectl("delete", "retentionpolicy", "courante", "--wait=false")
	eventually(n.T, "it says why it stays", func() error {
		policy := fetch(n, "courante", &v1alpha1.RetentionPolicy{})
		ready := meta.FindStatusCondition(policy.Status.Conditions, v1alpha1.ReadyCondition)
		if ready == nil || ready.Status != metav1.ConditionFalse || ready.Reason != "InUse" || !strings.Contains(ready.Message, "justice") {
			return fmt.Errorf("its status is %+v", policy.Status)
		}
		return nil
	})
	n.waitReady()
	n.apply(strings.Replace(retentionYAML, "courante", "longue", 1))
	n.kubectl("patch", "stn", "justice", "--type=merge", "-p", `{"spec":{"retentionPolicyRef":{"name":"longue"}}}`)
	eventually(n.T, "it goes", func() error { return missing(n, "courante", &v1alpha1.RetentionPolicy{}) })
	eventually(n.T, "the other one is counted", func() error {
		if policy := fetch(n, "longue", &v1alpha1.RetentionPolicy{}); policy.Status.Tenants == nil || *policy.Status.Tenants != 1 {
			return fmt.Errorf("its status is %+v", policy.Status)
		}
		return nil
	})
	n.waitReady()
}
