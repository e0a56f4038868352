package bill

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/utils/ptr"
	"pgregory.net/rapid"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/billing"
	"voute.dev/voute/internal/plugin/golden"
	"voute.dev/voute/internal/tariff"
)

var names = Names{Provider: "Centre des services", Publisher: "Voûte", InvoiceIssuer: "Direction des finances", Service: "Secure document sharing"}

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
	golden.Compare(t, "november.txt", Table(november(zone)))
	var sheet, focus bytes.Buffer
	if err := CSV(&sheet, november(zone)); err != nil {
		t.Fatal(err)
	}
	golden.Compare(t, "november.csv", sheet.String())
	if err := FOCUS(&focus, names, november(zone)); err != nil {
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
		if err := FOCUS(&out, names, all); err != nil {
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

// drawFrom makes up what an operator records in a month: allocations that follow each
// other, an end, interventions, and a change of prices.
func drawFrom(t *rapid.T, zone *time.Location) *v1alpha1.BillingStatement {
	month := tariff.Month{Year: 2026, Month: time.Month(rapid.IntRange(1, 12).Draw(t, "month"))}
	cfg := &configv1.PlatformConfiguration{TimeZone: zone.String(), Tariff: configv1.Tariff{
		SubscriptionAnnual: "3500.00", IncludedGB: 20, AdditionalGBAnnual: "3.75", InterventionHour: "133.00", Currency: "CAD",
		Changes: []configv1.PriceChange{{From: month.Begin(zone).AddDate(0, 0, rapid.IntRange(1, 40).Draw(t, "change")).Format(time.DateOnly), SubscriptionAnnual: "3599.99", IncludedGB: 25, InterventionHour: "140.03"}},
	}}
	from := month.Begin(zone).Add(time.Duration(rapid.IntRange(-40*24, 27*24).Draw(t, "from")) * time.Hour)
	s, err := billing.Open(cfg, "voute-system", v1alpha1.TenantReference{Namespace: "justice", Name: "justice"}, "Justice", month, from, rapid.Int64Range(20, 60).Draw(t, "gb"))
	if err != nil {
		t.Fatal(err)
	}
	for _, hours := range rapid.SliceOfN(rapid.IntRange(0, 27*24), 0, 4).Draw(t, "changes") {
		at := month.Begin(zone).Add(time.Duration(hours) * time.Hour)
		if _, err := billing.Record(s, at, rapid.SampledFrom([]int64{0, 20, 21, 35, 60}).Draw(t, "gb")); err != nil {
			t.Fatal(err)
		}
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "interventions") {
		name := fmt.Sprintf("work-%d", i)
		day := month.Begin(zone).AddDate(0, 0, rapid.IntRange(-60, 27).Draw(t, "day"))
		s.Spec.Interventions = append(s.Spec.Interventions, v1alpha1.BilledIntervention{UID: name, Name: name, DoneOn: day.Format(time.DateOnly), Hours: rapid.SampledFrom([]string{"0.25", "1.25", "3"}).Draw(t, "hours")})
	}
	if err := billing.Refresh(s, cfg); err != nil {
		t.Fatal(err)
	}
	return s
}

// Whatever an operator has recorded: the lines sum to the statement's amounts, item by
// item, and are within its month but for work that was told late; and another total
// than that is refused.
func TestOf(t *testing.T) {
	zone := quebec(t)
	rapid.Check(t, func(t *rapid.T) {
		from := drawFrom(t, zone)
		s, err := Of(from)
		if err != nil {
			t.Fatal(err)
		}
		sums := map[SKU]tariff.Cents{}
		for _, line := range s.Lines {
			sums[line.SKU] += line.Amount
			if line.Description == "" || !line.From.Before(line.To) || line.To.After(s.End) || (line.SKU != Intervention && line.From.Before(s.Start)) {
				t.Fatalf("the line is %+v", line)
			}
		}
		for sku, want := range map[SKU]string{Subscription: from.Amounts.Subscription, AdditionalGB: from.Amounts.AdditionalGB, Intervention: from.Amounts.Interventions} {
			if sums[sku].String() != want {
				t.Fatalf("the lines of %s sum to %s, and the statement says %s", sku, sums[sku], want)
			}
		}
		if s.Total().String() != from.Amounts.Total {
			t.Fatalf("the lines sum to %s, and the statement to %s", s.Total(), from.Amounts.Total)
		}
		from.Amounts.Total = (s.Total() + 1).String()
		if _, err := Of(from); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("amounts.total is %q and should be %s", from.Amounts.Total, s.Total())) {
			t.Fatalf("a cent more is taken: %v", err)
		}
	})
}

// TestWords: each line says for which days it is.
func TestWords(t *testing.T) {
	zone := quebec(t)
	cfg := &configv1.PlatformConfiguration{TimeZone: zone.String(), Tariff: configv1.Tariff{
		SubscriptionAnnual: "3500.00", IncludedGB: 20, AdditionalGBAnnual: "3.75", InterventionHour: "133.00", Currency: "CAD",
	}}
	day := func(number int) time.Time { return time.Date(2026, 11, number, 10, 0, 0, 0, zone) }
	for name, test := range map[string]struct {
		gb   map[int]int64
		want string
	}{
		"the whole month":   {map[int]int64{0: 35}, "Subscription, 20 GB (1 Months, 20 GB) | 15 GB more (1 Months, 15 GB)"},
		"from a day on":     {map[int]int64{23: 20}, "Subscription, 20 GB, 23 to 30 November (1 Units, 20 GB)"},
		"grows":             {map[int]int64{1: 20, 26: 35}, "Subscription, 20 GB (1 Months, 20 GB) | 15 GB more, 26 to 30 November (1 Units, 15 GB)"},
		"for a day":         {map[int]int64{1: 20, 26: 35, 27: 20}, "Subscription, 20 GB (1 Months, 20 GB) | 15 GB more, 26 November (1 Units, 15 GB)"},
		"to and fro":        {map[int]int64{0: 30, 10: 35, 20: 20}, "Subscription, 20 GB (1 Months, 20 GB) | 10 GB more, 1 to 9 November; 15 GB more, 10 to 19 November (1 Units, 0 GB)"},
		"leaves, and again": {map[int]int64{0: 20, 3: 0, 20: 20}, "Subscription, 20 GB, 1 to 3 November; Subscription, 20 GB, 20 to 30 November (1 Units, 0 GB)"},
	} {
		days := slices.Sorted(maps.Keys(test.gb))
		from, err := billing.Open(cfg, "voute-system", v1alpha1.TenantReference{Namespace: "justice", Name: "justice"}, "Justice", tariff.Month{Year: 2026, Month: 11}, day(days[0]), test.gb[days[0]])
		if err != nil {
			t.Fatal(err)
		}
		for _, number := range days[1:] {
			if _, err := billing.Record(from, day(number), test.gb[number]); err != nil {
				t.Fatal(err)
			}
		}
		if err := billing.Refresh(from, cfg); err != nil {
			t.Fatal(err)
		}
		s, err := Of(from)
		if err != nil {
			t.Fatal(err)
		}
		var parts []string
		for _, line := range s.Lines {
			parts = append(parts, fmt.Sprintf("%s (%s %s, %d GB)", line.Description, line.Quantity, line.Unit, line.GB))
		}
		if got := strings.Join(parts, " | "); got != test.want {
			t.Errorf("%s: it says %s; want %s", name, got, test.want)
		}
	}
}

// TestOfRefuses: what was recorded and cannot be read is said.
func TestOfRefuses(t *testing.T) {
	zone := quebec(t)
	rapid.Check(t, func(t *rapid.T) {
		from := drawFrom(t, zone)
		spoil := rapid.SampledFrom([]func(){
			func() { from.Spec.TimeZone = "Nowhere" },
			func() { from.Spec.Month = "2026-13" },
			func() { from.Spec.Prices[0].SubscriptionAnnual = "dear" },
			func() { from.Amounts.AllocatedGB = ptr.To[int64](7) },
			func() { from.Amounts.Storage = "0.001" },
			func() {
				from.Amounts.Stretches = append(from.Amounts.Stretches, v1alpha1.BilledStretch{FirstDay: 1, LastDay: 1})
			},
		}).Draw(t, "spoilt")
		spoil()
		if s, err := Of(from); err == nil || !strings.Contains(err.Error(), "BillingStatement ") {
			t.Fatalf("it is taken, or not named: %+v, %v", s, err)
		}
	})
}
