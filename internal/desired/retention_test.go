package desired

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/ptr"

	"voute.dev/voute/api/v1alpha1"
	serverconfig "voute.dev/voute/server/config"
)

// What the API server fills in is not in the file: a server of before the field
// was there would refuse it.
func TestRetentionByDefault(t *testing.T) {
	policy := v1alpha1.RetentionPolicySpec{
		DefaultDays: 30, MinDays: 1, MaxDays: 90, SenderMayChoose: ptr.To(true), AfterLastDownload: "Keep", AfterLastDownloadDays: 1,
		JournalDays: 3650, Bucket: "Day", ApplyShortening: "FromNowOn",
	}
	bare := v1alpha1.RetentionPolicySpec{DefaultDays: 30, MinDays: 1, MaxDays: 90, JournalDays: 3650}
	want := &serverconfig.Retention{DefaultDays: 30, MinDays: 1, MaxDays: 90}
	for _, spec := range []v1alpha1.RetentionPolicySpec{policy, bare} {
		if diff := cmp.Diff(want, Retention(spec)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestRetentionWithEverything(t *testing.T) {
	policy := v1alpha1.RetentionPolicySpec{
		DefaultDays: 7, MinDays: 2, MaxDays: 14, SenderMayChoose: ptr.To(false), AfterLastDownload: "Delete", AfterLastDownloadDays: 3,
		JournalDays: 400, Bucket: "Week", ApplyShortening: "ToAll",
	}
	want := &serverconfig.Retention{
		DefaultDays: 7, MinDays: 2, MaxDays: 14, SenderMayChoose: ptr.To(false), AfterLastDownload: "Delete", AfterLastDownloadDays: 3,
		JournalDays: 400, Bucket: "Week", ApplyShortening: "ToAll",
	}
	if diff := cmp.Diff(want, Retention(policy)); diff != "" {
		t.Error(diff)
	}
}
