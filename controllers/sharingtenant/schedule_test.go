package sharingtenant

import (
	"os"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/calendar"
	"voute.dev/voute/internal/fleet"
	"voute.dev/voute/internal/platform"
	"voute.dev/voute/internal/rollout"
)

// A change under way is given up at once for what ran healthy before, which is an
// older version; any other older version is refused.
func TestToGoBackIsNoDowngrade(t *testing.T) {
	s := &scope{platform: &Platform{Config: &configv1.PlatformConfiguration{}}}
	for name, test := range map[string]struct {
		rollout v1alpha1.RolloutStatus
		refused bool
	}{
		"to what ran healthy":     {v1alpha1.RolloutStatus{LastHealthy: "good", Change: &v1alpha1.Change{}}, false},
		"to what never did":       {v1alpha1.RolloutStatus{LastHealthy: "other", Change: &v1alpha1.Change{}}, true},
		"once the change is done": {v1alpha1.RolloutStatus{LastHealthy: "good"}, true},
	} {
		e := &environment{rollout: test.rollout}
		class, err := s.stepTo(e, "good")("0.1.2", "0.1.1")
		if (err != nil) != test.refused {
			t.Errorf("%s: %v", name, err)
		}
		if told := s.classOf(e, rollout.Change{Class: class}, "good"); !test.refused && told != calendar.Repair {
			t.Errorf("%s: it is %s", name, told)
		}
	}
}

// A version that the platform team has halted is started by nobody who waits for his
// turn: an emergency does not, and neither does what is put back.
func TestAHaltedVersionIsNotStarted(t *testing.T) {
	file, err := os.ReadFile("../../config/default/platform.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const end = "rollout:\n  halted: [{version: 0.1.0, reason: uploads are cut off}]\n"
	cfg, err := platform.Load(append(file, end...))
	if err != nil {
		t.Fatal(err)
	}
	when, err := platform.Calendar(cfg, v1alpha1.Calendar{})
	if err != nil {
		t.Fatal(err)
	}
	const held = "a person: the platform team has halted version 0.1.0: uploads are cut off"
	for class, want := range map[calendar.Class]string{calendar.Fix: held, calendar.Emergency: "", calendar.Repair: ""} {
		r := &Reconciler{Fleet: fleet.New(nil)}
		s := &scope{
			now: time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC), when: when, platform: &Platform{Config: cfg},
			tenant: &v1alpha1.SharingTenant{ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: "a"}},
		}
		e := &environment{Environment: v1alpha1.Environment{Name: v1alpha1.ProductionEnvironment}, status: &v1alpha1.EnvironmentStatus{}}
		p := proposal{change: rollout.Change{Class: class, From: "0.0.9", To: "0.1.0"}}
		if got, opening := r.mayStart(s, e, p); got != want || opening != nil {
			t.Errorf("%s waits for %q, %v; want %q", class, got, opening, want)
		}
	}
}
