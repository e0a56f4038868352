package operator_test

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/template"
	"github.com/prometheus/prometheus/util/teststorage"
)

// rules are the alerts of the rendered chart, by their names.
func rules(t *testing.T) map[string]monitoringv1.Rule {
	t.Helper()
	object := decode(t, render(t, "everything.values.yaml"))["PrometheusRule voute-operator"].(*monitoringv1.PrometheusRule)
	all := map[string]monitoringv1.Rule{}
	for _, group := range object.Spec.Groups {
		for _, rule := range group.Rules {
			if _, twice := all[rule.Alert]; twice || rule.Alert == "" {
				t.Errorf("the alert %q is there twice, or has no name", rule.Alert)
			}
			all[rule.Alert] = rule
		}
	}
	return all
}

const (
	ofTenant  = `namespace="justice",tenant="justice"`
	ofAddress = ofTenant + `,environment="production"`
	job       = `job="voute-operator-metrics"`
	day       = 24 * 60 // in minutes, as each series has one value a minute
)

// story is what Prometheus has scraped, one value a minute, and at which minute an
// alert is to fire, and at which it is not to; -1 for never.
type story struct {
	alert, series string
	fires, silent int
}

var stories = []story{
	{"VouteTenantNotReady", `voute_tenant_ready{` + ofTenant + `} 1 1 0x60`, 18, 16},
	{"VouteTenantNotReady", `voute_tenant_ready{` + ofTenant + `} 0x10 1x60`, -1, 60},
	// Another pod of the operator takes over: it is the same alert that goes on.
	{"VouteTenantNotReady", `voute_tenant_ready{` + ofTenant + `,pod="a"} 0x10 stale
		voute_tenant_ready{` + ofTenant + `,pod="b"} _x8 0x30`, 16, -1},
	{"VouteAddressDown", `voute_tenant_address_up{` + ofAddress + `} 1x10 0x30`, 16, 15},
	{"VouteAddressDown", `voute_tenant_address_up{` + ofTenant + `,environment="development"} 0x60`, -1, 60},
	{"VouteAvailabilityBudgetHalfSpent", `voute_availability_target_ratio 0.99x30
		voute_tenant_down_seconds{` + ofAddress + `} 157000x10 157681x20`, 11, 9},
	{"VouteAvailabilityBudgetSpent", `voute_availability_target_ratio 0.99x30
		voute_tenant_down_seconds{` + ofAddress + `} 315000x10 315361x20`, 11, 9},
	{"VouteCertificateNearItsEnd", fmt.Sprintf(`voute_tenant_certificate_expiry_timestamp_seconds{`+ofAddress+`} %dx%d`, 15*day*60, 2*day), day + 61, day + 59},
	{"VouteCertificateEnds", fmt.Sprintf(`voute_tenant_certificate_expiry_timestamp_seconds{`+ofAddress+`} %dx%d`, 4*day*60, 2*day), day + 6, day + 4},
	{"VouteQuotaWarning", `voute_tenant_quota_bytes{` + ofAddress + `} 20000000000x60
		voute_tenant_used_bytes{` + ofAddress + `} 15999999999x10 16000000000x50`, 26, 24},
	{"VouteQuotaCritical", `voute_tenant_quota_bytes{` + ofAddress + `} 20000000000x60
		voute_tenant_used_bytes{` + ofAddress + `} 18999999999x10 19000000000x50`, 16, 14},
	// A quota that grows in time is no news.
	{"VouteQuotaCritical", `voute_tenant_quota_bytes{` + ofAddress + `} 20000000000x10 35000000000x50
		voute_tenant_used_bytes{` + ofAddress + `} _x8 19000000000x50`, -1, 40},
	{"VouteChangePendingTooLong", fmt.Sprintf(`voute_tenant_change_pending_since_timestamp_seconds{`+ofAddress+`,class="release"} 600x%d`, 36*day), 35*day + 10 + 61, 35*day + 10 + 59},
	{"VouteRepairsReturn", `voute_repairs_total{` + ofTenant + `} 0x60 0+1x60`, 100, 65},
	{"VouteKeysOverdue", `voute_tenant_keys_overdue{` + ofTenant + `} 0x10 1x120`, 72, 69},
	{"VouteKeysOverdue", `voute_tenant_keys_overdue{` + ofTenant + `} 1x30 0x120`, -1, 90},
	{"VouteKeyDeletedUnconfirmed", `voute_keys_deleted_unconfirmed_total{` + ofTenant + `} _x10 1x60`, 12, 9},
	{"VouteKeyDeletedUnconfirmed", `voute_keys_deleted_unconfirmed_total{` + ofTenant + `} 1x1500 2x60`, 1505, 1495},
	{"VouteKeyReborn", `voute_keys_reborn_total{` + ofTenant + `} _x10 1x60`, 12, 9},
	{"VouteStatementOverdue", fmt.Sprintf(`voute_statement_month_end_timestamp_seconds{`+ofTenant+`,month="2026-11"} 600x%d`, 2*60), 86, 84},
	// The operator was away at the month's end, and closes it when it is back.
	{"VouteStatementOverdue", `voute_statement_month_end_timestamp_seconds{` + ofTenant + `,month="2026-11"} _x120 600x5 stale`, -1, 126},
	{"VouteRolloutHalted", `voute_rollout_halted{change="version 0.2.1"} _x10 2x10`, 12, 10},
	{"VouteVaultUnreachable", `voute_vault_up 1x10 0x20`, 16, 14},
	// One that only waits for the lease has not asked Vault.
	{"VouteVaultUnreachable", `voute_vault_up{pod="works"} 1x60
		voute_vault_up{pod="waits"} 0x60`, -1, 60},
	{"VoutePlatformConfigurationInvalid", `voute_platform_configuration_valid 1x10 0x20`, 16, 14},
	{"VouteOperatorAbsent", `voute_platform_configuration_valid 1x10 stale`, 21, 19},
	{"VouteOperatorErrors", `controller_runtime_reconcile_errors_total{controller="sharingtenant",` + job + `} 0x30 0+2x90`, 60, 30},
	{"VouteOperatorErrors", `controller_runtime_reconcile_errors_total{controller="other",job="another-operator"} 0+9x120`, -1, 120},
	{"VouteOperatorStuck", `workqueue_depth{name="sharingtenant",controller="sharingtenant",priority="0",` + job + `} 3x120
		controller_runtime_reconcile_total{controller="sharingtenant",result="success",` + job + `} 0+1x30 30x90`, 65, 50},
	{"VouteOperatorStuck", `workqueue_longest_running_processor_seconds{name="sharingtenant",controller="sharingtenant",` + job + `} 0+60x120`, 27, 20},
	{"VouteOperatorStuck", `workqueue_depth{name="sharingtenant",controller="sharingtenant",priority="0",` + job + `} 300x120
		controller_runtime_reconcile_total{controller="sharingtenant",result="success",` + job + `} 0+50x120`, -1, 120},
}

