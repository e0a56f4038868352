package status

import (
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/plugin/page"
)

// Headings are those of the table: columns that kubectl knows, which show the same,
// and Own.
var Headings = []string{
	"NAMESPACE", "NAME", "READY", "REASON", "VERSION", "QUOTA", "USED", "USED%", "RESERVED", "LEVEL", "FULL-IN",
	"AVAILABLE%", "MONTHLY", "THIS-MONTH", "PENDING", "STARTS",
}

// Own are the columns that kubectl has not: what uploads under way may still take,
// how near the use is to the quota and how far the day is on which it is used up, and
// when what waits may start.
var Own = []string{"RESERVED", "LEVEL", "FULL-IN", "STARTS"}

// Table has one line for each tenant, and then how many are how.
func Table(tenants []Tenant, now time.Time, zone *time.Location) string {
	rows := make([][]string, 0, len(tenants))
	for i := range tenants {
		rows = append(rows, row(&tenants[i], now, zone))
	}
	p := &page.Page{}
	p.Table(Headings, rows)
	p.Line("")
	p.Line("%s", Count(tenants))
	return p.String()
}

func row(t *Tenant, now time.Time, zone *time.Location) []string {
	cells := map[string]string{
		"NAMESPACE": t.Namespace, "NAME": t.Name, "READY": string(t.Ready), "REASON": t.Reason, "PENDING": t.Pending,
	}
	if b := t.Billing; b != nil {
		cells["MONTHLY"], cells["THIS-MONTH"] = b.Monthly, b.MonthTotal
	}
	if start := t.Starts(); !start.IsZero() {
		cells["STARTS"] = page.Stamp(start, zone)
	}
	if e := t.Production(); e != nil {
		e.cells(cells, now)
	}
	row := make([]string, len(Headings))
	for i, heading := range Headings {
		row[i] = cells[heading]
	}
	return row
}

func (e *Environment) cells(cells map[string]string, now time.Time) {
	cells["VERSION"] = e.Version
	if e.Quota != nil && e.Used != nil {
		cells["QUOTA"], cells["USED"] = e.Quota.String(), e.Used.String()
	}
	if e.UsedPercent != nil {
		cells["USED%"] = fmt.Sprint(*e.UsedPercent)
	}
	if e.Reserved != nil {
		cells["RESERVED"] = e.Reserved.String()
	}
	cells["LEVEL"] = string(e.StorageLevel)
	if days, known := e.DaysUntilFull(now); known {
		cells["FULL-IN"] = fmt.Sprintf("%dd", max(0, days))
	}
	if e.Availability != nil {
		cells["AVAILABLE%"] = e.Availability.Percent
	}
}

// Count says how many tenants are how.
func Count(tenants []Tenant) string {
	ready, stalled, reconciling, waiting := 0, 0, 0, 0
	for _, t := range tenants {
		if t.Ready == metav1.ConditionTrue {
			ready++
		}
		if t.Pending != "" {
			waiting++
		}
		for _, c := range t.Conditions {
			switch c.Type {
			case v1alpha1.StalledCondition:
				stalled++
			case v1alpha1.ReconcilingCondition:
				reconciling++
			}
		}
	}
	parts := []string{fmt.Sprintf("%d of %d ready", ready, len(tenants))}
	for _, each := range []struct {
		many int
		word string
	}{{reconciling, "reconciling"}, {stalled, "stalled"}, {waiting, "with a change that waits"}} {
		if each.many > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", each.many, each.word))
		}
	}
	return strings.Join(parts, ", ") + "."
}
