package controllers_test

import (
	"fmt"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
)

// closed is a calendar that opens in three days' time for an hour.
func closed() string {
	day := time.Now().UTC().AddDate(0, 0, 3).Weekday()
	window := fmt.Sprintf(`[{"days":[%q],"from":"03:00","to":"04:00"}]`, day)
	return `{"timeZone":"UTC","maintenanceWindows":` + window + `,"businessHours":` + window + `}`
}

// closes has a ready tenant with the version 0.1.0, for which no time is now.
func (n *tenant) closes() {
	n.Helper()
	n.becomeReady()
	n.patchSpec(`"calendar":` + closed())
	n.waitFor(v1alpha1.CalendarReadyCondition, metav1.ConditionTrue, "CalendarKnown", "UTC")
}

func (n *tenant) patchSpec(fields string) {
	n.Helper()
	n.kubectl("patch", "stn", "justice", "--type=merge", "-p", `{"spec":{`+fields+`}}`)
}

func (n *tenant) environment(name v1alpha1.EnvironmentName) v1alpha1.EnvironmentStatus {
	n.Helper()
	for _, e := range n.get().Status.Environments {
		if e.Name == name {
			return e
		}
	}
	n.Fatalf("the status says nothing of %s", name)
	return v1alpha1.EnvironmentStatus{}
}

// waitPending waits until a change of production waits.
func (n *tenant) waitPending(class v1alpha1.ChangeClass, parts ...string) *v1alpha1.PendingChange {
	n.Helper()
	var pending *v1alpha1.PendingChange
	eventually(n.T, string(class)+" waits", func() error {
		e := n.environment(v1alpha1.ProductionEnvironment)
		pending = e.Pending
		if pending == nil || pending.Class != class {
			return fmt.Errorf("it says %+v", pending)
		}
		for _, part := range parts {
			if !strings.Contains(pending.Reason+" "+pending.WaitsFor, part) {
				return fmt.Errorf("it lacks %q: %+v", part, pending)
			}
		}
		return nil
	})
	return pending
}

func (n *tenant) notPending() {
	n.Helper()
	eventually(n.T, "nothing waits", func() error {
		tenant := n.get()
		for _, e := range tenant.Status.Environments {
			if e.Pending != nil || e.Rollout == nil || e.Rollout.Change != nil {
				return fmt.Errorf("%s: %+v, %+v", e.Name, e.Pending, e.Rollout)
			}
		}
		if found := meta.FindStatusCondition(tenant.Status.Conditions, v1alpha1.RolloutPendingCondition); found != nil {
			return fmt.Errorf("%+v", found)
		}
		return nil
	})
}

func (n *tenant) runs(version string) {
	n.Helper()
	for _, name := range []string{"justice-production", "justice-development"} {
		eventually(n.T, name+" runs "+version, func() error {
			image := fetch(n, name, &appsv1.Deployment{}).Spec.Template.Spec.Containers[0].Image
			if !strings.HasSuffix(image, ":"+version) {
				return fmt.Errorf("it runs %s", image)
			}
			return nil
		})
	}
}

func (n *tenant) waitEvent(reason string, parts ...string) {
	n.Helper()
	eventually(n.T, "it is told: "+reason, func() error {
		told := n.kubectl("get", "events", "-o", "jsonpath={range .items[?(@.reason=='"+reason+"')]}{.message}{'\\n'}{end}")
		for _, part := range append(parts, "") {
			if told == "" || !strings.Contains(told, part) {
				return fmt.Errorf("%q is not in %q", part, told)
			}
		}
		return nil
	})
}

// changeWaits: in the status, in a condition beside Ready, in an event, in a
// column, and in what the server tells its users.
func changeWaits(n *tenant) {
	n.closes()
	generation := n.generation()
	n.patchSpec(`"version":"0.2.0"`)
	pending := n.waitPending(v1alpha1.ReleaseChange, "version 0.1.0 → 0.2.0", "development first")
	if development := n.environment(v1alpha1.DevelopmentEnvironment).Pending; development == nil || development.StartTime == nil ||
		development.StartTime.Before(pending.Since) || development.EndTime.Sub(development.StartTime.Time) != time.Hour {
		n.Errorf("development waits for %+v", development)
	}
	n.waitFor(v1alpha1.RolloutPendingCondition, metav1.ConditionTrue, "Release", "version 0.1.0 → 0.2.0", "next maintenance window")
	n.waitReady()
	n.waitEvent("ChangePending", "version 0.1.0 → 0.2.0")
	if table := n.kubectl("get", "stn", "justice"); !strings.Contains(table, "PENDING") || !strings.Contains(table, "Release") {
		n.Errorf("the table does not show it:\n%s", table)
	}
	if notice := n.config("justice-development").Notice; notice == nil || notice.Kind != "release" || notice.Version != "0.2.0" {
		n.Errorf("the server is to tell of %+v", notice)
	}
	n.runs("0.1.0")
	if n.generation() != generation {
		n.Error("the server was touched")
	}
	n.quiet()
	n.patchSpec(`"calendar":null`)
	n.runs("0.2.0")
	n.notPending()
	n.waitReady()
	n.waitEvent("ChangeDone", "version 0.1.0 → 0.2.0")
}

