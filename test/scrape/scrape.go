// Package scrape reads what a collector of metrics shows, as Prometheus would.
package scrape

import (
	"fmt"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// Gauges are the gauges of a collector in the order of their names: each with its
// labels' values, in the order of the labels' names, and its value as a whole number.
func Gauges(t *testing.T, collector prometheus.Collector) []string {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(collector)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			line := family.GetName()
			for _, label := range metric.GetLabel() {
				line += " " + label.GetValue()
			}
			lines = append(lines, fmt.Sprintf("%s %.0f", line, metric.GetGauge().GetValue()))
		}
	}
	return lines
}
