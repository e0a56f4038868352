package sharingtenant

import (
	"context"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/buckets"
	"voute.dev/voute/internal/conditions"
	"voute.dev/voute/internal/desired"
)

// overdueAfter the beginning of a day, as UTC has it, its key has been due for more
// than a day wherever the platform is.
const overdueAfter = 3 * day

// buckets deletes the keys of days that are over (package buckets says which).
// Between two days it asks nobody anything. What a crash leaves undone, or done
// and not noted, is done again at the next look. A suspended tenant's keys are
// deleted too: its documents expire as before.
//
// That a key cannot be deleted keeps nobody from working, and so the step does
// not fail: the condition KeysOverdue tells of it after a day.
func (r *Reconciler) buckets(ctx context.Context, s *scope) (string, error) {
	rules := buckets.Rules{Zone: s.zone(), Wait: int(s.platform.Config.Retention.KeyWaitDays)}
	for _, e := range s.environments {
		if e.claim != nil && !e.claim.CreationTimestamp.IsZero() {
			r.closeBuckets(ctx, s, e, rules)
		}
	}
	return "", nil
}

// closeBuckets does what one environment's plan says, up to the first failure.
func (r *Reconciler) closeBuckets(ctx context.Context, s *scope, e *environment, rules buckets.Rules) {
	// The volume is as old as the first document: one that a tenant of the same
	// name left behind brings the days with it on which nobody looked.
	place := buckets.Place{
		First: buckets.Name(e.claim.CreationTimestamp.Time, rules.Zone),
		Delay: buckets.Delay(s.tenant.Namespace + "/" + e.name),
	}
	plan := buckets.Decide(place, e.bucketState(), s.bucketWord(e), rules, s.now)
	e.status.KeysWaitingSince = nil
	if !plan.Since.IsZero() {
		e.status.KeysWaitingSince = &metav1.Time{Time: plan.Since.Truncate(time.Second)}
	}
	e.waitsFor, e.deletedOn = plan.Waits, plan.Until
	if len(plan.Days) == 0 {
		return
	}
	done, err := buckets.Carry(ctx, s.platform.Vault, desired.KeyPrefix(s.tenant.Namespace, s.tenant.Name, e.Name), plan)
	logger := log.FromContext(ctx).WithValues("environment", e.Name)
	if e.uncloses = err; err != nil {
		e.waitsFor = done.Failed
		logger.Error(err, "cannot delete the key of a day that is over; trying again", "day", done.Failed)
	}
	e.status.KeysClosedThrough = orElse(done.Through, e.status.KeysClosedThrough)
	if len(done.Deleted)+len(done.Reborn) > 0 {
		logger.Info("deleted the keys of days that are over", "days", done.Deleted, "unconfirmed", done.Forced, "again", done.Reborn)
	}
	s.tellClosed(e, done)
}

// tellClosed tells of what should not have been.
func (s *scope) tellClosed(e *environment, done buckets.Done) {
	for _, day := range done.Forced {
		keysForced.WithLabelValues(s.tenant.Namespace, s.tenant.Name).Inc()
		s.news = append(s.news, news{warning: true, reason: "KeyDeletedUnconfirmed", note: fmt.Sprintf(
			"%s: the key of %s is deleted although the server has not said that nothing is left in it: the time for that was over. What was in it cannot be opened any more.", e.Name, day)})
	}
	for _, day := range done.Reborn {
		keysReborn.WithLabelValues(s.tenant.Namespace, s.tenant.Name).Inc()
		s.news = append(s.news, news{warning: true, reason: "KeyReborn", note: fmt.Sprintf(
			"%s: the key of %s had come to life again after its deletion, and is deleted once more. Look at the clock of the node on which the server runs.", e.Name, day)})
	}
}

func (e *environment) bucketState() buckets.State {
	state := buckets.State{Through: e.status.KeysClosedThrough}
	if since := e.status.KeysWaitingSince; since != nil {
		state.Since = since.Time
	}
	return state
}

// bucketWord is what the server said at this look, or shortly before. One of a
// version that does not tell is as one that is silent.
func (s *scope) bucketWord(e *environment) buckets.Word {
	report := e.report(s.now)
	if report == nil || report.Retention == nil || report.Retention.LastSweep == nil {
		return buckets.Word{}
	}
	return buckets.Word{Told: true, Earliest: report.Retention.EarliestBucket, Swept: *report.Retention.LastSweep}
}

// tellBuckets adds the condition of keys that are not deleted a day after they
// should be.
func (s *scope) tellBuckets() {
	reason, parts := "", []string(nil)
	for _, e := range s.environments {
		if !e.isOverdue(s.now) {
			continue
		}
		why, text := s.overdue(e)
		reason, parts = orElse(reason, why), append(parts, text)
	}
	if len(parts) > 0 {
		s.add(v1alpha1.KeysOverdueCondition, reason, strings.Join(parts, " "))
	}
}

// isOverdue: what is waited for was due more than a day ago.
func (e *environment) isOverdue(now time.Time) bool {
	begun, err := time.Parse(time.DateOnly, e.waitsFor)
	return err == nil && now.Sub(begun) >= overdueAfter
}

func (s *scope) overdue(e *environment) (reason, text string) {
	if e.uncloses != nil {
		problem := conditions.Classify(vaultProblem(e.uncloses))
		return problem.Reason, fmt.Sprintf("%s: the key of %s is not deleted: %s", e.Name, e.waitsFor, problem.Message)
	}
	until := e.deletedOn.UTC().Format(time.RFC3339)
	word := s.bucketWord(e)
	switch {
	case !word.Told:
		return "ServerSilent", fmt.Sprintf("%s: the key of %s is kept: the server does not say that nothing is left in it. Look after the server; the key is deleted all the same on %s.", e.Name, e.waitsFor, until)
	case word.Earliest != "" && word.Earliest <= e.waitsFor:
		return "DocumentsLeft", fmt.Sprintf("%s: the key of %s is kept: the server still has documents of %s. Look at its log for what keeps it from sweeping; the key is deleted all the same on %s.", e.Name, e.waitsFor, word.Earliest, until)
	default:
		return "NotSwept", fmt.Sprintf("%s: the key of %s is kept: by its own clock the server has not swept since that day. Look at its log, and at the clock of its node; the key is deleted all the same on %s.", e.Name, e.waitsFor, until)
	}
}
