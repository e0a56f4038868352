package tariff

import (
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	configv1 "voute.dev/voute/api/config/v1alpha1"
)

var montreal = func() *time.Location {
	zone, err := time.LoadLocation("America/Montreal")
	if err != nil {
		panic(err)
	}
	return zone
}()

func schedule(t testing.TB, changes ...configv1.PriceChange) *Schedule {
	t.Helper()
	prices := card()
	prices.InterventionHour, prices.Changes = "133.00", changes
	s, err := NewSchedule(prices)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func on(day string) time.Time {
	at, err := time.ParseInLocation("2006-01-02 15:04", day, montreal)
	if err != nil {
		panic(err)
	}
	return at
}

func month(text string) Month {
	m, err := ParseMonth(text)
	if err != nil {
		panic(err)
	}
	return m
}

func TestMonths(t *testing.T) {
	for text, want := range map[string][3]int{
		"2026-04": {30, 1, 2026}, "2026-12": {31, 9, 2026}, "2027-01": {31, 10, 2026}, "2027-03": {31, 12, 2026},
		"2027-02": {28, 11, 2026}, "2028-02": {29, 11, 2027},
	} {
		m := month(text)
		if got := [3]int{m.Days(), m.Number(), m.ContractYear()}; got != want || m.String() != text {
			t.Errorf("%s: %v; want %v", m, got, want)
		}
	}
	if next := month("2026-12").Next(); next.String() != "2027-01" {
		t.Errorf("after December comes %s", next)
	}
	for _, text := range []string{"", "2026", "2026-13", "11-2026", "2026-11-01"} {
		if m, err := ParseMonth(text); err == nil {
			t.Errorf("%q is %s", text, m)
		}
	}
}

// The service card's 291.67 is a display: twelve of them would be four cents too many.
func TestInstalmentsOfTheServiceCard(t *testing.T) {
	var got []string
	for n := 1; n <= 12; n++ {
		got = append(got, instalment(350_000, n).String())
	}
	want := []string{"291.66", "291.67", "291.67", "291.66", "291.67", "291.67", "291.66", "291.67", "291.67", "291.66", "291.67", "291.67"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestInstalmentsSumToTheYear(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		annual := Cents(rapid.Int64Range(0, math.MaxInt64).Draw(t, "annual"))
		var sum Cents
		for n := 1; n <= 12; n++ {
			sum += instalment(annual, n)
			want := new(big.Int).Mul(big.NewInt(int64(annual)), big.NewInt(int64(n)))
			if want.Div(want, big.NewInt(12)).Int64() != int64(sum) {
				t.Fatalf("%d months of %s are %s", n, annual, sum)
			}
		}
		if sum != annual {
			t.Fatalf("twelve months of %s are %s", annual, sum)
		}
	})
}

func TestCompute(t *testing.T) {
	raised := configv1.PriceChange{From: "2026-11-16", SubscriptionAnnual: "3600.00", InterventionHour: "140.00"}
	for name, test := range map[string]struct {
		month       string
		changes     []configv1.PriceChange
		allocations []Allocation
		works       []Work
		want        []string // storage, subscription, additional, interventions
		stretches   [][2]int
	}{
		"a month of 20 GB":              {"2026-11", nil, []Allocation{{on("2026-01-01 00:00"), 20}}, nil, []string{"291.67", "291.67", "0.00", "0.00"}, [][2]int{{1, 30}}},
		"a month of 35 GB":              {"2026-11", nil, []Allocation{{on("2026-01-01 00:00"), 35}}, nil, []string{"296.36", "291.67", "4.69", "0.00"}, [][2]int{{1, 30}}},
		"from 20 to 35 on the 16th":     {"2026-11", nil, []Allocation{{on("2026-01-01 00:00"), 20}, {on("2026-11-16 14:03"), 35}}, nil, []string{"294.02", "291.67", "2.35", "0.00"}, [][2]int{{1, 15}, {16, 30}}},
		"there and back on one day":     {"2026-11", nil, []Allocation{{on("2026-01-01 00:00"), 20}, {on("2026-11-16 14:03"), 35}, {on("2026-11-16 15:03"), 20}}, nil, []string{"291.67", "291.67", "0.00", "0.00"}, [][2]int{{1, 30}}},
		"begun on the last day":         {"2026-11", nil, []Allocation{{on("2026-11-30 23:59"), 20}}, nil, []string{"9.72", "9.72", "0.00", "0.00"}, [][2]int{{30, 30}}},
		"ended on the first day":        {"2026-11", nil, []Allocation{{on("2026-01-01 00:00"), 20}, {on("2026-11-01 00:01"), 0}}, nil, []string{"9.72", "9.72", "0.00", "0.00"}, [][2]int{{1, 1}}},
		"ended with the month before":   {"2026-11", nil, []Allocation{{on("2026-01-01 00:00"), 20}, {on("2026-11-01 00:00"), 0}}, nil, []string{"0.00", "0.00", "0.00", "0.00"}, nil},
		"deleted and made again":        {"2026-11", nil, []Allocation{{on("2026-01-01 00:00"), 20}, {on("2026-11-10 09:00"), 0}, {on("2026-11-10 11:00"), 20}}, nil, []string{"291.67", "291.67", "0.00", "0.00"}, [][2]int{{1, 30}}},
		"deleted, and made again later": {"2026-11", nil, []Allocation{{on("2026-01-01 00:00"), 20}, {on("2026-11-10 09:00"), 0}, {on("2026-11-21 11:00"), 20}}, nil, []string{"194.45", "194.45", "0.00", "0.00"}, [][2]int{{1, 10}, {21, 30}}},
		"another price from the 16th":   {"2026-11", []configv1.PriceChange{raised}, []Allocation{{on("2026-01-01 00:00"), 20}}, []Work{{"early", on("2026-11-15 23:59"), 4}, {"late", on("2026-11-16 00:00"), 3}}, []string{"295.84", "295.84", "0.00", "238.00"}, [][2]int{{1, 15}, {16, 30}}},
		"work that was told late":       {"2026-12", []configv1.PriceChange{raised}, []Allocation{{on("2026-01-01 00:00"), 20}}, []Work{{"before", on("2026-11-15 12:00"), 4}, {"in it", on("2026-12-31 23:59"), 1}}, []string{"300.00", "300.00", "0.00", "168.00"}, [][2]int{{1, 31}}},
		"a leap day":                    {"2028-02", nil, []Allocation{{on("2028-02-29 10:00"), 20}}, nil, []string{"10.06", "10.06", "0.00", "0.00"}, [][2]int{{29, 29}}},
		"before all":                    {"2025-11", nil, []Allocation{{on("2026-01-01 00:00"), 20}}, nil, []string{"0.00", "0.00", "0.00", "0.00"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Compute(month(test.month), montreal, schedule(t, test.changes...), test.allocations, test.works)
			if err != nil {
				t.Fatal(err)
			}
			have := []string{got.Storage.String(), got.Subscription.String(), got.Additional.String(), got.Interventions.String()}
			if diff := cmp.Diff(test.want, have); diff != "" {
				t.Error(diff)
			}
			var stretches [][2]int
			for _, s := range got.Stretches {
				stretches = append(stretches, [2]int{s.First, s.Last})
			}
			if diff := cmp.Diff(test.stretches, stretches); diff != "" {
				t.Error(diff)
			}
			if got.Total != got.Storage+got.Interventions || got.Currency != "CAD" {
				t.Errorf("%s %s in all", got.Total, got.Currency)
			}
		})
	}
}

// Twelve statements of one allocation sum to the year's price to the cent, for any
// price; a month is never dearer than its dearest day makes it, nor cheaper than
// its cheapest; and recording the same allocation once more changes nothing.
func TestStatementsProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		prices := configv1.Tariff{
			SubscriptionAnnual: anyCents().Draw(t, "subscription").String(), IncludedGB: 20, InterventionHour: "133.00", Currency: "CAD",
			AdditionalGBAnnual: Cents(rapid.Int64Range(0, 99_999_999).Draw(t, "per GB")).String(),
		}
		s, err := NewSchedule(prices)
		if err != nil {
			t.Fatal(err)
		}
		least, most := rapid.Int64Range(1, 200).Draw(t, "least"), rapid.Int64Range(200, 1000).Draw(t, "most")
		low, err := Price(prices, least)
		if err != nil {
			t.Fatal(err)
		}
		high, err := Price(prices, most)
		if err != nil {
			t.Fatal(err)
		}
		begin := on("2026-04-01 00:00")
		still, moving := []Allocation{{begin, least}}, []Allocation{{begin, least}}
		for range rapid.IntRange(0, 6).Draw(t, "edits") {
			at := begin.Add(time.Duration(rapid.Int64Range(0, 365*24*60).Draw(t, "minute")) * time.Minute)
			still = append(still, Allocation{at, least})
			moving = append(moving, Allocation{at, rapid.SampledFrom([]int64{least, most}).Draw(t, "GB")})
		}
		var year Cents
		for m, n := month("2026-04"), 1; n <= 12; m, n = m.Next(), n+1 {
			same, err := Compute(m, montreal, s, still, nil)
			if err != nil {
				t.Fatal(err)
			}
			year += same.Storage
			moved, err := Compute(m, montreal, s, moving, nil)
			if err != nil {
				t.Fatal(err)
			}
			a, b := instalment(low.Annual, n), instalment(high.Annual, n)
			if moved.Storage < min(a, b) || moved.Storage > max(a, b) || moved.Subscription+moved.Additional != moved.Storage || moved.Additional < 0 {
				t.Fatalf("%s costs %s, between %s and %s; %s and %s", m, moved.Storage, a, b, moved.Subscription, moved.Additional)
			}
		}
		if year != low.Annual {
			t.Fatalf("twelve months of %s are %s", low.Annual, year)
		}
	})
}

func TestSchedulesThatCannotBe(t *testing.T) {
	for want, changes := range map[string][]configv1.PriceChange{
		`tariff.changes[0].from: "soon" is not a day`:                        {{From: "soon"}},
		"tariff.changes[1].from: 2027-04-01 is not after the change before":  {{From: "2027-04-01"}, {From: "2027-04-01"}},
		"tariff.changes[0]: tariff.subscriptionAnnual":                       {{From: "2027-04-01", SubscriptionAnnual: "1"}},
		`tariff.changes[0].interventionHour: "dear" is not an amount`:        {{From: "2027-04-01", InterventionHour: "dear"}},
		"tariff.changes[0]: tariff.additionalGBAnnual: \"3,75\" is not an a": {{From: "2027-04-01", AdditionalGBAnnual: "3,75"}},
	} {
		prices := card()
		prices.InterventionHour, prices.Changes = "133.00", changes
		if _, err := NewSchedule(prices); err == nil || len(err.Error()) < len(want) || err.Error()[:len(want)] != want {
			t.Errorf("it says %v; want %s", err, want)
		}
	}
}
