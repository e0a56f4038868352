package sharingtenant

import (
	"context"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/conditions"
	serverconfig "voute.dev/voute/server/config"
)

// calendar tells whether it is known when changes may start. What runs does not
// depend on it: only changes wait.
func (r *Reconciler) calendar(_ context.Context, s *scope) (string, error) {
	if s.unscheduled != nil {
		return "", conditions.Stall("CalendarInvalid", "%s. Until it is mended no change starts that interrupts; what runs goes on running.", inSpec(s.unscheduled))
	}
	return "Changes start in the maintenance windows and business hours of " + s.when.Zone().String() + ".", nil
}

// inSpec names each field that is complained of as the tenant's spec has it.
func inSpec(complaints error) string {
	return "spec.calendar." + strings.ReplaceAll(complaints.Error(), "\n", "; spec.calendar.")
}

// summariseChanges adds the conditions that are there only while something waits
// or is left alone, and speak neither for nor against Ready.
func (s *scope) summariseChanges() {
	var parts []string
	class := ""
	for _, e := range s.environments {
		if e.pending == nil {
			continue
		}
		class = firstOf(class, string(e.pending.Class))
		parts = append(parts, fmt.Sprintf("%s: %s; waits for %s.", e.Name, e.pending.Reason, e.pending.WaitsFor))
		s.tellPending(e)
	}
	if len(parts) > 0 {
		s.add(v1alpha1.RolloutPendingCondition, capitalised(class), strings.Join(parts, " "))
	}
	s.tellStorage()
	s.tellBuckets()
	if s.suspended() {
		message := "Nothing is changed, and nothing differs."
		if len(s.drift) > 0 {
			message = "Nothing is changed. It would be: " + strings.Join(s.drift, "; ") + "."
		}
		s.add(v1alpha1.SuspendedCondition, "SuspendAsked", message)
	}
}

// tellPending tells once of each change that has to wait.
func (s *scope) tellPending(e *environment) {
	if last := e.status.Pending; last != nil && last.Revision == e.pending.Revision {
		return
	}
	s.news = append(s.news, news{reason: "ChangePending", note: fmt.Sprintf("%s: %s; waits for %s.", e.Name, e.pending.Reason, e.pending.WaitsFor)})
}

func (s *scope) add(kind, reason, message string) {
	since := metav1.NewTime(s.now)
	if before := meta.FindStatusCondition(s.before.Conditions, kind); before != nil {
		since = before.LastTransitionTime
	}
	s.tenant.Status.Conditions = append(s.tenant.Status.Conditions, metav1.Condition{
		Type: kind, Status: metav1.ConditionTrue, Reason: reason, Message: message,
		ObservedGeneration: s.tenant.Generation, LastTransitionTime: since,
	})
}

func capitalised(word string) string {
	if word == "" {
		return "Waiting"
	}
	return strings.ToUpper(word[:1]) + word[1:]
}

// notice is what the server tells its users ahead of time.
func (s *scope) notice(e *environment) *serverconfig.Notice {
	pending := e.pending
	if pending == nil || pending.StartTime == nil || pending.EndTime == nil {
		return nil
	}
	lead := time.Duration(*s.platform.Config.Rollout.AnnounceHours) * time.Hour
	version := ""
	if pending.Version != e.rollout.Version {
		version = pending.Version
	}
	return &serverconfig.Notice{
		Kind: string(pending.Class), Version: version,
		StartsAt: pending.StartTime.UTC(), EndsAt: pending.EndTime.UTC(), AnnounceFrom: pending.StartTime.Add(-lead).UTC(),
	}
}
