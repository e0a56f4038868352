package sharingtenant

import (
	"context"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/conditions"
	"voute.dev/voute/internal/tariff"
)

// bill prices production's allocation as far as its volume holds it, and records
// what its server enforces by now.
func (r *Reconciler) bill(ctx context.Context, s *scope) error {
	for _, e := range s.environments {
		if e.Name != v1alpha1.ProductionEnvironment || e.quota == 0 {
			continue
		}
		quote, err := s.quote(e.quota / gigabyte)
		if err != nil {
			return err
		}
		s.tenant.Status.Billing = &v1alpha1.BillingStatus{
			AllocatedGB: quote.AllocatedGB, AdditionalGB: quote.AdditionalGB,
			Annual: quote.Annual.String(), Monthly: quote.Monthly.String(), Currency: quote.Currency,
		}
		return r.record(ctx, s, e)
	}
	return nil
}

// quote is what an allocation costs at the prices of today.
func (s *scope) quote(gb int64) (tariff.Quote, error) {
	zone, err := time.LoadLocation(s.platform.Config.TimeZone)
	if err != nil {
		return tariff.Quote{}, err
	}
	schedule, err := tariff.NewSchedule(s.platform.Config.Tariff)
	if err != nil {
		return tariff.Quote{}, err
	}
	return schedule.Price(s.now, zone, gb)
}

// record notes what is in effect: the quota that the server of an address that was
// opened has told last. What the month comes to goes into the status; while one
// month goes over into the next, what it said before.
func (r *Reconciler) record(ctx context.Context, s *scope, e *environment) error {
	status := s.tenant.Status.Billing
	if before := s.before.Billing; before != nil {
		status.Month, status.MonthTotal = before.Month, before.MonthTotal
	}
	if e.status.URL == "" || e.status.Quota == nil {
		return nil
	}
	statement, err := r.note(ctx, s, e.status.Quota.Value()/gigabyte)
	switch {
	case err != nil && conditions.IsForeseen(err):
		log.FromContext(ctx).V(1).Info("the allocation is recorded later", "cause", err.Error())
		return nil
	case err == nil && statement != nil:
		status.Month, status.MonthTotal = statement.Spec.Month, statement.Amounts.Total
	}
	return err
}

// endBilling records that the service has ended.
func (r *Reconciler) endBilling(ctx context.Context, s *scope) error {
	_, err := r.note(ctx, s, 0)
	return err
}

// note records an allocation, in GB. A month that is over and still open, which
// keeps it from that, is told to be closed: clocks may jump.
func (r *Reconciler) note(ctx context.Context, s *scope, gb int64) (*v1alpha1.BillingStatement, error) {
	if r.Book == nil {
		return nil, nil
	}
	statement, err := r.Book.Record(ctx, s.platform.Config, s.tenant, gb, s.now)
	if err == nil || statement == nil || !conditions.IsForeseen(err) {
		return statement, err
	}
	select {
	case r.MonthsOver <- event.GenericEvent{Object: statement}:
	default: // there are many, and this one comes again
	}
	return statement, err
}
