package billingstatement

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/billing"
)

// patience is how long a scrape waits for a cache that only begins.
const patience = 5 * time.Second

var monthEnd = prometheus.NewDesc("voute_statement_month_end_timestamp_seconds",
	"When the month of a statement that is not closed ends.", []string{"namespace", "tenant", "month"}, nil)

var statementGauges gauges

func init() { metrics.Registry.MustRegister(&statementGauges) }

// gauges reads the open statements when it is asked. One that is closed leaves the
// cache, and is shown no more.
type gauges struct {
	statements atomic.Pointer[client.Client]
}

// Describe names the metric.
func (g *gauges) Describe(descriptions chan<- *prometheus.Desc) { descriptions <- monthEnd }

// Collect shows every open statement in the cache.
func (g *gauges) Collect(found chan<- prometheus.Metric) {
	reader := g.statements.Load()
	if reader == nil {
		return // no operator runs yet
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	statements := &v1alpha1.BillingStatementList{}
	if err := (*reader).List(ctx, statements, client.UnsafeDisableDeepCopy); err != nil {
		found <- prometheus.NewInvalidMetric(monthEnd, err)
		return
	}
	for i := range statements.Items {
		show(found, &statements.Items[i])
	}
}

// show leaves one out whose month cannot be read: an error here would take every
// other metric with it, and the look at that statement tells of it.
func show(found chan<- prometheus.Metric, statement *v1alpha1.BillingStatement) {
	end, err := billing.End(statement)
	if err != nil || billing.IsClosed(statement) {
		return
	}
	of := statement.Spec.TenantRef
	found <- prometheus.MustNewConstMetric(monthEnd, prometheus.GaugeValue, float64(end.Unix()), of.Namespace, of.Name, statement.Spec.Month)
}
