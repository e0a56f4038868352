package bill

import (
	"bytes"
	"encoding/csv"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"voute.dev/voute/internal/plugin/golden"
	"voute.dev/voute/internal/tariff"
)

var issuer = Issuer{Name: "Centre des services", Service: "Secure document sharing"}

func quebec(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("America/Toronto")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// november is of two clients: one with 35 GB from the 16th on and an intervention,
// and one at the price of the subscription alone.
func november(zone *time.Location) []Statement {
	day := func(number int) time.Time { return time.Date(2026, 11, number, 0, 0, 0, 0, zone) }
	month := func(tenant, organization string, closed bool, lines ...Line) Statement {
		return Statement{Namespace: tenant, Tenant: tenant, Organization: organization, Start: day(1), End: day(31), Closed: closed, Currency: "CAD", Lines: lines}
	}
	subscription := Line{SKU: Subscription, Description: "Subscription, 20 GB", From: day(1), To: day(31), GB: 20, Quantity: 100, Unit: "Months", UnitPrice: 29167, Amount: 29167}
	return []Statement{
		month("justice", "Ministère de la Justice", true, subscription,
			Line{SKU: AdditionalGB, Description: "15 GB more, 16 to 30 November", From: day(16), To: day(31), GB: 15, Quantity: 50, Unit: "Months", UnitPrice: 469, Amount: 234},
			Line{SKU: Intervention, Description: "Restore of an account", From: day(17), To: day(18), Quantity: 75, Unit: "Hours", UnitPrice: 13300, Amount: 9975}),
		month("culture", "=HYPERLINK(\"x\"), Culture", false, subscription),
	}
}

func TestForms(t *testing.T) {
	zone := quebec(t)
	golden.Compare(t, "november.txt", Table(november(zone), zone))
	var sheet, focus bytes.Buffer
	if err := CSV(&sheet, november(zone), zone); err != nil {
		t.Fatal(err)
	}
	golden.Compare(t, "november.csv", sheet.String())
	if err := FOCUS(&focus, issuer, november(zone)); err != nil {
		t.Fatal(err)
	}
	golden.Compare(t, "november.focus.csv", focus.String())
}

// mandatory are the columns that FOCUS 1.2 has in every data set, and of them those
// that may be null.
var mandatory = strings.Fields(`BilledCost BillingAccountId BillingAccountName BillingCurrency BillingPeriodEnd BillingPeriodStart
	ChargeCategory ChargeClass ChargeDescription ChargePeriodEnd ChargePeriodStart ContractedCost EffectiveCost InvoiceIssuerName
	ListCost PricingQuantity PricingUnit ProviderName PublisherName ServiceCategory ServiceName`)

var nullable = []string{"ChargeClass", "x_AllocatedGB"}

// Whatever the statements: every mandatory column is there and has a value, times are
// in UTC, quantity times unit price is the cost, and the costs sum to the total.
func TestFOCUS(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := []Statement{draw(t)}
		var out bytes.Buffer
		if err := FOCUS(&out, issuer, all); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&out).ReadAll()
		if err != nil || len(rows) != len(all[0].Lines)+1 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		for _, want := range mandatory {
			if !slices.Contains(rows[0], want) {
				t.Fatalf("there is no column %s", want)
			}
		}
		sum := new(big.Rat)
		for _, cells := range rows[1:] {
			sum.Add(sum, checked(t, rows[0], cells))
		}
		if sum.Cmp(big.NewRat(int64(all[0].Total()), 100)) != 0 {
			t.Fatalf("the rows sum to %s, the statement to %s", sum.FloatString(2), all[0].Total())
		}
	})
}

// checked gives the cost of a row that is as it should be.
func checked(t *rapid.T, headings, cells []string) *big.Rat {
	has := map[string]string{}
	for i, heading := range headings {
		if has[heading] = cells[i]; cells[i] == "" && !slices.Contains(nullable, heading) {
			t.Fatalf("%s is null", heading)
		}
		if strings.HasPrefix(heading, "BillingPeriod") || strings.HasPrefix(heading, "ChargePeriod") {
			if _, err := time.Parse("2006-01-02T15:04:05Z", cells[i]); err != nil {
				t.Fatalf("%s: %v", heading, err)
			}
		}
	}
	cost := number(t, has["BilledCost"])
	if product := new(big.Rat).Mul(number(t, has["PricingQuantity"]), number(t, has["ListUnitPrice"])); product.Cmp(cost) != 0 || number(t, has["ListCost"]).Cmp(cost) != 0 {
		t.Fatalf("%s × %s is not %s", has["PricingQuantity"], has["ListUnitPrice"], has["BilledCost"])
	}
	return cost
}

func number(t *rapid.T, text string) *big.Rat {
	value, ok := new(big.Rat).SetString(text)
	if !ok {
		t.Fatalf("%q is no number", text)
	}
	return value
}

func draw(t *rapid.T) Statement {
	start := time.Unix(rapid.Int64Range(1_700_000_000, 1_900_000_000).Draw(t, "start"), 0)
	s := Statement{Namespace: "justice", Tenant: "justice", Organization: "Justice", Start: start, End: start.AddDate(0, 1, 0), Currency: "CAD"}
	for range rapid.IntRange(0, 4).Draw(t, "lines") {
		line := Line{
			SKU: rapid.SampledFrom([]SKU{Subscription, AdditionalGB, Intervention}).Draw(t, "sku"), Description: "x", From: s.Start, To: s.End,
			GB: rapid.Int64Range(0, 100).Draw(t, "gb"), Quantity: Hundredths(rapid.Int64Range(0, 10_000).Draw(t, "quantity")), Unit: "Months",
			UnitPrice: tariff.Cents(rapid.Int64Range(0, 1_000_000).Draw(t, "price")),
		}
		if line.Amount = tariff.Cents(int64(line.Quantity) * int64(line.UnitPrice) / 100); rapid.Bool().Draw(t, "other amount") {
			line.Amount = tariff.Cents(rapid.Int64Range(0, 1_000_000).Draw(t, "amount"))
		}
		s.Lines = append(s.Lines, line)
	}
	return s
}