func changeCancelled(n *tenant) {
	n.closes()
	n.patchSpec(`"version":"0.2.0"`)
	first := n.waitPending(v1alpha1.ReleaseChange)
	n.patchSpec(`"version":"0.1.1"`)
	if next := n.waitPending(v1alpha1.FixChange, "0.1.1"); next.Revision == first.Revision {
		n.Error("an edit does not replace what waits")
	}
	n.patchSpec(`"version":null`)
	n.notPending()
	n.runs("0.1.0")
	n.waitReady()
}

// freeChange: a larger quota and another name, edited together with what waits.
func freeChange(n *tenant) {
	n.closes()
	generation := n.generation()
	n.patchSpec(`"version":"0.2.0","organization":{"nameFr":"Autre nom"}`)
	n.waitPending(v1alpha1.ReleaseChange)
	eventually(n.T, "the name is in the configuration", func() error {
		if name := n.config("justice-production").Organization.NameFr; name != "Autre nom" {
			return fmt.Errorf("it is %q", name)
		}
		return nil
	})
	if n.generation() != generation {
		n.Error("the server was touched")
	}
}

func emergency(n *tenant) {
	n.closes()
	n.patchSpec(`"version":"0.2.0"`)
	n.waitPending(v1alpha1.ReleaseChange)
	n.kubectl("annotate", "stn", "justice", v1alpha1.ApplyNowAnnotation+"=  ")
	n.quiet()
	n.runs("0.1.0")
	n.kubectl("annotate", "--overwrite", "--field-manager=night-shift", "stn", "justice", v1alpha1.ApplyNowAnnotation+"=CVE of the week")
	n.runs("0.2.0")
	n.notPending()
	for _, e := range n.get().Status.Environments {
		if all := e.Rollout.Emergencies; len(all) != 1 || all[0].Reason != "CVE of the week" || all[0].Manager != "night-shift" || all[0].AskedTime == nil {
			n.Errorf("%s remembers %+v", e.Name, all)
		}
	}
	eventually(n.T, "the annotation is consumed", func() error {
		if left, found := n.get().Annotations[v1alpha1.ApplyNowAnnotation]; found {
			return fmt.Errorf("it still says %q", left)
		}
		return nil
	})
	n.patchSpec(`"version":null`)
	n.waitFor(v1alpha1.WorkloadReadyCondition, metav1.ConditionFalse, "VersionRefused", "older")
}

// takenBack: development goes first, fails, and is what it was; production does
// not follow. To try again fails again.
func takenBack(n *tenant) {
	n.becomeReady()
	n.patchSpec(`"version":"0.1.2"`)
	n.waitEvent("ChangeTakenBack", "version 0.1.0 → 0.1.2")
	n.runs("0.1.0")
	n.waitFor(v1alpha1.WorkloadReadyCondition, metav1.ConditionFalse, "ChangeTakenBack", "version 0.1.0 → 0.1.2", v1alpha1.TryAgainAnnotation)
	n.waitPending(v1alpha1.FixChange, "taken back in development")
	if failed := n.environment(v1alpha1.DevelopmentEnvironment).Rollout.Failed; failed == nil || failed.Version != "0.1.2" {
		n.Errorf("it remembers %+v", failed)
	}
	n.quiet()
	n.kubectl("annotate", "stn", "justice", v1alpha1.TryAgainAnnotation+"=yes")
	eventually(n.T, "it is tried again", func() error {
		if change := n.environment(v1alpha1.DevelopmentEnvironment).Rollout.Change; change == nil || change.Class != v1alpha1.FixChange {
			return fmt.Errorf("under way is %+v", change)
		}
		return nil
	})
	n.patchSpec(`"version":"0.1.1"`)
	n.runs("0.1.1")
	n.waitReady()
	n.notPending()
}

