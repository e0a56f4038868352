package sharingtenant

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"voute.dev/voute/server/status"
)

const (
	megabyte = 1_000_000
	gigabyte = 1_000_000_000

	// The use that a status shows may lag behind by smallStep bytes, or by one
	// percent of a small quota: to write every upload would cost the API server
	// a write a minute for each busy client, and tell nobody anything.
	smallStep = 50 * megabyte
	// A use that moves less is written once a day, so that it is never older.
	longest = 24 * time.Hour
)

// usage takes over what the servers report. While one does not answer, the
// figures before stay, with the time at which they were told.
func (r *Reconciler) usage(ctx context.Context, s *scope) (string, error) {
	s.tenant.Status.Environments = nil
	for _, e := range s.environments {
		if e.word.Report != nil && e.word.Err == nil {
			e.takeOver(e.word.Report, s.now)
		}
		r.tellAvailability(s, e)
		s.setEnvironment(e)
	}
	return "", r.bill(ctx, s)
}

// setEnvironment puts an environment into the status.
func (s *scope) setEnvironment(e *environment) {
	now := *e.status.DeepCopy()
	now.Pending, now.Rollout = e.pending, nil
	if e.rollout.Revision != "" {
		now.Rollout = e.rollout.DeepCopy()
	}
	all := s.tenant.Status.Environments
	for i := range all {
		if all[i].Name == now.Name {
			all[i] = now
			return
		}
	}
	s.tenant.Status.Environments = append(s.tenant.Status.Environments, now)
}

func (e *environment) takeOver(report *status.Report, now time.Time) {
	e.status.Version = report.Version
	if until := report.Certificate.NotAfter; !until.IsZero() {
		e.status.CertificateNotAfter = &metav1.Time{Time: until.Truncate(time.Second)}
	}
	quota, used := report.Storage.QuotaBytes, report.Storage.UsedBytes
	if !e.moved(quota, used, now) {
		return
	}
	e.status.Quota = resource.NewQuantity(quota, resource.DecimalSI)
	e.status.Used = resource.NewQuantity(wholeMegabytes(used), resource.DecimalSI)
	e.status.UsedPercent = percent(used, quota)
	e.status.UsageTime = &metav1.Time{Time: now.Truncate(time.Second)}
}

// moved says whether the figures differ enough from those in the status.
func (e *environment) moved(quota, used int64, now time.Time) bool {
	last := e.status
	if last.Quota == nil || last.Used == nil || last.UsedPercent == nil || last.UsageTime == nil || last.Quota.Value() != quota {
		return true
	}
	difference := wholeMegabytes(used) - last.Used.Value()
	if difference < 0 {
		difference = -difference
	}
	step := max(megabyte, min(smallStep, quota/100))
	return difference >= step || (difference != 0 && (used == 0 || !isWithin(now, last.UsageTime.Time, longest)))
}

// wholeMegabytes rounds up, so that only an empty vault shows 0.
func wholeMegabytes(bytes int64) int64 { return (bytes + megabyte - 1) / megabyte * megabyte }

func percent(used, quota int64) *int32 {
	if quota <= 0 {
		return nil
	}
	whole := int32(min(used/(max(1, quota/100)), 999))
	return &whole
}
