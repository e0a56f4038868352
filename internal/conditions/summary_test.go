package conditions_test

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"pgregory.net/rapid"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/conditions"
)

var (
	noon  = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	whole = conditions.Summary{Reason: "Serving", Message: "All is well."}
)

func done(kind string) conditions.Result {
	return conditions.Result{Type: kind, Reason: "Done", Message: "It is done."}
}

func failed(kind string, err error) conditions.Result { return conditions.Result{Type: kind, Err: err} }

var (
	waiting  = conditions.Wait("OnItsWay", "it comes")
	retrying = conditions.Retry(errors.New("no route"), "VaultSealed", "unseal it")
	stalled  = conditions.Stall("PilotMissing", "name a pilot")
	blocked  = conditions.Block("WaitingForPilot", "waits for a pilot")
)

func TestSet(t *testing.T) {
	for name, test := range map[string]struct {
		results []conditions.Result
		kstatus status.Status
		reason  string // of Ready
		others  string // of Reconciling, Stalled
	}{
		"all done":                              {[]conditions.Result{done("A"), done("B")}, status.CurrentStatus, "Serving", ""},
		"nothing to do":                         {nil, status.CurrentStatus, "Serving", ""},
		"waiting":                               {[]conditions.Result{done("A"), failed("B", waiting)}, status.InProgressStatus, "OnItsWay", "Reconciling"},
		"a fault that passes":                   {[]conditions.Result{failed("A", retrying), done("B")}, status.InProgressStatus, "VaultSealed", "Reconciling"},
		"a person is needed":                    {[]conditions.Result{failed("A", stalled), failed("B", blocked)}, status.FailedStatus, "PilotMissing", "Stalled"},
		"needed, while another waits":           {[]conditions.Result{failed("A", stalled), failed("B", waiting)}, status.InProgressStatus, "PilotMissing", "Reconciling"},
		"a fault before what needs a person":    {[]conditions.Result{failed("A", retrying), failed("B", stalled)}, status.InProgressStatus, "VaultSealed", "Reconciling"},
		"blocked by a later step":               {[]conditions.Result{failed("A", blocked), failed("B", stalled)}, status.FailedStatus, "PilotMissing", "Stalled"},
		"blocked only":                          {[]conditions.Result{failed("A", blocked)}, status.FailedStatus, "WaitingForPilot", "Stalled"},
		"unforeseen":                            {[]conditions.Result{failed("A", errors.New("boom"))}, status.InProgressStatus, "Failed", "Reconciling"},
		"a step without a condition of its own": {[]conditions.Result{done("A"), failed("", waiting)}, status.InProgressStatus, "OnItsWay", "Reconciling"},
	} {
		t.Run(name, func(t *testing.T) {
			got := conditions.Set(nil, 3, noon, whole, test.results)
			if verdict := kstatus(t, got, 3, 3); verdict != test.kstatus {
				t.Errorf("kstatus says %s, want %s", verdict, test.kstatus)
			}
			if ready := meta.FindStatusCondition(got, v1alpha1.ReadyCondition); ready.Reason != test.reason {
				t.Errorf("Ready is %s, want %s", ready.Reason, test.reason)
			}
			if others := abnormal(got); others != test.others {
				t.Errorf("there are %q, want %q", others, test.others)
			}
			if kstatus(t, got, 4, 3) != status.InProgressStatus {
				t.Error("a newer generation is not seen as in progress")
			}
		})
	}
}

func abnormal(all []metav1.Condition) string {
	var found []string
	for _, kind := range []string{v1alpha1.ReconcilingCondition, v1alpha1.StalledCondition} {
		if meta.IsStatusConditionTrue(all, kind) {
			found = append(found, kind)
		}
	}
	return strings.Join(found, " ")
}

func kstatus(t require, all []metav1.Condition, generation, observed int64) status.Status {
	tenant := &v1alpha1.SharingTenant{
		ObjectMeta: metav1.ObjectMeta{Name: "justice", Generation: generation},
		Status:     v1alpha1.SharingTenantStatus{ObservedGeneration: observed, Conditions: all},
	}
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(tenant)
	if err != nil {
		t.Fatalf("%v", err)
	}
	result, err := status.Compute(&unstructured.Unstructured{Object: fields})
	if err != nil {
		t.Fatalf("%v", err)
	}
	return result.Status
}

type require interface{ Fatalf(string, ...any) }

// Whatever becomes of the steps, tools see one state, and the right one.
func TestSetProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		outcome := rapid.SampledFrom([]error{nil, waiting, retrying, stalled, blocked, errors.New("boom")})
		var results []conditions.Result
		for _, kind := range []string{"A", "B", "C"} {
			result := done(kind)
			result.Err = outcome.Draw(t, kind)
			results = append(results, result)
		}
		first := conditions.Set(nil, 1, noon, whole, results)
		again := conditions.Set(first, 1, noon.Add(time.Hour), whole, results)
		if diff := cmp.Diff(first, again); diff != "" {
			t.Fatalf("the same outcome changes something:\n%s", diff)
		}
		ready, others := meta.IsStatusConditionTrue(first, v1alpha1.ReadyCondition), abnormal(first)
		if ready != (others == "") || strings.Contains(others, " ") {
			t.Fatalf("ready %v with %q", ready, others)
		}
		if verdict := kstatus(t, first, 1, 1); ready != (verdict == status.CurrentStatus) {
			t.Fatalf("ready %v, kstatus %s", ready, verdict)
		}
	})
}

