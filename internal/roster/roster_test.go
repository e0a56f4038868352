package roster_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/roster"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func pilot(name, email string, age time.Duration) v1alpha1.Pilot {
	return v1alpha1.Pilot{
		ObjectMeta: metav1.ObjectMeta{Name: name, CreationTimestamp: metav1.NewTime(noon.Add(-age))},
		Spec:       v1alpha1.PilotSpec{Email: email, Name: name, Language: v1alpha1.French},
	}
}

func leaving(p v1alpha1.Pilot) v1alpha1.Pilot {
	p.DeletionTimestamp = &metav1.Time{Time: noon}
	return p
}

func TestOf(t *testing.T) {
	marie, paul := pilot("marie", "marie@a.example", 2*time.Hour), pilot("paul", "paul@a.example", time.Hour)
	double := pilot("double", "MARIE@a.example", time.Minute)
	twin := pilot("anne", "marie@a.example", 2*time.Hour)
	for name, test := range map[string]struct {
		named      []v1alpha1.Pilot
		want       []string
		duplicates map[string]string
	}{
		"none":                               {nil, nil, map[string]string{}},
		"two, oldest first":                  {[]v1alpha1.Pilot{paul, marie}, []string{"marie", "paul"}, map[string]string{}},
		"one address, the oldest counts":     {[]v1alpha1.Pilot{double, marie}, []string{"marie"}, map[string]string{"double": "marie"}},
		"of one age, by name":                {[]v1alpha1.Pilot{marie, twin}, []string{"anne"}, map[string]string{"marie": "anne"}},
		"one that goes does not count":       {[]v1alpha1.Pilot{leaving(marie), paul}, []string{"paul"}, map[string]string{}},
		"one that goes frees its address":    {[]v1alpha1.Pilot{leaving(marie), double}, []string{"double"}, map[string]string{}},
		"the last that goes counts until...": {[]v1alpha1.Pilot{leaving(marie)}, []string{"marie"}, map[string]string{}},
	} {
		got := roster.Of(test.named)
		var names []string
		for _, p := range got.Config() {
			names = append(names, p.ID)
		}
		if !slices.Equal(names, test.want) {
			t.Errorf("%s: %v, want %v", name, names, test.want)
		}
		if diff := cmp.Diff(test.duplicates, got.Duplicates); diff != "" {
			t.Errorf("%s: duplicates (-want +got):\n%s", name, diff)
		}
	}
}

func TestIsLast(t *testing.T) {
	marie, paul := leaving(pilot("marie", "m@a.example", 0)), pilot("paul", "p@a.example", 0)
	if !roster.IsLast([]v1alpha1.Pilot{marie}, "marie") || !roster.IsLast([]v1alpha1.Pilot{marie, leaving(paul)}, "marie") {
		t.Error("the last one is not known")
	}
	if roster.IsLast([]v1alpha1.Pilot{marie, paul}, "marie") {
		t.Error("one of two is taken for the last")
	}
}

// The order in which the cache gives pilots says nothing; each is a pilot or a
// duplicate of one, and no address is there twice.
func TestOfProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var named []v1alpha1.Pilot
		for i := range rapid.IntRange(0, 6).Draw(t, "pilots") {
			each := pilot(string(rune('a'+i)), rapid.SampledFrom([]string{"x@a.example", "X@a.example", "y@a.example"}).Draw(t, "email"),
				time.Duration(rapid.IntRange(0, 2).Draw(t, "age"))*time.Hour)
			if rapid.Bool().Draw(t, "leaving") {
				each = leaving(each)
			}
			named = append(named, each)
		}
		got, shuffled := roster.Of(named), roster.Of(rapid.Permutation(named).Draw(t, "order"))
		if diff := cmp.Diff(got, shuffled); diff != "" {
			t.Fatalf("the order matters:\n%s", diff)
		}
		seen := map[string]bool{}
		for _, p := range got.Pilots {
			if address := strings.ToLower(p.Spec.Email); seen[address] {
				t.Fatalf("%s is there twice", address)
			} else {
				seen[address] = true
			}
		}
		if len(named) > 0 && len(got.Pilots) == 0 {
			t.Fatal("nobody is left")
		}
	})
}
