package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

var update = flag.Bool("update", false, "write the table of docs/reference/metrics.md anew")

const (
	metricsPage = "../../docs/reference/metrics.md"
	tableBegins = "<!-- BEGIN metrics: written by `go test ./cmd/operator -update` -->\n"
	tableEnds   = "<!-- END metrics -->\n"
)

// own are metrics of the operator's own, and not of the libraries under it.
const own = "voute_"

type metric struct {
	labels []string
	help   string
}

// described is how client_golang writes what is known of a metric.
var described = regexp.MustCompile(`^Desc\{fqName: "([^"]+)", help: "(.*)", constLabels: \{[^}]*\}, variableLabels: \{([^}]*)\}`)

// registered are all metrics that the program can show, by their names.
func registered(t *testing.T) map[string]metric {
	t.Helper()
	registry, isRegistry := metrics.Registry.(*prometheus.Registry)
	if !isRegistry {
		t.Fatalf("the registry is a %T: the test cannot ask it what it holds", metrics.Registry)
	}
	descriptions := make(chan *prometheus.Desc)
	go func() {
		registry.Describe(descriptions)
		close(descriptions)
	}()
	all := map[string]metric{}
	for description := range descriptions {
		parts := described.FindStringSubmatch(description.String())
		if parts == nil {
			t.Fatalf("client_golang writes a description in another way: %s", description)
		}
		labels := strings.FieldsFunc(strings.NewReplacer("c(", "", ")", "").Replace(parts[3]), func(r rune) bool { return r == ',' || r == ' ' })
		all[parts[1]] = metric{labels: labels, help: strings.ReplaceAll(parts[2], `\"`, `"`)}
	}
	return all
}

// TestMetricsAreDocumented: the table has every metric of the operator's own, with
// its labels and the words that it is shown with.
func TestMetricsAreDocumented(t *testing.T) {
	page, err := os.ReadFile(metricsPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(page), tableBegins)
	table, after, ends := strings.Cut(rest, tableEnds)
	if !begins || !ends {
		t.Fatalf("%s lacks one of these lines: %s%s", metricsPage, tableBegins, tableEnds)
	}
	want := tableOf(registered(t))
	if *update {
		if err := os.WriteFile(metricsPage, []byte(before+tableBegins+want+tableEnds+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, table); diff != "" {
		t.Errorf("the table of %s is out of date: run go test ./cmd/operator -update\n%s", metricsPage, diff)
	}
}

func tableOf(all map[string]metric) string {
	var table strings.Builder
	table.WriteString("| metric | kind | labels | what it is |\n|---|---|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !strings.HasPrefix(name, own) {
			continue
		}
		kind := "gauge"
		if strings.HasSuffix(name, "_total") {
			kind = "counter"
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s |\n", name, kind, strings.Join(all[name].labels, ", "), all[name].help)
	}
	return table.String()
}

// named is a metric as rules and pages write it.
var named = regexp.MustCompile(`\b(voute|controller_runtime|workqueue)_[a-z0-9_]+\b`)

// TestMetricsThatAreNamedExist: in alerts and on pages there is none that the
// operator does not have.
func TestMetricsThatAreNamedExist(t *testing.T) {
	all := registered(t)
	for _, file := range []string{
		"../../charts/voute-operator/templates/prometheus_rule.yaml", metricsPage,
		"../../docs/operations.md", "../../docs/install.md", "../../docs/security.md", "../../docs/deletion.md",
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range named.FindAllString(string(text), -1) {
			if _, exists := all[name]; !exists {
				t.Errorf("%s names %s, which the operator does not have", file, name)
			}
		}
	}
	for _, name := range []string{"voute_tenant_ready", "controller_runtime_reconcile_total", "workqueue_depth"} {
		if _, exists := all[name]; !exists {
			t.Errorf("%s is not among the %d metrics that are found: the test proves nothing", name, len(all))
		}
	}
}