func TestSetKeepsTransitionTimes(t *testing.T) {
	first := conditions.Set(nil, 1, noon, whole, []conditions.Result{failed("A", waiting)})
	later := conditions.Set(first, 2, noon.Add(time.Hour), whole, []conditions.Result{failed("A", stalled)})
	a := meta.FindStatusCondition(later, "A")
	if !a.LastTransitionTime.Time.Equal(noon) || a.Reason != "PilotMissing" || a.ObservedGeneration != 2 {
		t.Errorf("another reason is taken for a transition: %+v", a)
	}
	last := conditions.Set(later, 2, noon.Add(2*time.Hour), whole, []conditions.Result{done("A")})
	if a := meta.FindStatusCondition(last, "A"); !a.LastTransitionTime.Time.Equal(noon.Add(2 * time.Hour)) {
		t.Errorf("the transition is not dated: %+v", a)
	}
	if len(last) != 2 {
		t.Errorf("what no step speaks of is kept: %+v", last)
	}
}

// TestSetCutsBetweenCharacters: half a character is another one once it was
// written and read back, and the status would be written for ever.
func TestSetCutsBetweenCharacters(t *testing.T) {
	long := conditions.Stall("TooLong", "%s", "x"+strings.Repeat("é", 20_000))
	for _, c := range conditions.Set(nil, 1, noon, whole, []conditions.Result{failed("A", long)}) {
		if !utf8.ValidString(c.Message) || len(c.Message) < 32_000 {
			t.Errorf("%s has a message of %d bytes that ends in %q", c.Type, len(c.Message), c.Message[len(c.Message)-3:])
		}
	}
}

func TestClassify(t *testing.T) {
	tenants := schema.GroupResource{Group: "sharing.voute.dev", Resource: "sharingtenants"}
	leaving := apierrors.NewForbidden(tenants, "x", errors.New("it is being terminated"))
	leaving.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: corev1.NamespaceTerminatingCause}}
	for name, test := range map[string]struct {
		err    error
		class  conditions.Class
		reason string
	}{
		"a problem":             {stalled, conditions.Stalled, "PilotMissing"},
		"a problem within":      {errors.Join(errors.New("context"), waiting), conditions.Waiting, "OnItsWay"},
		"invalid":               {apierrors.NewInvalid(schema.GroupKind{Kind: "Service"}, "x", nil), conditions.Stalled, "Rejected"},
		"forbidden":             {apierrors.NewForbidden(tenants, "x", errors.New("no")), conditions.Retrying, "Forbidden"},
		"no such kind":          {&meta.NoKindMatchError{GroupKind: schema.GroupKind{Kind: "Certificate"}}, conditions.Retrying, "KindMissing"},
		"a kind that went":      {apierrors.NewGenericServerResponse(404, "patch", tenants, "x", "404 page not found", 0, true), conditions.Retrying, "KindMissing"},
		"an object that went":   {apierrors.NewNotFound(tenants, "x"), conditions.Retrying, "Failed"},
		"a namespace that goes": {leaving, conditions.Waiting, "NamespaceLeaving"},
		"anything else":         {apierrors.NewConflict(tenants, "x", errors.New("newer")), conditions.Retrying, "Failed"},
	} {
		if got := conditions.Classify(test.err); got.Class != test.class || got.Reason != test.reason {
			t.Errorf("%s: %d %s, want %d %s", name, got.Class, got.Reason, test.class, test.reason)
		}
	}
	if conditions.Classify(nil) != nil || !conditions.IsForeseen(nil) || !conditions.IsForeseen(waiting) || conditions.IsForeseen(errors.New("boom")) {
		t.Error("what is foreseen is not told from what is not")
	}
}

func TestMerge(t *testing.T) {
	for name, test := range map[string]struct {
		production, development error
		want                    string
		class                   conditions.Class
	}{
		"one":                 {nil, waiting, "development: it comes", conditions.Waiting},
		"the same":            {waiting, waiting, "production, development: it comes", conditions.Waiting},
		"a stall and a wait":  {stalled, waiting, "production: name a pilot development: it comes", conditions.Waiting},
		"a block and a stall": {blocked, stalled, "production: waits for a pilot development: name a pilot", conditions.Stalled},
	} {
		err := conditions.Merge([]conditions.Part{{Name: "production", Err: test.production}, {Name: "development", Err: test.development}})
		if got := conditions.Classify(err); got.Message != test.want || got.Class != test.class {
			t.Errorf("%s: %d %q, want %d %q", name, got.Class, got.Message, test.class, test.want)
		}
	}
	if err := conditions.Merge([]conditions.Part{{Name: "production"}}); err != nil {
		t.Errorf("nothing went wrong: %v", err)
	}
	boom := conditions.Merge([]conditions.Part{{Name: "production", Err: errors.New("boom")}})
	if conditions.IsForeseen(boom) {
		t.Error("a fault within is taken for foreseen")
	}
}
