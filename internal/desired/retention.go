package desired

import (
	"voute.dev/voute/api/v1alpha1"
	serverconfig "voute.dev/voute/server/config"
)

// Retention is a policy as the server reads it. What is as it is by default is
// left out: a server of before the field was there takes the file all the same.
func Retention(policy v1alpha1.RetentionPolicySpec) *serverconfig.Retention {
	r := &serverconfig.Retention{
		DefaultDays: int(policy.DefaultDays), MinDays: int(policy.MinDays), MaxDays: int(policy.MaxDays),
	}
	if chooses := policy.SenderMayChoose; chooses != nil && !*chooses {
		r.SenderMayChoose = chooses
	}
	if policy.AfterLastDownload == v1alpha1.DeleteAfterLastDownload {
		r.AfterLastDownload, r.AfterLastDownloadDays = serverconfig.DeleteAfterLastDownload, int(policy.AfterLastDownloadDays)
	}
	if policy.JournalDays != v1alpha1.DefaultJournalDays {
		r.JournalDays = int(policy.JournalDays)
	}
	if policy.Bucket == v1alpha1.WeekBucket {
		r.Bucket = serverconfig.WeekBucket
	}
	if policy.ApplyShortening == v1alpha1.ShortenAll {
		r.ApplyShortening = serverconfig.ShortenAll
	}
	return r
}
