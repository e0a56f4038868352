package sharingtenant

import (
	"context"
	"fmt"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/conditions"
)

// settle says how the changes under way went: one whose server runs healthy is
// done, one that does not by its deadline is taken back.
func (r *Reconciler) settle(ctx context.Context, s *scope) (string, error) {
	for _, e := range s.environments {
		if e.rollout.Revision == "" || s.suspended() {
			continue
		}
		if s.isHealthy(e) {
			s.done(e)
		} else if err := r.overdue(ctx, s, e); err != nil {
			return "", err
		}
	}
	return "", r.prune(ctx, s)
}

// isHealthy: the server of this revision is ready, and has said so itself since
// it was started.
func (s *scope) isHealthy(e *environment) bool {
	report := e.report(s.now)
	if !e.available || report == nil || !report.Ready || e.word.Err != nil || e.unknown {
		return false
	}
	change := e.rollout.Change
	return change == nil || !e.word.Time.Before(change.StartTime.Time)
}

func (s *scope) done(e *environment) {
	if e.rollout.HealthySince == nil {
		e.rollout.HealthySince = timeOf(s.now)
	}
	e.rollout.LastHealthy = e.rollout.Revision
	if change := e.rollout.Change; change != nil {
		e.rollout.Change, s.ended = nil, true
		s.news = append(s.news, news{reason: "ChangeDone", note: fmt.Sprintf("%s: %s.", e.Name, change.Reason)})
	}
}

// overdue takes a change back whose time is over. Where there is nothing to go
// back to, it goes on.
func (r *Reconciler) overdue(ctx context.Context, s *scope, e *environment) error {
	if !e.available {
		e.rollout.HealthySince = nil
	}
	change := e.rollout.Change
	if change == nil || s.now.Before(change.Deadline.Time) {
		return nil
	}
	if e.rollout.LastHealthy == "" || e.rollout.LastHealthy == e.rollout.Revision {
		e.rollout.Change = nil // it holds a place for nothing
		return nil
	}
	last, err := r.recall(ctx, s, e, e.rollout.LastHealthy)
	if err != nil {
		return err
	}
	e.rollout.Change = nil
	if last == nil {
		return nil
	}
	why := r.obstacle(ctx, s, e)
	e.rollout.Failed = &v1alpha1.FailedChange{
		Revision: e.rollout.Revision, Version: e.rollout.Version, Change: change.Reason, Time: timeOf(s.now), Reason: shortened(why),
	}
	e.rollout.Revision, e.rollout.Version = e.rollout.LastHealthy, last.Version
	e.rollout.Change = &v1alpha1.Change{
		Class: v1alpha1.ReturnChange, Reason: shortened("back from: " + change.Reason),
		StartTime: timeOf(s.now), Deadline: timeOf(s.now.Add(deadline(s.platform.Config))),
	}
	s.returned = true
	s.news = append(s.news, news{warning: true, reason: "ChangeTakenBack", note: fmt.Sprintf("%s: %s was not healthy in time and is taken back: %s", e.Name, change.Reason, why)})
	return nil
}

// stuckBy is why what an environment runs is not what the spec asks for, where
// no time will change that.
func (s *scope) stuckBy(e *environment) error {
	if e.stuck != nil {
		return e.stuck
	}
	failed := e.rollout.Failed
	if failed == nil {
		return nil
	}
	return conditions.Stall("ChangeTakenBack", "%s was not healthy by %s and was taken back (%s). Mend it and ask for another version; or, to try the same again: kubectl annotate sharingtenant -n %s %s %s=yes",
		failed.Change, failed.Time.UTC().Format(time.RFC3339), strings.TrimSuffix(failed.Reason, "."), s.tenant.Namespace, s.tenant.Name, v1alpha1.TryAgainAnnotation)
}

// prune removes the revisions that nobody goes back to any more.
func (r *Reconciler) prune(ctx context.Context, s *scope) error {
	if s.suspended() {
		return nil
	}
	kept := map[string]bool{}
	for _, e := range s.environments {
		for _, name := range []string{e.rollout.Revision, e.rollout.LastHealthy} {
			kept[name] = true
		}
		if e.rollout.Change != nil || e.unknown {
			return nil // there is time for that afterwards
		}
	}
	return r.removeRevisions(ctx, s, r.Client, kept)
}

func (r *Reconciler) removeRevisions(ctx context.Context, s *scope, from client.Reader, kept map[string]bool) error {
	found := &metav1.PartialObjectMetadataList{}
	found.SetGroupVersionKind(appsv1.SchemeGroupVersion.WithKind("ControllerRevisionList"))
	if err := from.List(ctx, found, client.InNamespace(s.tenant.Namespace), client.MatchingLabels{v1alpha1.TenantLabel: s.tenant.Name}); err != nil {
		return err
	}
	for i := range found.Items {
		head := &found.Items[i]
		if kept[head.Name] || !s.owns(head) {
			continue
		}
		object := &appsv1.ControllerRevision{ObjectMeta: metav1.ObjectMeta{Namespace: head.Namespace, Name: head.Name, Labels: head.Labels}}
		if _, err := r.Objects.Delete(ctx, object); err != nil {
			return err
		}
		r.revisions.drop(client.ObjectKeyFromObject(object))
	}
	return nil
}
