package bill

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/billing"
	"voute.dev/voute/internal/tariff"
)

// Of is what a BillingStatement says, once it was computed anew and came to the same.
func Of(from *v1alpha1.BillingStatement) (Statement, error) {
	amounts, err := billing.Compute(from)
	if err != nil {
		return Statement{}, err
	}
	if !equality.Semantic.DeepEqual(amounts, from.Amounts) {
		return Statement{}, disagrees(from, amounts)
	}
	priced, err := billing.Priced(from)
	if err != nil {
		return Statement{}, err
	}
	start, end, err := billing.Span(from)
	if err != nil {
		return Statement{}, err
	}
	s := Statement{
		Namespace: from.Spec.TenantRef.Namespace, Tenant: from.Spec.TenantRef.Name, Organization: from.Spec.Organization,
		Start: start, End: end, Closed: billing.IsClosed(from), Currency: from.Spec.Currency,
	}
	if s.Organization == "" {
		s.Organization = s.Namespace + "/" + s.Tenant
	}
	s.Lines = append(s.storage(priced), works(priced.Works)...)
	return s, nil
}

// disagrees names the amounts that are not those that follow from the record.
func disagrees(from *v1alpha1.BillingStatement, want v1alpha1.Amounts) error {
	has, parts := from.Amounts, []string(nil)
	for _, each := range []struct{ name, has, want string }{
		{"subscription", has.Subscription, want.Subscription}, {"additionalGB", has.AdditionalGB, want.AdditionalGB},
		{"storage", has.Storage, want.Storage}, {"interventions", has.Interventions, want.Interventions}, {"total", has.Total, want.Total},
	} {
		if each.has != each.want {
			parts = append(parts, fmt.Sprintf("amounts.%s is %q and should be %s", each.name, each.has, each.want))
		}
	}
	if len(parts) == 0 {
		parts = []string{"amounts.allocatedGB or amounts.stretches are others"}
	}
	return fmt.Errorf("BillingStatement %s/%s does not say what follows from its record: %s. Bill nothing by it before it is known who wrote that: "+
		"kubectl get billingstatement -n %s %s -o yaml --show-managed-fields, and the API server's audit log",
		from.Namespace, from.Name, strings.Join(parts, "; "), from.Namespace, from.Name)
}

// storage has a line for the subscription, and one for what is allocated beyond it.
func (s *Statement) storage(priced tariff.Statement) (lines []Line) {
	included := runsOf(priced.Stretches, func(q tariff.Quote) int64 { return q.AllocatedGB - q.AdditionalGB })
	more := runsOf(slices.DeleteFunc(slices.Clone(priced.Stretches), func(each tariff.Stretch) bool { return each.Quote.AdditionalGB == 0 }),
		func(q tariff.Quote) int64 { return q.AdditionalGB })
	if len(included) > 0 {
		lines = append(lines, s.line(Subscription, "Subscription, %d GB", included, priced.Subscription))
	}
	if len(more) > 0 {
		lines = append(lines, s.line(AdditionalGB, "%d GB more", more, priced.Additional))
	}
	return lines
}

// line is one unit at its amount: that was rounded for the month, and is no product.
func (s *Statement) line(sku SKU, format string, runs []run, amount tariff.Cents) Line {
	first, last := runs[0], runs[len(runs)-1]
	line := Line{
		SKU: sku, Description: s.describe(runs, format), From: s.day(first.first), To: s.day(last.last + 1),
		Quantity: 100, Unit: "Units", UnitPrice: amount, Amount: amount,
	}
	if len(runs) == 1 {
		line.GB = first.gb
		if s.isWhole(first) {
			line.Unit = "Months"
		}
	}
	return line
}

// run is some days on which the same number of GB was billed.
type run struct {
	first, last int
	gb          int64
}

// runsOf joins stretches that differ in something else only.
func runsOf(stretches []tariff.Stretch, gb func(tariff.Quote) int64) (runs []run) {
	for _, each := range stretches {
		many := gb(each.Quote)
		if n := len(runs); n > 0 && runs[n-1].gb == many && runs[n-1].last == each.First-1 {
			runs[n-1].last = each.Last
			continue
		}
		runs = append(runs, run{each.First, each.Last, many})
	}
	return runs
}

func (s *Statement) isWhole(r run) bool { return r.first == 1 && !s.day(r.last+1).Before(s.End) }

// describe names the days of each run, unless one is the whole month.
func (s *Statement) describe(runs []run, format string) string {
	parts := make([]string, 0, len(runs))
	for _, each := range runs {
		part := fmt.Sprintf(format, each.gb)
		switch first, last := s.day(each.first), s.day(each.last); {
		case s.isWhole(each):
		case each.first == each.last:
			part += last.Format(", 2 January")
		default:
			part += fmt.Sprintf(", %d to %s", first.Day(), last.Format("2 January"))
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}

// day is the first instant of a day of the month.
func (s *Statement) day(number int) time.Time {
	year, month, _ := s.Start.Date()
	return time.Date(year, month, number, 0, 0, 0, 0, s.Start.Location())
}

// works are the interventions by their names: what was done is told in their own
// objects.
func works(all []tariff.PricedWork) (lines []Line) {
	for _, each := range all {
		lines = append(lines, Line{
			SKU: Intervention, Description: each.Name, From: each.Done, To: each.Done.AddDate(0, 0, 1),
			Quantity: Hundredths(each.Quarters * 25), Unit: "Hours", UnitPrice: each.Hour, Amount: each.Amount,
		})
	}
	return lines
}
