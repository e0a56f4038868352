package sharingtenant

import (
	"testing"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/calendar"
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
