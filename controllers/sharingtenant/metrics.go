package sharingtenant

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/fleet"
)

// patience is how long a scrape waits for a cache that only begins.
const patience = 5 * time.Second

var (
	ofTenant      = []string{"namespace", "tenant"}
	ofEnvironment = []string{"namespace", "tenant", "environment"}

	tenantReady = prometheus.NewDesc("voute_tenant_ready",
		"1 while every address of the tenant serves what its spec asks for.", ofTenant, nil)
	usedBytes = prometheus.NewDesc("voute_tenant_used_bytes",
		"What documents occupy, as the status shows it.", ofEnvironment, nil)
	quotaBytes = prometheus.NewDesc("voute_tenant_quota_bytes",
		"The allocation that the server enforces.", ofEnvironment, nil)
	certificateExpiry = prometheus.NewDesc("voute_tenant_certificate_expiry_timestamp_seconds",
		"When the served certificate expires.", ofEnvironment, nil)

	changePending = prometheus.NewDesc("voute_tenant_change_pending",
		"1 while a change waits for its time.", []string{"namespace", "tenant", "environment", "class"}, nil)
	pendingSince = prometheus.NewDesc("voute_tenant_change_pending_since_timestamp_seconds",
		"Since when a change waits for its time.", []string{"namespace", "tenant", "environment", "class"}, nil)
	rolloutHalted = prometheus.NewDesc("voute_rollout_halted",
		"With how many clients a change failed that nobody else starts until a person has looked.", []string{"change"}, nil)
	rolloutEnvironments = prometheus.NewDesc("voute_rollout_environments",
		"How many environments that are to have a version are how far with it.", []string{"version", "state"}, nil)

	addressUp = prometheus.NewDesc("voute_tenant_address_up",
		"1 while the public address answers, 0 while it does not.", ofEnvironment, nil)
	availabilityRatio = prometheus.NewDesc("voute_tenant_availability_ratio",
		"The part of the observed time of this contract year, outside maintenance windows, in which the public address answered.", ofEnvironment, nil)
	downSeconds = prometheus.NewDesc("voute_tenant_down_seconds",
		"For how long the public address did not answer in this contract year, outside maintenance windows.", ofEnvironment, nil)
	unobserved = prometheus.NewDesc("voute_tenant_unobserved_seconds",
		"For how long nobody looked in this contract year, outside maintenance windows.", ofEnvironment, nil)
	availabilityTarget = prometheus.NewDesc("voute_availability_target_ratio",
		"The part of a year in which addresses are promised to answer.", nil, nil)

	repairs = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "voute_repairs_total", Help: "Objects that others had changed and that were put back.",
	}, ofTenant)

	keysOverdue = prometheus.NewDesc("voute_tenant_keys_overdue",
		"1 while the key of a day that is over is not deleted a day after it should be.", ofTenant, nil)
	keysForced = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "voute_keys_deleted_unconfirmed_total", Help: "Keys of past days that were deleted although the server had not said that nothing is left in them.",
	}, ofTenant)
	keysReborn = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "voute_keys_reborn_total", Help: "Keys of past days that had come to life again and were deleted once more.",
	}, ofTenant)

	tenantGauges gauges
)

func init() { metrics.Registry.MustRegister(&tenantGauges, repairs, keysForced, keysReborn) }

// gauges reads the tenants' statuses when it is asked: to keep them beside would
// take some kilobytes for each tenant, and could tell something else.
type gauges struct {
	tenants atomic.Pointer[client.Client]
	fleet   atomic.Pointer[fleet.Ledger]
	seen    atomic.Pointer[sightings]
	target  atomic.Pointer[func() float64]
	// haltAfter is how many clients fail before nobody else starts a change.
	haltAfter atomic.Pointer[func() int]
}

// Describe names every metric.
func (g *gauges) Describe(descriptions chan<- *prometheus.Desc) {
	for _, each := range []*prometheus.Desc{tenantReady, usedBytes, quotaBytes, certificateExpiry,
		keysOverdue, changePending, pendingSince, rolloutEnvironments, rolloutHalted,
		addressUp, availabilityRatio, downSeconds, unobserved, availabilityTarget} {
		descriptions <- each
	}
}

