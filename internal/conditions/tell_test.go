package conditions_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/conditions"
)

func TestTell(t *testing.T) {
	set := func(results ...conditions.Result) []metav1.Condition {
		return conditions.Set(nil, 1, noon, whole, results)
	}
	then := func(before []metav1.Condition, results ...conditions.Result) []metav1.Condition {
		return conditions.Set(before, 1, noon.Add(time.Hour), whole, results)
	}
	oneLeft := set(done("A"), failed("B", stalled))
	bothLeft := then(oneLeft, failed("A", retrying), failed("B", stalled))
	for name, test := range map[string]struct {
		before, after []metav1.Condition
		onItsWay      bool
		want          []string
	}{
		"new and stalled":  {nil, set(done("A"), failed("B", stalled), failed("C", blocked)), false, []string{"Warning PilotMissing"}},
		"new and done":     {nil, set(done("A")), false, nil},
		"first success":    {set(failed("A", waiting), failed("B", stalled)), set(done("A"), failed("B", stalled)), false, []string{"Warning PilotMissing"}},
		"a step is lost":   {oneLeft, bothLeft, false, []string{"Normal VaultSealed"}},
		"and comes back":   {bothLeft, then(bothLeft, done("A"), failed("B", stalled)), false, []string{"Warning PilotMissing", "Normal Done"}},
		"unchanged":        {set(failed("A", waiting)), set(failed("A", waiting)), false, nil},
		"done":             {set(failed("A", waiting)), set(done("A")), false, []string{"Normal Serving"}},
		"no longer done":   {set(done("A")), set(failed("A", retrying)), false, []string{"Warning VaultSealed"}},
		"new, on its way":  {nil, set(failed("A", waiting)), true, nil},
		"and a step on":    {set(failed("A", waiting), failed("B", blocked)), set(done("A"), failed("B", waiting)), true, nil},
		"and there":        {set(failed("A", waiting)), set(done("A")), false, []string{"Normal Serving"}},
		"on its way again": {set(done("A")), set(failed("A", waiting)), true, []string{"Warning " + waiting.Reason}},
		"another reason":   {set(failed("A", waiting)), set(failed("A", retrying)), false, []string{"Normal VaultSealed"}},
	} {
		recorder := events.NewFakeRecorder(10)
		conditions.Tell(recorder, &v1alpha1.SharingTenant{}, conditions.Change{Before: test.before, After: test.after, OnItsWay: test.onItsWay})
		close(recorder.Events)
		var got []string
		for event := range recorder.Events {
			got = append(got, strings.Join(strings.Fields(event)[:2], " "))
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestRecordCutsLongNotes(t *testing.T) {
	recorder := events.NewFakeRecorder(1)
	conditions.Record(recorder, &v1alpha1.SharingTenant{}, nil, corev1.EventTypeNormal, "R", "A", strings.Repeat("é", 1000))
	if got := <-recorder.Events; len(got) > 1024+len("Normal R ") || !strings.HasSuffix(got, "é...") {
		t.Errorf("the note has %d bytes and ends in %q", len(got), got[len(got)-8:])
	}
}
