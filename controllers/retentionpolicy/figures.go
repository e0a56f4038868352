package retentionpolicy

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/platform"
	"voute.dev/voute/internal/serverstatus"
)

// seldom is how often figures that move are written: each upload moves them.
const seldom = time.Hour

// takeOver adds up what the servers tell, and says when to look again. Figures are
// written at most once an hour, and not before every server that serves has told
// its own: after a restart of the operator the ones before stay until then.
func (r *Reconciler) takeOver(status *v1alpha1.RetentionPolicyStatus, users []v1alpha1.SharingTenant) time.Duration {
	if len(users) == 0 {
		set(status, nil, nil)
		return 0
	}
	sum, whole := r.sum(users)
	if !whole || sum == figuresOf(status) && status.FiguresTime != nil {
		return 0
	}
	now := r.Now()
	if last := status.FiguresTime; last != nil && !last.After(now) && now.Sub(last.Time) < seldom {
		return last.Add(seldom).Sub(now)
	}
	set(status, &sum, &metav1.Time{Time: now.Truncate(time.Second)})
	return 0
}

// sum is whole once each environment that has an address was heard. A server of a
// version that does not tell counts as nothing.
func (r *Reconciler) sum(users []v1alpha1.SharingTenant) (sum serverstatus.Figures, whole bool) {
	zone, told := platform.Zone(r.Config()), false
	for i := range users {
		for _, e := range users[i].Status.Environments {
			word := r.Reports.Last(serverstatus.Key{Namespace: users[i].Namespace, Tenant: users[i].Name, Environment: e.Name})
			if word.Report == nil && e.URL != "" {
				return sum, false
			}
			if figures, tells := serverstatus.FiguresOf(word.Report, zone); tells {
				sum, told = sum.Plus(figures), true
			}
		}
	}
	return sum, told
}

func figuresOf(status *v1alpha1.RetentionPolicyStatus) serverstatus.Figures {
	figures := serverstatus.Figures{
		DueIn7Days: ptr.Deref(status.DueIn7Days, 0), Shredded: ptr.Deref(status.Shredded, 0), Held: ptr.Deref(status.Held, 0), LastSweep: status.LastSweep,
	}
	if status.NextExpiry != nil {
		figures.NextExpiry = status.NextExpiry.UTC()
	}
	return figures
}

func set(status *v1alpha1.RetentionPolicyStatus, figures *serverstatus.Figures, at *metav1.Time) {
	status.NextExpiry, status.DueIn7Days, status.LastSweep, status.Shredded, status.Held, status.FiguresTime = nil, nil, "", nil, nil, at
	if figures == nil {
		return
	}
	status.DueIn7Days, status.Shredded, status.Held, status.LastSweep = &figures.DueIn7Days, &figures.Shredded, &figures.Held, figures.LastSweep
	if !figures.NextExpiry.IsZero() {
		status.NextExpiry = &metav1.Time{Time: figures.NextExpiry}
	}
}