// Collect shows every tenant in the cache.
func (g *gauges) Collect(found chan<- prometheus.Metric) {
	reader := g.tenants.Load()
	if reader == nil {
		return // no operator runs yet
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tenants := &v1alpha1.SharingTenantList{}
	if err := (*reader).List(ctx, tenants, client.UnsafeDisableDeepCopy); err != nil {
		found <- prometheus.NewInvalidMetric(tenantReady, err)
		return
	}
	for i := range tenants.Items {
		show(found, &tenants.Items[i])
		g.showAvailability(found, &tenants.Items[i])
	}
	if target := g.target.Load(); target != nil {
		found <- prometheus.MustNewConstMetric(availabilityTarget, prometheus.GaugeValue, (*target)())
	}
	g.showFleet(found)
}

// showAvailability shows what was last seen of each address, which the status
// tells only when there is news. One that was not seen yet is as the status says.
func (g *gauges) showAvailability(found chan<- prometheus.Metric, tenant *v1alpha1.SharingTenant) {
	seen := g.seen.Load()
	for i := range tenant.Status.Environments {
		e := &tenant.Status.Environments[i]
		if e.Availability == nil || seen == nil {
			continue
		}
		record := recordOf(e.Availability, time.Time{})
		if last, known := seen.get(fleet.Key{Tenant: client.ObjectKeyFromObject(tenant), Environment: e.Name}); known {
			record = last.record
		}
		labels := []string{tenant.Namespace, tenant.Name, string(e.Name)}
		up := 1.0
		if !record.DownSince.IsZero() {
			up = 0
		}
		found <- prometheus.MustNewConstMetric(addressUp, prometheus.GaugeValue, up, labels...)
		found <- prometheus.MustNewConstMetric(availabilityRatio, prometheus.GaugeValue, record.Ratio(), labels...)
		found <- prometheus.MustNewConstMetric(downSeconds, prometheus.GaugeValue, record.Down.Seconds(), labels...)
		found <- prometheus.MustNewConstMetric(unobserved, prometheus.GaugeValue, record.Unobserved.Seconds(), labels...)
	}
}

func (g *gauges) showFleet(found chan<- prometheus.Metric) {
	ledger := g.fleet.Load()
	if ledger == nil {
		return
	}
	for version, standing := range ledger.Standings() {
		for state, count := range map[string]int{
			"done": standing.Done, "changing": standing.Changing, "pending": standing.Pending, "failed": standing.Failed,
		} {
			found <- prometheus.MustNewConstMetric(rolloutEnvironments, prometheus.GaugeValue, float64(count), version, state)
		}
	}
	if haltAfter := g.haltAfter.Load(); haltAfter != nil {
		for change, clients := range ledger.Halted((*haltAfter)()) {
			found <- prometheus.MustNewConstMetric(rolloutHalted, prometheus.GaugeValue, float64(clients), change)
		}
	}
}

func show(found chan<- prometheus.Metric, tenant *v1alpha1.SharingTenant) {
	gauge := func(what *prometheus.Desc, value float64, labels ...string) {
		found <- prometheus.MustNewConstMetric(what, prometheus.GaugeValue, value, append([]string{tenant.Namespace, tenant.Name}, labels...)...)
	}
	ready := 0.0
	if meta.IsStatusConditionTrue(tenant.Status.Conditions, v1alpha1.ReadyCondition) {
		ready = 1
	}
	gauge(tenantReady, ready)
	overdue := 0.0
	if meta.IsStatusConditionTrue(tenant.Status.Conditions, v1alpha1.KeysOverdueCondition) {
		overdue = 1
	}
	gauge(keysOverdue, overdue)
	for _, e := range tenant.Status.Environments {
		if e.Quota != nil && e.Used != nil {
			gauge(quotaBytes, e.Quota.AsApproximateFloat64(), string(e.Name))
			gauge(usedBytes, e.Used.AsApproximateFloat64(), string(e.Name))
		}
		if e.Pending != nil {
			gauge(changePending, 1, string(e.Name), string(e.Pending.Class))
			if since := e.Pending.Since; since != nil {
				gauge(pendingSince, float64(since.Unix()), string(e.Name), string(e.Pending.Class))
			}
		}
		if e.CertificateNotAfter != nil {
			gauge(certificateExpiry, float64(e.CertificateNotAfter.Unix()), string(e.Name))
		}
	}
}

func unmeasure(key types.NamespacedName) {
	for _, counter := range []*prometheus.CounterVec{repairs, keysForced, keysReborn} {
		counter.DeletePartialMatch(prometheus.Labels{"namespace": key.Namespace, "tenant": key.Name})
	}
}
