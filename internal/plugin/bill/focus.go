package bill

import (
	"fmt"
	"io"
	"time"
)

// Names are those of FOCUS that no statement has.
type Names struct {
	// Provider makes the service available, and Publisher has made its software.
	Provider, Publisher string
	// InvoiceIssuer sends the invoices.
	InvoiceIssuer string
	// Service is what the service is called.
	Service string
}

// column is one of FOCUS: what a charge has in it. Nothing is its null.
type column struct {
	id   string
	cell func(row) string
}

// row is one charge with what it belongs to.
type row struct {
	Names
	Statement
	Line
}

// columns are those of FOCUS 1.2 in the alphabet's order, then ours.
var columns = []column{
	{"BilledCost", func(r row) string { return r.Amount.String() }},
	{"BillingAccountId", func(r row) string { return r.account() }},
	{"BillingAccountName", func(r row) string { return r.Organization }},
	{"BillingCurrency", func(r row) string { return r.Currency }},
	{"BillingPeriodEnd", func(r row) string { return utc(r.End) }},
	{"BillingPeriodStart", func(r row) string { return utc(r.Start) }},
	{"ChargeCategory", func(row) string { return "Purchase" }},
	{"ChargeClass", func(row) string { return "" }}, // no correction of what was invoiced before
	{"ChargeDescription", func(r row) string { return r.Description }},
	{"ChargeFrequency", func(r row) string { return r.frequency() }},
	{"ChargePeriodEnd", func(r row) string { return utc(r.To) }},
	{"ChargePeriodStart", func(r row) string { return utc(r.From) }},
	{"ContractedCost", func(r row) string { return r.Amount.String() }},
	{"EffectiveCost", func(r row) string { return r.Amount.String() }},
	{"InvoiceIssuerName", func(r row) string { return r.InvoiceIssuer }},
	{"ListCost", func(r row) string { return r.Amount.String() }},
	{"ListUnitPrice", func(r row) string { return r.price().unitPrice }},
	{"PricingQuantity", func(r row) string { return r.price().quantity }},
	{"PricingUnit", func(r row) string { return r.price().unit }},
	{"ProviderName", func(r row) string { return r.Provider }},
	{"PublisherName", func(r row) string { return r.Publisher }},
	{"ResourceId", func(r row) string { return r.account() }},
	{"ServiceCategory", func(row) string { return "Business Applications" }},
	{"ServiceName", func(r row) string { return r.Service }},
	{"ServiceSubcategory", func(row) string { return "Productivity and Collaboration" }},
	{"SkuId", func(r row) string { return string(r.SKU) }},
	{"SkuMeter", func(r row) string { return r.SKU.title() }},
	{"SkuPriceId", func(r row) string { return string(r.SKU) }},
	{"x_AllocatedGB", func(r row) string { return r.gb() }},
	{"x_StatementClosed", func(r row) string { return fmt.Sprint(r.Closed) }},
}

// FOCUS writes a row for each charge.
func FOCUS(out io.Writer, names Names, all []Statement) error {
	headings := make([]string, 0, len(columns))
	for _, c := range columns {
		headings = append(headings, c.id)
	}
	rows := [][]string{headings}
	for _, s := range Sorted(all) {
		for _, line := range s.Lines {
			cells := make([]string, 0, len(columns))
			for _, c := range columns {
				cells = append(cells, c.cell(row{names, s, line}))
			}
			rows = append(rows, cells)
		}
	}
	return write(out, rows)
}

func (r row) account() string { return r.Namespace + "/" + r.Tenant }

func (r row) frequency() string {
	if r.SKU == Intervention {
		return "One-Time"
	}
	return "Recurring"
}

func (r row) gb() string {
	if r.GB == 0 {
		return ""
	}
	return fmt.Sprint(r.GB)
}

// price is a quantity whose product with the unit price is the cost.
type price struct{ quantity, unit, unitPrice string }

func (r row) price() price {
	if int64(r.Quantity)*int64(r.UnitPrice) == int64(r.Amount)*100 {
		return price{r.Quantity.String(), r.Unit, r.UnitPrice.String()}
	}
	return price{"1", "Units", r.Amount.String()}
}

func utc(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05Z") }
