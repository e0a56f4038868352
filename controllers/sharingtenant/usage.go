package sharingtenant

import (
	"context"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/growth"
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
	quota, used, reserved := report.Storage.QuotaBytes, report.Storage.UsedBytes, report.Storage.ReservedBytes
	level := growth.After(growth.Level(e.status.StorageLevel), used, quota)
	if !e.moved(quota, used, now) && !e.reserves(quota, reserved) && e.status.StorageLevel == v1alpha1.StorageLevel(level) {
		return
	}
	e.status.Quota = resource.NewQuantity(quota, resource.DecimalSI)
	e.status.Used = resource.NewQuantity(wholeMegabytes(used), resource.DecimalSI)
	e.status.Reserved = nil
	if reserved > 0 {
		e.status.Reserved = resource.NewQuantity(wholeMegabytes(reserved), resource.DecimalSI)
	}
	e.status.UsedPercent = percent(used, quota)
	e.status.StorageLevel = v1alpha1.StorageLevel(level)
	e.status.UsageTime = &metav1.Time{Time: now.Truncate(time.Second)}
	e.foresee(growth.Sample{At: now.Truncate(time.Second), Used: used}, quota)
}

// reserves says whether uploads under way take another part of the quota than the
// status says, and not just a little.
func (e *environment) reserves(quota, reserved int64) bool {
	var last int64
	if e.status.Reserved != nil {
		last = e.status.Reserved.Value()
	}
	difference := wholeMegabytes(reserved) - last
	return max(difference, -difference) >= stepOf(quota) || (reserved == 0 && last != 0)
}

// foresee says when the quota is used up at the present rate.
func (e *environment) foresee(now growth.Sample, quota int64) {
	history := historyOf(e.status.Growth).Add(now)
	e.status.Growth, e.status.FullOn = growthOf(history), ""
	if full, known := history.Full(now, quota); known {
		e.status.FullOn = full.UTC().Format(time.DateOnly)
	}
}

func historyOf(kept *v1alpha1.StorageGrowth) growth.History {
	if kept == nil {
		return growth.History{}
	}
	return growth.History{
		Base: growth.Sample{At: kept.Since.Time, Used: kept.Used.Value()},
		Next: growth.Sample{At: kept.NextSince.Time, Used: kept.NextUsed.Value()},
	}
}

func growthOf(h growth.History) *v1alpha1.StorageGrowth {
	return &v1alpha1.StorageGrowth{
		Since: metav1.Time{Time: h.Base.At}, Used: resource.NewQuantity(h.Base.Used, resource.DecimalSI),
		NextSince: metav1.Time{Time: h.Next.At}, NextUsed: resource.NewQuantity(h.Next.Used, resource.DecimalSI),
	}
}

// tellStorage adds the condition of quotas that are nearly used up, and tells each
// crossing once.
func (s *scope) tellStorage() {
	worst, parts := growth.Normal, []string(nil)
	for _, e := range s.environments {
		before := growth.Level(s.statusOf(e.Name).StorageLevel)
		now := growth.Level(e.status.StorageLevel)
		switch {
		case now.Exceeds(before):
			s.news = append(s.news, news{warning: true, reason: "Quota" + string(now), note: s.storageOf(e, now)})
		case now == growth.Normal && before != growth.Normal:
			s.news = append(s.news, news{reason: "QuotaNormal", note: string(e.Name) + ": less than 80 % of the quota is used again."})
		}
		if now == growth.Normal {
			continue
		}
		parts = append(parts, s.storageOf(e, now))
		if now.Exceeds(worst) {
			worst = now
		}
	}
	if len(parts) > 0 {
		s.add(v1alpha1.StorageLowCondition, "Quota"+string(worst), strings.Join(parts, " "))
	}
}

// storageOf says it in words that stay the same while the level does.
func (s *scope) storageOf(e *environment, level growth.Level) string {
	share := map[growth.Level]string{growth.Warning: "80", growth.Critical: "95"}[level]
	return fmt.Sprintf("%s: %s %% of the quota or more are used; when it is full no document is taken. Raise storage.allocatedGB, or have documents removed: see status.environments[].fullOn.", e.Name, share)
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
	return difference >= stepOf(quota) || (difference != 0 && (used == 0 || !isWithin(now, last.UsageTime.Time, longest)))
}

func stepOf(quota int64) int64 { return max(megabyte, min(smallStep, quota/100)) }

// wholeMegabytes rounds up, so that only an empty vault shows 0.
func wholeMegabytes(bytes int64) int64 { return (bytes + megabyte - 1) / megabyte * megabyte }

func percent(used, quota int64) *int32 {
	if quota <= 0 {
		return nil
	}
	whole := int32(min(used/(max(1, quota/100)), 999))
	return &whole
}
