package sharingtenant

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"voute.dev/voute/api/v1alpha1"
)

func TestWritesAreAheadForAWhile(t *testing.T) {
	written := &writes{}
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	seen := func(version string) *v1alpha1.SharingTenant {
		return &v1alpha1.SharingTenant{ObjectMeta: metav1.ObjectMeta{Namespace: "justice", Name: "justice", ResourceVersion: version}}
	}
	if written.isAheadOf(seen("7"), at) {
		t.Error("nothing was written yet")
	}
	written.note(seen("1000"), at)
	for _, each := range []struct {
		version string
		after   time.Duration
		want    bool
	}{
		{"999", 0, true},
		{"999", longestLag - 1, true},
		{"1000", 0, false},
		{"1001", 0, false},
		{"12", longestLag, false}, // restored from a backup
	} {
		if got := written.isAheadOf(seen(each.version), at.Add(each.after)); got != each.want {
			t.Errorf("ahead of version %s after %s: %t", each.version, each.after, got)
		}
	}
}
