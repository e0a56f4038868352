package controllers_test

import (
	"fmt"
	"strings"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
)

// outages are times in which an address does not answer, or nobody looks. Time in
// maintenance windows does not count, and so the tenants here have none now.
var outages = []scenario{
	{"an address that does not answer is told and counted", addressFalls},
	{"time in which no operator looks is counted neither way", nobodyLooks},
}

// unreachable cuts the way to production's address.
func (n *tenant) unreachable(is bool) {
	n.servers.Set(func() { n.servers.Unreachable["partage."+n.namespace+".example"] = is })
}

func addressFalls(n *tenant) {
	n.closes()
	if a := n.production().Availability; a == nil || a.Percent != "100.00" || a.DownSince != nil || a.Since == nil {
		n.Fatalf("an address that is open is counted as %+v", a)
	}
	n.quiet()
	n.unreachable(true)
	defer n.unreachable(false)
	n.waitFor(v1alpha1.ExposureReadyCondition, metav1.ConditionFalse, "AddressSilent",
		"https://partage."+n.namespace+".example does not answer since", "the network on the way there is cut", "Check the load balancer")
	n.waitFor(v1alpha1.ReadyCondition, metav1.ConditionFalse, "AddressSilent")
	down := n.production().Availability
	if down == nil || down.DownSince == nil {
		n.Fatalf("it is counted as %+v", down)
	}
	n.quiet() // as long as it stays so there is no more to write
	time.Sleep(time.Until(down.DownSince.Add(3 * time.Second)))
	n.unreachable(false)
	n.waitFor(v1alpha1.ExposureReadyCondition, metav1.ConditionTrue, "AddressesOpen")
	n.waitReady()
	after := n.production().Availability
	if after.DownSince != nil || after.DownSeconds < 2 || after.DownSeconds > after.ObservedSeconds || after.Percent == "100.00" {
		n.Errorf("afterwards it is counted as %+v", after)
	}
	n.waitEvent("AvailabilityBelowTarget", "production: "+after.Percent+" % of the time since", "and 99 % are promised")
	if table := n.kubectl("get", "stn", "justice", "-o", "wide"); !strings.Contains(table, "AVAILABLE%") || !strings.Contains(table, after.Percent) {
		n.Errorf("the table does not show it:\n%s", table)
	}
	n.quiet()
}

// nobodyLooks: the operator ended an hour ago, and the status was written an hour
// before that.
func nobodyLooks(n *tenant) {
	n.closes()
	n.quiet()
	n.stopOperator()
	now := time.Now()
	n.toldOnly(now.Add(-2 * time.Hour))
	n.leaseEnded(now.Add(-time.Hour))
	n.startManager(n.T)
	eventually(n.T, "the hour in which nobody looked is shown", func() error {
		a := n.production().Availability
		if a == nil || a.UnobservedSeconds < 3600 || a.UnobservedSeconds > 3600+300 || a.ObservedSeconds < 3600-60 || a.ObservedSeconds > 3600+60 || a.Percent != "100.00" {
			return fmt.Errorf("it is counted as %+v", a)
		}
		return nil
	})
	n.quiet()
}

// toldOnly has the status end at a time.
func (n *tenant) toldOnly(until time.Time) {
	n.Helper()
	tenant := n.get()
	before := tenant.DeepCopy()
	for i := range tenant.Status.Environments {
		tenant.Status.Environments[i].Availability = &v1alpha1.Availability{
			Since: &metav1.Time{Time: until}, Until: &metav1.Time{Time: until}, Percent: "100.00",
		}
	}
	if err := n.kube.Status().Patch(n.Context(), tenant, client.MergeFrom(before)); err != nil {
		n.Fatal(err)
	}
}

// leaseEnded has the operator's Lease be renewed last at a time.
func (n *tenant) leaseEnded(at time.Time) {
	n.Helper()
	lease := &coordinationv1.Lease{}
	if err := n.kube.Get(n.Context(), client.ObjectKey{Namespace: operatorNamespace, Name: "voute-operator"}, lease); err != nil {
		n.Fatal(err)
	}
	lease.Spec.RenewTime = &metav1.MicroTime{Time: at}
	if err := n.kube.Update(n.Context(), lease); err != nil {
		n.Fatal(err)
	}
}
