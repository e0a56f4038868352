package sharingtenant

import (
	"math/rand/v2"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/conditions"
)

// Pace says how long to wait before looking again. What happens in the cluster
// wakes the operator by itself; this is for what only a question finds out: the
// servers' reports, and Vault.
type Pace struct {
	// Eager while things are on their way and soon done.
	Eager time.Duration
	// Patient when they have been for longer than Impatience, or a fault is expected to pass.
	Patient    time.Duration
	Impatience time.Duration
	// Settled is the least time between two questions to a server that is as it should be.
	Settled time.Duration
	// Even leaves out what is added at random, for a clock of one's own.
	Even bool
}

// DefaultPace sees a change of use within a minute, and Vault unsealed within half of one.
var DefaultPace = Pace{Eager: 2 * time.Second, Patient: 10 * time.Second, Impatience: 2 * time.Minute, Settled: 40 * time.Second}

const (
	// A cache that is behind is looked at again after cacheLag; one that is
	// behind for longestLag is taken for true.
	cacheLag   = 100 * time.Millisecond
	longestLag = time.Minute
	jitter     = 0.5

	// What is as it should be waits behind what is not: an operator with more
	// tenants than it can look at in time is late where nothing happens. What
	// somebody changes meanwhile comes with the priority of news.
	routinePriority, newsPriority = handler.LowPriority, 0
)

// pace says when to look again. A fault of ours or of the API server goes back
// as an error, which is retried sooner at first, and later.
func (p Pace) next(s *scope, results []conditions.Result) (ctrl.Result, error) {
	next := p.Settled
	for _, result := range results {
		problem := conditions.Classify(result.Err)
		if problem == nil {
			continue
		}
		if !conditions.IsForeseen(result.Err) {
			return ctrl.Result{}, result.Err
		}
		next = min(next, p.after(problem, s.underWay()))
	}
	turn := p.spread(next)
	again := s.soonest(turn)
	if next == p.Settled && again == turn {
		return ctrl.Result{RequeueAfter: again, Priority: ptr.To(routinePriority)}, nil
	}
	return ctrl.Result{RequeueAfter: again}, nil
}

// soonest looks again when the time of a change has come, or is over. What waits
// beside one that is done may have waited for that.
func (s *scope) soonest(next time.Duration) time.Duration {
	if s.returned || (s.ended && s.waits()) {
		return min(next, cacheLag)
	}
	for _, e := range s.environments {
		if e.pending != nil && e.pending.StartTime != nil && e.pending.StartTime.After(s.now) {
			next = min(next, e.pending.StartTime.Sub(s.now))
		}
		if change := e.rollout.Change; change != nil {
			next = min(next, max(cacheLag, change.Deadline.Sub(s.now)))
		}
	}
	return next
}

// waits: a change of the tenant does.
func (s *scope) waits() bool {
	return slices.ContainsFunc(s.environments, func(e *environment) bool { return e.pending != nil })
}

func (p Pace) after(problem *conditions.Problem, underWay time.Duration) time.Duration {
	switch {
	case problem.After > 0:
		return problem.After
	case problem.Class == conditions.Retrying:
		return p.Patient
	case problem.Class == conditions.Waiting && underWay < p.Impatience:
		return p.Eager
	case problem.Class == conditions.Waiting:
		return p.Patient
	default:
		return p.Settled
	}
}

// underWay is for how long the tenant has been.
func (s *scope) underWay() time.Duration {
	if c := meta.FindStatusCondition(s.tenant.Status.Conditions, v1alpha1.ReconcilingCondition); c != nil {
		return s.now.Sub(c.LastTransitionTime.Time)
	}
	return 0
}

// freshness is the age up to which a server's report does without another
// question: a little less than the pace at which it is asked for, and never so
// old that it would no longer be taken for true.
func (p Pace) freshness(s *scope) time.Duration {
	if meta.IsStatusConditionTrue(s.before.Conditions, v1alpha1.ReadyCondition) && s.before.ObservedGeneration == s.tenant.Generation {
		return min(p.Settled*2/3, silence/2)
	}
	return p.Eager / 2
}

// spread keeps tenants that began together from asking together.
func (p Pace) spread(d time.Duration) time.Duration {
	if p.Even {
		return d
	}
	return d + time.Duration(rand.Float64()*jitter*float64(d))
}
