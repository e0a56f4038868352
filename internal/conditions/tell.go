package conditions

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
)

// maxNote is what the API server takes as the text of an event.
const maxNote = 1024

// Change is what became of an object's conditions.
type Change struct {
	Before, After []metav1.Condition
	// OnItsWay says that nothing is wrong: what is not done yet only takes its time.
	OnItsWay bool
}

// Tell records an event for each fact that the conditions tell now and did not
// tell before. It is called after the conditions are written, so that nobody
// hears of what cannot be looked up.
func Tell(recorder events.EventRecorder, object runtime.Object, change Change) {
	told := map[string]bool{}
	for _, now := range change.After {
		if !change.isNews(now) || told[now.Reason] {
			continue
		}
		told[now.Reason] = true
		Record(recorder, object, nil, change.kindOf(now), now.Reason, now.Type, now.Message)
	}
}

// Record records one event; related, if any, is what it is about beside the
// object. A note that is too long is cut.
func Record(recorder events.EventRecorder, object, related runtime.Object, kind, reason, action, note string) {
	if len(note) > maxNote {
		note = strings.ToValidUTF8(note[:maxNote-3], "") + "..."
	}
	recorder.Eventf(object, related, kind, reason, action, "%s", note)
}

// isNews: Ready tells each problem that comes first, and the end of all of them;
// not what something that goes well waits for in turn, which is nobody's to mend.
// Another condition is news when what was so no longer is, and when it is so
// again; not when it becomes so for the first time, on the way to Ready.
// Reconciling and Stalled repeat Ready.
func (c Change) isNews(now metav1.Condition) bool {
	last := meta.FindStatusCondition(c.Before, now.Type)
	switch {
	case now.Type == reconciling || now.Type == stalled:
		return false
	case now.Type == ready && (last == nil || last.Status == now.Status) && now.Status != metav1.ConditionTrue && c.OnItsWay:
		return false
	case now.Type == ready && last == nil:
		return now.Status != metav1.ConditionTrue
	case now.Type == ready:
		return last.Status != now.Status || last.Reason != now.Reason
	case last == nil || last.Status == now.Status:
		return false
	default:
		return now.Status != metav1.ConditionTrue || wasTold(c.Before, last)
	}
}

// wasTold: it ceased to be so after Ready did, and was told by itself. What
// ceased together with Ready ends with it.
func wasTold(before []metav1.Condition, last *metav1.Condition) bool {
	whole := meta.FindStatusCondition(before, ready)
	return whole != nil && last.LastTransitionTime.After(whole.LastTransitionTime.Time)
}

// kindOf is Warning where a person has to act, or where what was so no longer is.
func (c Change) kindOf(now metav1.Condition) string {
	if now.Status == metav1.ConditionFalse &&
		(meta.IsStatusConditionTrue(c.After, stalled) || meta.IsStatusConditionTrue(c.Before, now.Type)) {
		return corev1.EventTypeWarning
	}
	return corev1.EventTypeNormal
}