// TestAlerts tells each story to Prometheus' own engine.
func TestAlerts(t *testing.T) {
	all, told := rules(t), map[string]bool{}
	for i, s := range stories {
		t.Run(fmt.Sprintf("%s %d", s.alert, i), func(t *testing.T) {
			rule, exists := all[s.alert]
			if !exists {
				t.Fatal("there is no such alert")
			}
			a := alert{rule: rule, held: minutesOf(t, rule), store: promqltest.LoadedStorage(t, "load 1m\n  "+s.series)}
			defer func() { _ = a.store.Close() }()
			a.engine = promqltest.NewTestEngine(t, false, 0, 1_000_000)
			if s.fires >= 0 {
				told[s.alert] = true
				a.mustFire(t, s.fires)
			}
			if s.silent < 0 {
				return
			}
			if firing := a.firing(t, s.silent); len(firing) > 0 {
				t.Errorf("fires at minute %d: %v", s.silent, firing)
			}
		})
	}
	for name := range all {
		if !told[name] {
			t.Errorf("no story has %s fire", name)
		}
	}
}

// alert is a rule and what was scraped.
type alert struct {
	rule   monitoringv1.Rule
	held   int // minutes for which the expression holds before the alert fires
	store  *teststorage.TestStorage
	engine *promql.Engine
}

