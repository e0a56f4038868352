package sharingtenant

import (
	"context"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/apply"
)

const (
	// remembered is how many changes that did not wait stay in the status.
	remembered = 10
	maxReason  = 256
)

// demand is what the annotation asks for.
type demand struct {
	reason, manager string
	asked           *metav1.Time
	// consumed: a change was started for it already, and only the annotation is
	// left to remove.
	consumed bool
}

// readAnnotations takes note of what a person asks for. Who has asked is in the
// field managers, which the cache does not keep.
func (r *Reconciler) readAnnotations(ctx context.Context, s *scope) error {
	_, s.tryAgain = s.tenant.Annotations[v1alpha1.TryAgainAnnotation]
	reason := strings.TrimSpace(s.tenant.Annotations[v1alpha1.ApplyNowAnnotation])
	if reason == "" || s.suspended() {
		return nil
	}
	whole := &v1alpha1.SharingTenant{}
	if err := r.Live.Get(ctx, client.ObjectKeyFromObject(s.tenant), whole); err != nil {
		return client.IgnoreNotFound(err)
	}
	asked := demand{reason: shortenedTo(reason, maxReason)}
	for _, entry := range whole.ManagedFields {
		if entry.FieldsV1 != nil && strings.Contains(string(entry.FieldsV1.GetRawBytes()), `"f:`+v1alpha1.ApplyNowAnnotation+`"`) {
			asked.manager, asked.asked = shortenedTo(entry.Manager, 128), entry.Time
		}
	}
	for _, e := range s.environments {
		asked.consumed = asked.consumed || asked.isRecorded(e.status.Rollout)
	}
	s.applyNow = &asked
	return nil
}

func (d demand) isRecorded(rollout *v1alpha1.RolloutStatus) bool {
	if rollout == nil || len(rollout.Emergencies) == 0 {
		return false
	}
	last := rollout.Emergencies[0]
	return last.Reason == d.reason && last.Manager == d.manager && last.AskedTime.Equal(d.asked)
}

// recorded is the history of an environment with this change in front.
func (s *scope) recorded(e *environment, p proposal) []v1alpha1.Emergency {
	now := v1alpha1.Emergency{
		Time: timeOf(s.now), Reason: s.applyNow.reason, Manager: s.applyNow.manager,
		AskedTime: s.applyNow.asked, Change: shortened(p.change.Reason),
	}
	all := append([]v1alpha1.Emergency{now}, e.rollout.Emergencies...)
	return all[:min(len(all), remembered)]
}

// consume removes the annotations that have done what they were written for.
func (r *Reconciler) consume(ctx context.Context, s *scope) error {
	done := s.applyNow != nil && (s.applyNow.consumed || s.started)
	if !done && !s.tryAgain {
		return nil
	}
	before := s.tenant.DeepCopy()
	if done {
		delete(s.tenant.Annotations, v1alpha1.ApplyNowAnnotation)
	}
	delete(s.tenant.Annotations, v1alpha1.TryAgainAnnotation)
	status := s.tenant.Status.DeepCopy()
	err := r.Client.Patch(ctx, s.tenant, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}), client.FieldOwner(apply.Owner))
	s.tenant.Status = *status
	if err == nil {
		s.applyNow, s.tryAgain = nil, false
		r.written.note(s.tenant, s.now)
	}
	return client.IgnoreNotFound(err)
}

// shortenedTo counts characters, as the API server does.
func shortenedTo(text string, length int) string {
	characters := []rune(strings.ToValidUTF8(text, ""))
	return string(characters[:min(len(characters), length)])
}
