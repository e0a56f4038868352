package config

import (
	"os"
	"testing"

	"sigs.k8s.io/yaml"
)

// TestSpoolIsTheCharts: a server sends no more at a time than the clamd of the
// operator's chart takes and has memory for, unpacking included.
func TestSpoolIsTheCharts(t *testing.T) {
	text, err := os.ReadFile("../../charts/voute-operator/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var values struct {
		Clamd struct {
			Scans          int   `json:"scans"`
			SpoolGiPerScan int64 `json:"spoolGiPerScan"`
		} `json:"clamd"`
	}
	if err := yaml.Unmarshal(text, &values); err != nil {
		t.Fatal(err)
	}
	if c := values.Clamd; c.Scans != defaultScans || int64(c.Scans)*c.SpoolGiPerScan<<30 < 2*defaultSpool {
		t.Errorf("the chart's clamd takes %d documents of %d GiB each, a server sends %d of %d bytes together", c.Scans, c.SpoolGiPerScan, defaultScans, int64(defaultSpool))
	}
}