func minutesOf(t *testing.T, rule monitoringv1.Rule) int {
	t.Helper()
	if rule.For == nil {
		return 0
	}
	held, err := model.ParseDuration(string(*rule.For))
	if err != nil {
		t.Fatal(err)
	}
	return int(time.Duration(held) / time.Minute)
}

// firing are the samples that hold at a minute and at every one before, for as
// long as the rule asks for.
func (a *alert) firing(t *testing.T, minute int) map[string]promql.Sample {
	t.Helper()
	if minute < a.held {
		t.Fatalf("minute %d is before the alert can fire at all", minute)
	}
	now := a.at(t, minute)
	for before := minute - a.held; before < minute; before++ {
		then := a.at(t, before)
		maps.DeleteFunc(now, func(key string, _ promql.Sample) bool { _, held := then[key]; return !held })
	}
	return now
}

func (a *alert) at(t *testing.T, minute int) map[string]promql.Sample {
	t.Helper()
	query, err := a.engine.NewInstantQuery(t.Context(), a.store, nil, a.rule.Expr.String(), time.Unix(int64(minute)*60, 0))
	if err != nil {
		t.Fatal(err)
	}
	defer query.Close()
	samples, err := query.Exec(t.Context()).Vector()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]promql.Sample{}
	for _, sample := range samples {
		found[sample.Metric.String()] = sample
	}
	return found
}

// mustFire: for one thing, and what people are told about it is whole.
func (a *alert) mustFire(t *testing.T, minute int) {
	t.Helper()
	firing := a.firing(t, minute)
	if len(firing) != 1 {
		t.Fatalf("at minute %d there are %d alerts: %v", minute, len(firing), firing)
	}
	for _, sample := range firing {
		for name, text := range a.rule.Annotations {
			said, err := expand(t.Context(), text, sample)
			if err != nil || said == "" {
				t.Errorf("%s: %v", name, err)
			}
			t.Logf("%s: %s", name, said)
		}
	}
}

// expand fills in an annotation; a label that the alert does not have is an error.
func expand(ctx context.Context, text string, sample promql.Sample) (string, error) {
	data := template.AlertTemplateData(sample.Metric.Map(), nil, "", sample)
	text = "{{$labels := .Labels}}{{$value := .Value}}" + text
	return template.NewTemplateExpander(ctx, text, "annotation", data, model.Time(sample.T), nil, &url.URL{}, []string{"missingkey=error"}).Expand()
}

// documented is a metric's name in docs/reference/metrics.md, which a test of
// cmd/operator compares with what the operator registers.
var documented = regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|")

// TestRulesAreWellFormed: they ask for what there is, and tell people what to do.
func TestRulesAreWellFormed(t *testing.T) {
	page, err := os.ReadFile(source + "/docs/reference/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	var known []string
	for _, match := range documented.FindAllStringSubmatch(string(page), -1) {
		known = append(known, match[1])
	}
	for name, rule := range rules(t) {
		expression, err := parser.ParseExpr(rule.Expr.String())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, metric := range metricsOf(expression) {
			if !slices.Contains(known, metric) {
				t.Errorf("%s asks for %s, which docs/reference/metrics.md does not have", name, metric)
			}
		}
		if severity := rule.Labels["severity"]; severity != "warning" && severity != "critical" {
			t.Errorf("%s has the severity %q", name, severity)
		}
		if !strings.Contains(rule.Annotations["description"], "kubectl ") && !strings.Contains(rule.Annotations["description"], "spec.") {
			t.Errorf("%s names no next step: %s", name, rule.Annotations["description"])
		}
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("docs/reference/metrics.md does not have the alert %s", name)
		}
	}
}

func metricsOf(expression parser.Expr) []string {
	var names []string
	parser.Inspect(expression, func(node parser.Node, _ []parser.Node) error {
		if selector, isSelector := node.(*parser.VectorSelector); isSelector {
			for _, matcher := range selector.LabelMatchers {
				if matcher.Name == model.MetricNameLabel {
					names = append(names, matcher.Value)
				}
			}
		}
		return nil
	})
	return names
}
