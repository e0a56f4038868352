package sharingtenant

import (
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"voute.dev/voute/api/v1alpha1"
)

var (
	tenantReady = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "voute_tenant_ready", Help: "1 while every address of the tenant serves what its spec asks for.",
	}, []string{"namespace", "tenant"})
	usedBytes = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "voute_tenant_used_bytes", Help: "What documents occupy, as the status shows it.",
	}, []string{"namespace", "tenant", "environment"})
	quotaBytes = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "voute_tenant_quota_bytes", Help: "The allocation that the server enforces.",
	}, []string{"namespace", "tenant", "environment"})
	certificateExpiry = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "voute_tenant_certificate_expiry_timestamp_seconds", Help: "When the served certificate expires.",
	}, []string{"namespace", "tenant", "environment"})
	repairs = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "voute_repairs_total", Help: "Objects that others had changed and that were put back.",
	}, []string{"namespace", "tenant"})
)

func init() {
	metrics.Registry.MustRegister(tenantReady, usedBytes, quotaBytes, certificateExpiry, repairs)
}

// measure shows a tenant's status as metrics.
func measure(tenant *v1alpha1.SharingTenant) {
	ready := 0.0
	if meta.IsStatusConditionTrue(tenant.Status.Conditions, v1alpha1.ReadyCondition) {
		ready = 1
	}
	tenantReady.WithLabelValues(tenant.Namespace, tenant.Name).Set(ready)
	for _, e := range tenant.Status.Environments {
		labels := []string{tenant.Namespace, tenant.Name, string(e.Name)}
		if e.Quota != nil && e.Used != nil {
			quotaBytes.WithLabelValues(labels...).Set(e.Quota.AsApproximateFloat64())
			usedBytes.WithLabelValues(labels...).Set(e.Used.AsApproximateFloat64())
		}
		if e.CertificateNotAfter != nil {
			certificateExpiry.WithLabelValues(labels...).Set(float64(e.CertificateNotAfter.Unix()))
		}
	}
}

func unmeasure(key types.NamespacedName) {
	labels := prometheus.Labels{"namespace": key.Namespace, "tenant": key.Name}
	for _, vector := range []*prometheus.GaugeVec{tenantReady, usedBytes, quotaBytes, certificateExpiry} {
		vector.DeletePartialMatch(labels)
	}
	repairs.DeletePartialMatch(labels)
}
