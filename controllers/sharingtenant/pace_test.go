package sharingtenant

import (
	"errors"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/conditions"
)

func underWay(since time.Duration) *scope {
	return &scope{now: noon, tenant: &v1alpha1.SharingTenant{Status: v1alpha1.SharingTenantStatus{Conditions: []metav1.Condition{{
		Type: v1alpha1.ReconcilingCondition, Status: metav1.ConditionTrue, LastTransitionTime: metav1.NewTime(noon.Add(-since)),
	}}}}}
}

func TestPace(t *testing.T) {
	waiting := conditions.Wait("OnItsWay", "it comes")
	sealed := conditions.Retry(nil, "VaultSealed", "unseal it")
	soon := conditions.Wait("Soon", "at once")
	soon.After = time.Second
	for name, test := range map[string]struct {
		errs  []error
		since time.Duration
		want  time.Duration
		news  bool
	}{
		"all done":             {[]error{nil, nil}, 0, DefaultPace.Settled, false},
		"waiting":              {[]error{nil, waiting}, time.Second, DefaultPace.Eager, true},
		"waiting for long":     {[]error{waiting}, time.Hour, DefaultPace.Patient, true},
		"a fault":              {[]error{sealed}, time.Second, DefaultPace.Patient, true},
		"a fault and waiting":  {[]error{sealed, waiting}, time.Second, DefaultPace.Eager, true},
		"a person is needed":   {[]error{conditions.Stall("PilotMissing", "name one")}, 0, DefaultPace.Settled, false},
		"a problem's own time": {[]error{soon}, time.Hour, time.Second, true},
	} {
		var results []conditions.Result
		for _, err := range test.errs {
			results = append(results, conditions.Result{Type: "A", Err: err})
		}
		got, err := DefaultPace.next(underWay(test.since), results)
		if err != nil || got.RequeueAfter < test.want || got.RequeueAfter > test.want+time.Duration(jitter*float64(test.want)) {
			t.Errorf("%s: %s, %v; want %s and a little more", name, got.RequeueAfter, err, test.want)
		}
		priority := ptr.To(routinePriority)
		if test.news {
			priority = nil // Reconcile gives what has none that of news
		}
		if !ptr.Equal(got.Priority, priority) {
			t.Errorf("%s: priority %v; want news: %t", name, got.Priority, test.news)
		}
	}
	boom := errors.New("boom")
	if _, err := DefaultPace.next(underWay(0), []conditions.Result{{Type: "A", Err: boom}}); !errors.Is(err, boom) {
		t.Errorf("a fault nobody foresaw is not given back: %v", err)
	}
}

// What is promised: Vault is found unsealed, and a change of use is seen,
// within a minute, whatever the jitter.
func TestDefaultPaceKeepsItsPromise(t *testing.T) {
	longest := func(d time.Duration) time.Duration { return d + time.Duration(jitter*float64(d)) }
	if got := longest(DefaultPace.Patient); got > 20*time.Second {
		t.Errorf("a fault is looked at again after %s", got)
	}
	if got := longest(DefaultPace.Settled); got > time.Minute {
		t.Errorf("a server is asked again after %s", got)
	}
}

// A start that comes before the next turn is news, too: nobody is late for it
// because of tenants where nothing happens.
func TestAStartIsNews(t *testing.T) {
	s := underWay(0)
	s.environments = []*environment{{pending: &v1alpha1.PendingChange{StartTime: new(metav1.NewTime(noon.Add(time.Second)))}}}
	got, err := DefaultPace.next(s, nil)
	if err != nil || got.RequeueAfter != time.Second || got.Priority != nil {
		t.Errorf("%+v, %v", got, err)
	}
}

// What waits beside a change that is done may have waited for that, and is not
// left to the next look that would be anyway.
func TestWhatWaitsForAnEndIsLookedAtAtOnce(t *testing.T) {
	for name, test := range map[string]struct {
		ended, waits bool
		want         time.Duration
	}{
		"a change is done, and nothing waits": {true, false, DefaultPace.Settled},
		"something waits, and nothing ended":  {false, true, DefaultPace.Settled},
		"production waits for development":    {true, true, cacheLag},
	} {
		s := underWay(0)
		s.ended, s.environments = test.ended, []*environment{{}, {}}
		if test.waits {
			s.environments[1].pending = &v1alpha1.PendingChange{}
		}
		if got := s.soonest(DefaultPace.Settled); got != test.want {
			t.Errorf("%s: %s; want %s", name, got, test.want)
		}
	}
}
