package sharingtenant

import (
	"strings"

	corev1 "k8s.io/api/core/v1"

	"voute.dev/voute/internal/conditions"
)

// tell records what the status says now and did not say before, and every repair.
func (r *Reconciler) tell(s *scope) {
	conditions.Tell(r.Events, s.tenant, s.before.Conditions, s.tenant.Status.Conditions)
	for _, each := range s.repairs {
		note := each.object + " was put back as it should be."
		if len(each.foreign) > 0 {
			note = each.object + " was put back; removed what others had added: " + strings.Join(each.foreign, ", ")
		}
		conditions.Record(r.Events, s.tenant, corev1.EventTypeWarning, "Repaired", "Repair", note)
	}
}
