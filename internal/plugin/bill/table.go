package bill

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"voute.dev/voute/internal/plugin/page"
	"voute.dev/voute/internal/tariff"
)

// String is the quantity without zeros at its end.
func (h Hundredths) String() string {
	text := fmt.Sprintf("%d.%02d", h/100, h%100)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// Table has a line for each charge, and the sum of each currency.
func Table(all []Statement) string {
	rows, sums, open := [][]string{}, map[string]tariff.Cents{}, 0
	for _, s := range Sorted(all) {
		for _, line := range s.Lines {
			rows = append(rows, []string{
				s.Namespace, s.Tenant, s.month(), s.state(), line.SKU.title(), line.Description,
				line.Quantity.String() + " " + line.Unit, line.UnitPrice.String(), line.Amount.String(), s.Currency,
			})
		}
		sums[s.Currency] += s.Total()
		if !s.Closed {
			open++
		}
	}
	p := &page.Page{}
	p.Table([]string{"NAMESPACE", "TENANT", "MONTH", "STATE", "ITEM", "FOR", "QUANTITY", "PRICE", "AMOUNT", "CURRENCY"}, rows)
	p.Line("")
	for _, currency := range slices.Sorted(maps.Keys(sums)) {
		p.Line("%s %s before taxes.", sums[currency], currency)
	}
	if open > 0 {
		p.Line("%d of %d statements open: what an open one says is what its month comes to if nothing changes until its end.", open, len(all))
	}
	return p.String()
}

// CSV has a line for each charge, with the days on which it is for something.
func CSV(out io.Writer, all []Statement) error {
	rows := [][]string{{
		"namespace", "tenant", "organization", "month", "state", "item", "description", "from", "to", "gb", "quantity", "unit", "unit_price", "amount", "currency",
	}}
	for _, s := range Sorted(all) {
		for _, line := range s.Lines {
			rows = append(rows, s.cells(line))
		}
	}
	return write(out, rows)
}

func (s Statement) month() string { return s.Start.Format("2006-01") }

func (s Statement) cells(line Line) []string {
	gb := ""
	if line.GB > 0 {
		gb = fmt.Sprint(line.GB)
	}
	return []string{
		s.Namespace, s.Tenant, s.Organization, s.month(), s.state(), string(line.SKU), line.Description,
		line.From.Format(time.DateOnly), line.To.Add(-time.Second).Format(time.DateOnly),
		gb, line.Quantity.String(), line.Unit, line.UnitPrice.String(), line.Amount.String(), s.Currency,
	}
}

// write keeps a spreadsheet from taking a name for a formula.
func write(out io.Writer, rows [][]string) error {
	for _, row := range rows {
		for i, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				row[i] = "'" + cell
			}
		}
	}
	w := csv.NewWriter(out)
	if err := w.WriteAll(rows); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}
