package tariff

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	configv1 "voute.dev/voute/api/config/v1alpha1"
)

// card is the tariff of the service's public description.
func card() configv1.Tariff {
	return configv1.Tariff{SubscriptionAnnual: "3500.00", IncludedGB: 20, AdditionalGBAnnual: "3.75", Currency: "CAD"}
}

func TestPriceOfTheServiceCard(t *testing.T) {
	for _, test := range []struct {
		allocated, additional int64
		annual, monthly       string
	}{
		{0, 0, "3500.00", "291.67"},
		{19, 0, "3500.00", "291.67"},
		{20, 0, "3500.00", "291.67"},
		{21, 1, "3503.75", "291.98"},
		{35, 15, "3556.25", "296.35"},
		{100, 80, "3800.00", "316.67"},
		{100_000, 99_980, "378425.00", "31535.42"},
	} {
		got, err := Price(card(), test.allocated)
		if err != nil {
			t.Fatal(err)
		}
		want := []any{test.allocated, test.additional, test.annual, test.monthly, "CAD"}
		have := []any{got.AllocatedGB, got.AdditionalGB, got.Annual.String(), got.Monthly.String(), got.Currency}
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("%d GB: %s", test.allocated, diff)
		}
	}
}

// One additional GB alone is the 0.31 a month of the service card.
func TestMonthlyRoundsHalfUp(t *testing.T) {
	for annual, want := range map[Cents]string{
		0: "0.00", 5: "0.00", 6: "0.01", 11: "0.01", 12: "0.01", 17: "0.01", 18: "0.02", 375: "0.31", 350000: "291.67",
		math.MaxInt64: "7686143364045646.51",
	} {
		if got := twelfth(annual).String(); got != want {
			t.Errorf("a twelfth of %s is %s; want %s", annual, got, want)
		}
	}
}

func TestWhatCannotBePriced(t *testing.T) {
	for name, test := range map[string]struct {
		change    func(*configv1.Tariff)
		allocated int64
		want      string
	}{
		"negative allocation": {func(*configv1.Tariff) {}, -1, "an allocation is not negative"},
		"no subscription":     {func(c *configv1.Tariff) { c.SubscriptionAnnual = "" }, 20, "tariff.subscriptionAnnual"},
		"no price per GB":     {func(c *configv1.Tariff) { c.AdditionalGBAnnual = "3.7" }, 20, "tariff.additionalGBAnnual"},
		"too much":            {func(c *configv1.Tariff) { c.AdditionalGBAnnual = "999999999999.00" }, 1 << 40, "too great"},
	} {
		t.Run(name, func(t *testing.T) {
			prices := card()
			test.change(&prices)
			if _, err := Price(prices, test.allocated); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v; want %q", err, test.want)
			}
		})
	}
}

func TestAmountsThatAreRefused(t *testing.T) {
	for _, text := range []string{"", "3500", "3500.0", "3500.000", "3,75", "-1.00", "+1.00", "01.00", ".75", "1e3.00", "1 000.00", "1.00 ", "1.00\n", "1234567890123456.00", "٣.00"} {
		if got, err := ParseCents(text); err == nil {
			t.Errorf("%q is read as %s", text, got)
		}
	}
}

func anyCents() *rapid.Generator[Cents] {
	return rapid.Map(rapid.Int64Range(0, 99_999_999_999_999_999), func(c int64) Cents { return Cents(c) })
}

func TestAmountsAreReadAsTheyAreWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyCents().Draw(t, "cents")
		got, err := ParseCents(want.String())
		if err != nil || got != want {
			t.Fatalf("%s is read as %s, %v", want, got, err)
		}
	})
}

// A year's price agrees with the formula in numbers that cannot overflow, and a
// month's is within half a cent of its twelfth.
func TestPriceIsTheFormula(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		subscription, perGB := anyCents().Draw(t, "subscription"), anyCents().Draw(t, "per GB")
		included, allocated := rapid.Int64Range(0, 1000).Draw(t, "included"), rapid.Int64Range(0, math.MaxInt64).Draw(t, "allocated")
		prices := configv1.Tariff{SubscriptionAnnual: subscription.String(), AdditionalGBAnnual: perGB.String(), IncludedGB: included}

		want := new(big.Int).Mul(big.NewInt(int64(perGB)), big.NewInt(max(0, allocated-included)))
		want.Add(want, big.NewInt(int64(subscription)))
		quote, err := Price(prices, allocated)
		if !want.IsInt64() {
			if err == nil {
				t.Fatalf("%s does not fit, and yet the price is %s", want, quote.Annual)
			}
			return
		}
		if err != nil || int64(quote.Annual) != want.Int64() {
			t.Fatalf("got %s, %v; want %s", quote.Annual, err, want)
		}
		off := new(big.Int).Mul(big.NewInt(int64(quote.Monthly)), big.NewInt(12))
		off.Sub(off, want)
		if off.Cmp(big.NewInt(-6)) <= 0 || off.Cmp(big.NewInt(6)) > 0 {
			t.Fatalf("twelve months of %s are %s cents off a year of %s", quote.Monthly, off, quote.Annual)
		}
	})
}

// More storage never costs less, and one more GB costs exactly its price.
func TestOneMoreGB(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		allocated := rapid.Int64Range(0, 100_000).Draw(t, "allocated")
		now, err := Price(card(), allocated)
		if err != nil {
			t.Fatal(err)
		}
		then, err := Price(card(), allocated+1)
		if err != nil {
			t.Fatal(err)
		}
		want := Cents(375)
		if allocated < 20 {
			want = 0
		}
		if then.Annual-now.Annual != want || then.Monthly < now.Monthly {
			t.Fatalf("from %d GB at %s to one more at %s", allocated, now.Annual, then.Annual)
		}
	})
}

func ExamplePrice() {
	quote, err := Price(card(), 35)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(quote.Annual, quote.Currency, "a year,", quote.Monthly, "a month")
	// Output: 3556.25 CAD a year, 296.35 a month
}
