package sharingtenant

import (
	"strings"

	corev1 "k8s.io/api/core/v1"

	"voute.dev/voute/internal/conditions"
)

// tell records what the status says now and did not say before, and every repair.
func (r *Reconciler) tell(s *scope) {
	conditions.Tell(r.Events, s.tenant, conditions.Change{Before: s.before.Conditions, After: s.tenant.Status.Conditions, OnItsWay: s.onItsWay})
	for _, each := range s.news {
		kind := corev1.EventTypeNormal
		if each.warning {
			kind = corev1.EventTypeWarning
		}
		conditions.Record(r.Events, s.tenant, nil, kind, each.reason, "Change", each.note)
	}
	s.news = nil
	r.tellRepairs(s)
}

// tellRepairs tells each repair once: events that differ in nothing but their
// text are folded into one, and the text is lost.
func (r *Reconciler) tellRepairs(s *scope) {
	for _, each := range s.repairs {
		name := r.describe(each.object)
		note := name + " was put back as it should be."
		if len(each.foreign) > 0 {
			note = name + " was put back; removed what others had added: " + strings.Join(each.foreign, ", ")
		}
		conditions.Record(r.Events, s.tenant, r.repaired(each), corev1.EventTypeWarning, "Repaired", "Repair", note)
	}
	s.repairs = nil
}

// repaired refers to the part of an object that was put back.
func (r *Reconciler) repaired(each repair) *corev1.ObjectReference {
	reference := &corev1.ObjectReference{
		Namespace: each.object.GetNamespace(), Name: each.object.GetName(), FieldPath: strings.Join(each.foreign, ", "),
	}
	if gvk, err := r.Client.GroupVersionKindFor(each.object); err == nil {
		reference.APIVersion, reference.Kind = gvk.ToAPIVersionAndKind()
	}
	return reference
}
