package sharingtenant

import (
	"maps"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/calendar"
	"voute.dev/voute/internal/desired"
	"voute.dev/voute/internal/rollout"
)

// plan is a revision that is rendered when it is asked for: as long as nothing
// changes, its name and version are all that is.
type plan struct {
	in      desired.Input
	version string
	made    *rollout.Revision
}

// planned is the plan of a revision that is there.
func planned(revision *rollout.Revision) *plan {
	return &plan{version: revision.Version, made: revision}
}

func (p *plan) revision() *rollout.Revision {
	if p.made == nil {
		p.made = rollout.New(p.in)
	}
	return p.made
}

// take has an environment run with what is wanted.
func (e *environment) take(wanted *plan, name string) {
	e.revision, e.revisionName, e.pending = wanted, name, nil
	e.rollout.Revision, e.rollout.Version = name, wanted.version
}

// keep has an environment go on with what is in force: its host and what its
// server mounts too. Where that is lost, its server is left as it is.
func (e *environment) keep(runs *rollout.Revision) {
	if runs == nil {
		e.unknown = true
		return
	}
	e.revision, e.revisionName = planned(runs), e.rollout.Revision
	e.rollout.Version = runs.Version
	e.Host, e.Certificate = runs.Host, runs.Certificate
	e.mounted = &desired.Mounted{Logo: runs.Logo != "", MailCredentials: runs.MailCredentials != ""}
}

// wait puts a change into the status as one that waits. What it said before stays
// as long as it is the same change: the time at which it was asked for, and the
// time in which it may start while that goes on.
func (e *environment) wait(now time.Time, p proposal, waitsFor string, opening *calendar.Opening) {
	since := e.pendingSince(now, p)
	next := &v1alpha1.PendingChange{
		Class: told(p.change.Class), Reason: shortened(p.change.Reason), Revision: p.name, Version: p.wanted.Version,
		Since: timeOf(since), WaitsFor: shortened(waitsFor),
	}
	if opening != nil {
		next.StartTime, next.EndTime = timeOf(opening.From), timeOf(opening.To)
	}
	if last := e.status.Pending; last != nil && last.Revision == p.name && last.StartTime != nil && next.StartTime != nil &&
		!opening.From.After(now) && !last.StartTime.After(now) && last.EndTime.Equal(next.EndTime) {
		next.StartTime = last.StartTime
	}
	e.pending = next
}

// pendingSince is when a change was first asked for: another version, or another
// change, begins anew.
func (e *environment) pendingSince(now time.Time, p proposal) time.Time {
	last := e.status.Pending
	if last == nil || (last.Revision != p.name && (last.Version != p.change.To || !p.change.MovesVersion())) {
		return now.Truncate(time.Second)
	}
	return earlier(last.Since.Time, now.Truncate(time.Second))
}

func timeOf(at time.Time) *metav1.Time {
	if at.IsZero() {
		return nil
	}
	return &metav1.Time{Time: at.Truncate(time.Second)}
}

// revisions are those that were read, as long as their tenants are there. Only
// what differs from what is wanted is ever read.
type revisions struct {
	lock sync.Mutex
	read map[types.NamespacedName]*rollout.Revision
}

func (r *revisions) get(key types.NamespacedName) *rollout.Revision {
	r.lock.Lock()
	defer r.lock.Unlock()
	return r.read[key]
}

func (r *revisions) put(key types.NamespacedName, revision *rollout.Revision) {
	r.lock.Lock()
	defer r.lock.Unlock()
	if r.read == nil {
		r.read = map[types.NamespacedName]*rollout.Revision{}
	}
	r.read[key] = revision
}

// forget drops those of a tenant.
func (r *revisions) forget(tenant types.NamespacedName) {
	r.lock.Lock()
	defer r.lock.Unlock()
	maps.DeleteFunc(r.read, func(key types.NamespacedName, _ *rollout.Revision) bool {
		return key.Namespace == tenant.Namespace && strings.HasPrefix(key.Name, tenant.Name+"-")
	})
}

func (r *revisions) drop(key types.NamespacedName) {
	r.lock.Lock()
	defer r.lock.Unlock()
	delete(r.read, key)
}