func versionRefused(n *tenant) {
	n.becomeReady()
	n.patchSpec(`"version":"0.4.0"`)
	n.waitFor(v1alpha1.WorkloadReadyCondition, metav1.ConditionFalse, "VersionRefused", "0.4.0 may not follow 0.1.0", "What runs goes on running")
	n.waitFor(v1alpha1.StalledCondition, metav1.ConditionTrue, "VersionRefused")
	n.runs("0.1.0")
	n.staysOpen()
	n.patchSpec(`"version":"0.2.0"`)
	n.runs("0.2.0")
	n.waitReady()
}

func calendarInvalid(n *tenant) {
	n.becomeReady()
	n.patchSpec(`"version":"0.2.0","calendar":{"timeZone":"America/Quebec-City"}`)
	n.waitFor(v1alpha1.CalendarReadyCondition, metav1.ConditionFalse, "CalendarInvalid", "America/Quebec-City", "no change starts")
	n.waitPending(v1alpha1.ReleaseChange, v1alpha1.CalendarReadyCondition)
	n.runs("0.1.0")
	n.staysOpen()
	n.patchSpec(`"calendar":null`)
	n.runs("0.2.0")
	n.waitReady()
}

// suspended: what differs is told, and nothing is done about it.
func suspended(n *tenant) {
	n.becomeReady()
	n.patchSpec(`"suspend":true,"version":"0.2.0"`)
	n.waitFor(v1alpha1.SuspendedCondition, metav1.ConditionTrue, "SuspendAsked")
	n.waitPending(v1alpha1.ReleaseChange, "spec.suspend")
	if err := n.kube.Delete(n.Context(), fetch(n, "justice-production", &corev1.Service{})); err != nil {
		n.Fatal(err)
	}
	n.kubectl("patch", "networkpolicy", "justice-production", "--type=merge", "-p", `{"spec":{"ingress":[{}]}}`)
	n.waitFor(v1alpha1.SuspendedCondition, metav1.ConditionTrue, "SuspendAsked", "Service justice-production made", "NetworkPolicy justice-production changed")
	n.quiet()
	if missing(n, "justice-production", &corev1.Service{}) != nil {
		n.Error("the Service is made again")
	}
	n.runs("0.1.0")
	n.patchSpec(`"suspend":false`)
	n.runs("0.2.0")
	n.waitReady()
	if err := n.kube.Get(n.Context(), client.ObjectKey{Namespace: n.namespace, Name: "justice-production"}, &corev1.Service{}); err != nil {
		n.Error(err)
	}
}

func endWaits(n *tenant) {
	n.closes()
	n.kubectl("patch", "stn", "justice", "--type=json", "-p", `[{"op":"remove","path":"/spec/environments/1"}]`)
	n.waitFor(v1alpha1.RolloutPendingCondition, metav1.ConditionTrue, "Maintenance", "development", "no longer asked for")
	n.quiet()
	n.staysOpen()
	n.patchSpec(`"calendar":null`)
	eventually(n.T, "development ends", func() error { return missing(n, "justice-development", &appsv1.Deployment{}) })
}

// repairedWhileWaiting: what is put back is what runs, and not what is to come.
func repairedWhileWaiting(n *tenant) {
	n.closes()
	n.patchSpec(`"version":"0.2.0"`)
	n.waitPending(v1alpha1.ReleaseChange)
	before := fetch(n, "justice-production", &appsv1.Deployment{})
	if err := n.kube.Delete(n.Context(), before); err != nil {
		n.Fatal(err)
	}
	eventually(n.T, "the server is back", func() error {
		now := &appsv1.Deployment{}
		if err := n.kube.Get(n.Context(), client.ObjectKeyFromObject(before), now); err != nil {
			return err
		}
		if now.UID == before.UID {
			return fmt.Errorf("it is still going")
		}
		return nil
	})
	n.runs("0.1.0")
	n.waitReady()
}

// revisionRepaired: a ControllerRevision cannot be changed in what it holds; it is
// labelled as another tenant's, and then deleted.
func revisionRepaired(n *tenant) {
	n.becomeReady()
	name := n.environment(v1alpha1.ProductionEnvironment).Rollout.Revision
	n.kubectl("label", "--overwrite", "controllerrevision", name, v1alpha1.TenantLabel+"=health")
	eventually(n.T, "it has its label again", func() error {
		if label := fetch(n, name, &appsv1.ControllerRevision{}).Labels[v1alpha1.TenantLabel]; label != "justice" {
			return fmt.Errorf("it is that of %q", label)
		}
		return nil
	})
	n.kubectl("delete", "controllerrevision", name)
	eventually(n.T, "it is made again", func() error {
		if missing(n, name, &appsv1.ControllerRevision{}) == nil {
			return fmt.Errorf("it is not there")
		}
		return nil
	})
	n.waitReady()
	n.quiet()
}
