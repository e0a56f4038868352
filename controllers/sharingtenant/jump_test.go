package sharingtenant

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/calendar"
	"voute.dev/voute/internal/rollout"
	"voute.dev/voute/internal/serverstatus"
	"voute.dev/voute/server/status"
)

func TestIsWithin(t *testing.T) {
	for name, test := range map[string]struct {
		at   time.Time
		want bool
	}{
		"now":               {noon, true},
		"just before":       {noon.Add(-time.Minute + 1), true},
		"as old as that":    {noon.Add(-time.Minute), false},
		"never":             {time.Time{}, false},
		"in time to come":   {noon.Add(time.Nanosecond), false},
		"long before it is": {noon.AddDate(500, 0, 0), false},
	} {
		if got := isWithin(noon, test.at, time.Minute); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestAChangeEndsAfterAJump: its server reports, and is healthy, whichever way the
// clock went while it was started; where it does not, the change is over in time.
func TestAChangeEndsAfterAJump(t *testing.T) {
	const lasts = 15 * time.Minute
	for name, now := range map[string]time.Time{
		"none": noon.Add(time.Minute), "a week on": noon.AddDate(0, 0, 7), "a week back": noon.AddDate(0, 0, -7),
		"a second back": noon.Add(-time.Second), "years back": noon.AddDate(-30, 0, 0),
	} {
		t.Run(name, func(t *testing.T) {
			s, e := &scope{now: now}, changing(noon, lasts)
			e.word = serverstatus.Word{Report: &status.Report{Ready: true}, Time: noon, Asked: noon}
			rewind(&e.rollout, s.now, lasts)
			if past := e.report(now); (past == nil) != (now.Before(noon) || now.Sub(noon) > silence) {
				t.Errorf("a report of %s is taken for %+v", noon, past)
			}
			e.word.Time, e.word.Asked = now, now
			if !s.isHealthy(e) {
				t.Errorf("a server that reports is not healthy: %+v", e.rollout.Change)
			}
			if deadline := e.rollout.Change.Deadline.Time; deadline.After(now.Add(lasts)) {
				t.Errorf("the change lasts until %s", deadline)
			}
			if since := e.rollout.HealthySince.Time; since.After(now) {
				t.Errorf("it is healthy from %s on", since)
			}
		})
	}
}

// changing is an environment whose change was started at a time.
func changing(at time.Time, lasts time.Duration) *environment {
	return &environment{available: true, rollout: v1alpha1.RolloutStatus{
		HealthySince: &metav1.Time{Time: at},
		Change:       &v1alpha1.Change{Class: v1alpha1.FixChange, StartTime: &metav1.Time{Time: at}, Deadline: &metav1.Time{Time: at.Add(lasts)}},
	}}
}

func TestWithoutAJumpNothingIsRewound(t *testing.T) {
	e := changing(noon, time.Hour)
	before := e.rollout.DeepCopy()
	rewind(&e.rollout, noon, time.Minute)
	if diff := cmp.Diff(*before, e.rollout); diff != "" {
		t.Error(diff)
	}
	rewind(&v1alpha1.RolloutStatus{}, noon, time.Minute) // nothing ever ran
}

// What was asked for in time to come was asked for now: its notice is not longer
// than the rules have it.
func TestPendingSinceAfterAJump(t *testing.T) {
	p := proposal{name: "r", change: rollout.Change{Class: calendar.Release, From: "0.1.0", To: "0.2.0"}}
	e := &environment{status: &v1alpha1.EnvironmentStatus{Pending: &v1alpha1.PendingChange{Revision: "r", Since: &metav1.Time{Time: noon}}}}
	for now, want := range map[time.Time]time.Time{
		noon.AddDate(0, 0, 7): noon, noon: noon, noon.AddDate(0, 0, -7): noon.AddDate(0, 0, -7),
	} {
		if got := e.pendingSince(now, p); !got.Equal(want) {
			t.Errorf("at %s it waits since %s; want %s", now, got, want)
		}
	}
}

func TestACacheIsNotBehindForEverAfterAJump(t *testing.T) {
	w, tenant := &writes{}, &v1alpha1.SharingTenant{}
	tenant.ResourceVersion = "20"
	w.note(tenant, noon)
	tenant.ResourceVersion = "10"
	if !w.isAheadOf(tenant, noon.Add(time.Second)) {
		t.Fatal("an older one is taken for true at once: the test proves nothing")
	}
	if w.isAheadOf(tenant, noon.AddDate(0, 0, -7)) {
		t.Error("after a jump back it is waited for")
	}
}

// silent counts the questions, and answers none of them.
type silent struct{ asked int }

func (r *silent) Read(context.Context, string, string) (*status.Report, error) {
	r.asked++
	return nil, errors.New("no answer")
}

// A report of a time to come is not fresh: its server is asked again at once, and
// once it is silent nobody goes by what it said then.
func TestAServerIsAskedAgainAfterAJumpBack(t *testing.T) {
	for name, test := range map[string]struct {
		now   time.Time
		asked int
		known bool
	}{
		"at once": {noon, 0, true}, "later": {noon.Add(time.Minute), 1, true}, "a week on": {noon.AddDate(0, 0, 7), 1, false}, "a week back": {noon.AddDate(0, 0, -7), 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			server := &silent{}
			e := &environment{deployed: true, status: &v1alpha1.EnvironmentStatus{}}
			s := &scope{now: test.now, tenant: &v1alpha1.SharingTenant{}, platform: &Platform{Server: server}, environments: []*environment{e}}
			r := &Reconciler{Reports: serverstatus.NewStore(), Pace: DefaultPace}
			r.Reports.Answered(s.serverKey(e), &status.Report{Ready: true}, noon)
			r.ask(t.Context(), s)
			if known := e.report(s.now) != nil; server.asked != test.asked || known != test.known {
				t.Errorf("asked %d times, known: %v", server.asked, known)
			}
		})
	}
}
