package billing_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/billing"
	"voute.dev/voute/internal/platform"
	"voute.dev/voute/internal/tariff"
)

var (
	zone = func() *time.Location {
		zone, err := time.LoadLocation("America/Toronto")
		if err != nil {
			panic(err)
		}
		return zone
	}()
	justice = v1alpha1.TenantReference{Namespace: "justice", Name: "justice"}
)

func config(changes ...configv1.PriceChange) *configv1.PlatformConfiguration {
	return &configv1.PlatformConfiguration{TimeZone: zone.String(), Tariff: configv1.Tariff{
		SubscriptionAnnual: "3500.00", IncludedGB: 20, AdditionalGBAnnual: "3.75", InterventionHour: "133.00", Currency: "CAD", Changes: changes,
	}}
}

func at(text string) time.Time {
	at, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
	if err != nil {
		panic(err)
	}
	return at
}

func open(t testing.TB, cfg *configv1.PlatformConfiguration, from time.Time, gb int64) *v1alpha1.BillingStatement {
	t.Helper()
	statement, err := billing.Open(cfg, "voute-system", justice, "Ministère de la Justice", tariff.MonthOf(from, zone), from, gb)
	if err != nil {
		t.Fatal(err)
	}
	return statement
}

func TestRecord(t *testing.T) {
	type entry struct {
		at string
		gb int64
	}
	for name, test := range map[string]struct {
		records []entry
		want    []entry
		total   string
	}{
		"grown in the month":          {[]entry{{"2026-11-01 00:00", 20}, {"2026-11-16 14:03", 35}}, []entry{{"2026-11-01 00:00", 20}, {"2026-11-16 14:03", 35}}, "294.02"},
		"the same once more":          {[]entry{{"2026-11-01 00:00", 20}, {"2026-11-16 14:03", 20}}, []entry{{"2026-11-01 00:00", 20}}, "291.67"},
		"thrice on one day":           {[]entry{{"2026-11-01 00:00", 20}, {"2026-11-16 14:03", 35}, {"2026-11-16 15:00", 90}, {"2026-11-16 16:00", 35}}, []entry{{"2026-11-01 00:00", 20}, {"2026-11-16 16:00", 35}}, "294.02"},
		"ended on the day it grew":    {[]entry{{"2026-11-01 00:00", 20}, {"2026-11-30 14:03", 35}, {"2026-11-30 15:00", 0}}, []entry{{"2026-11-01 00:00", 20}, {"2026-11-30 14:03", 35}, {"2026-11-30 15:00", 0}}, "291.83"},
		"after the clock went back":   {[]entry{{"2026-11-01 00:00", 20}, {"2026-11-16 14:03", 35}, {"2026-11-14 09:00", 60}}, []entry{{"2026-11-01 00:00", 20}, {"2026-11-16 14:03", 60}}, "297.92"},
		"ended, and begun at once":    {[]entry{{"2026-11-01 00:00", 20}, {"2026-11-16 14:03", 0}, {"2026-11-16 14:03", 20}}, []entry{{"2026-11-01 00:00", 20}, {"2026-11-16 14:03", 20}}, "291.67"},
		"ended, and begun on one day": {[]entry{{"2026-11-01 00:00", 20}, {"2026-11-16 14:03", 0}, {"2026-11-16 15:00", 20}}, []entry{{"2026-11-01 00:00", 20}, {"2026-11-16 15:00", 20}}, "291.67"},
	} {
		t.Run(name, func(t *testing.T) {
			statement := open(t, config(), at(test.records[0].at), test.records[0].gb)
			for _, each := range test.records[1:] {
				if _, err := billing.Record(statement, at(each.at), each.gb); err != nil {
					t.Fatal(err)
				}
			}
			var got []entry
			for _, each := range statement.Spec.Allocations {
				got = append(got, entry{each.From.In(zone).Format("2006-01-02 15:04"), *each.AllocatedGB})
			}
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(entry{})); diff != "" {
				t.Error(diff)
			}
			if err := billing.Refresh(statement, config()); err != nil || statement.Amounts.Total != test.total {
				t.Errorf("it comes to %s, want %s: %v", statement.Amounts.Total, test.total, err)
			}
		})
	}
}

func TestNameAndEnd(t *testing.T) {
	statement := open(t, config(), at("2026-11-22 10:00"), 20)
	if statement.Name != "justice.justice.2026-11" || statement.Labels[v1alpha1.OpenLabel] != "true" {
		t.Errorf("it is %s, %v", statement.Name, statement.Labels)
	}
	for when, want := range map[string]bool{"2026-11-30 23:59": false, "2026-12-01 00:00": true} {
		if over, err := isOver(statement, at(when)); err != nil || over != want {
			t.Errorf("at %s it is over: %v, %v", when, over, err)
		}
	}
	billing.Close(statement, at("2026-12-01 00:01"))
	if !billing.IsClosed(statement) || statement.Labels[v1alpha1.OpenLabel] != "" {
		t.Errorf("closed: %v, %v", statement.ClosedTime, statement.Labels)
	}
	if _, err := billing.Record(statement, at("2026-12-01 00:02"), 0); err != nil {
		t.Fatal(err)
	}
	if next, err := billing.Next(statement, config()); next != nil || err != nil {
		t.Errorf("after the end of the service there is %v, %v", next, err)
	}
}

// What is recorded month after month, by an operator that is away now and then,
// bills each month as the whole history does; whoever has a statement alone comes to
// its amounts; and a year of one allocation is its price.
func TestMonthsFollowEachOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		prices := []configv1.PriceChange(nil)
		if rapid.Bool().Draw(t, "prices change") {
			prices = append(prices, configv1.PriceChange{From: "2026-09-10", SubscriptionAnnual: "3612.34", AdditionalGBAnnual: "4.01"})
		}
		cfg := config(prices...)
		now := at("2026-04-01 00:00").Add(time.Duration(rapid.Int64Range(0, 40*24*60).Draw(t, "begins")) * time.Minute)
		gb := rapid.Int64Range(20, 60).Draw(t, "GB")
		history := []tariff.Allocation{{From: now, GB: gb}}
		all := []*v1alpha1.BillingStatement{openIn(t, cfg, now, gb)}
		for range rapid.IntRange(0, 40).Draw(t, "events") {
			now = now.Add(time.Duration(rapid.Int64Range(1, 60*24*60).Draw(t, "later")) * time.Minute)
			all = follow(t, cfg, all, now)
			last := all[len(all)-1]
			gb := rapid.SampledFrom([]int64{0, 20, 35, 60}).Draw(t, "GB")
			switch {
			case !billing.IsClosed(last):
				if _, err := billing.Record(last, now, gb); err != nil {
					t.Fatal(err)
				}
			case gb > 0:
				all = append(all, openIn(t, cfg, now, gb))
			}
			history = append(history, tariff.Allocation{From: now.Truncate(time.Second), GB: gb})
		}
		all = follow(t, cfg, all, now.AddDate(0, 2, 0))
		matches(t, cfg, all, history)
	})
}

func isOver(statement *v1alpha1.BillingStatement, now time.Time) (bool, error) {
	end, err := billing.End(statement)
	return !now.Before(end), err
}

func openIn(t *rapid.T, cfg *configv1.PlatformConfiguration, from time.Time, gb int64) *v1alpha1.BillingStatement {
	statement, err := billing.Open(cfg, "voute-system", justice, "", tariff.MonthOf(from, zone), from, gb)
	if err != nil {
		t.Fatal(err)
	}
	return statement
}

// follow closes all months that are over, as the operator does.
func follow(t *rapid.T, cfg *configv1.PlatformConfiguration, all []*v1alpha1.BillingStatement, now time.Time) []*v1alpha1.BillingStatement {
	for last := all[len(all)-1]; !billing.IsClosed(last); last = all[len(all)-1] {
		over, err := isOver(last, now)
		if err != nil {
			t.Fatal(err)
		}
		if !over {
			break
		}
		next, err := billing.Next(last, cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := billing.Refresh(last, cfg); err != nil {
			t.Fatal(err)
		}
		billing.Close(last, now)
		if next == nil {
			break
		}
		all = append(all, next)
	}
	return all
}

func matches(t *rapid.T, cfg *configv1.PlatformConfiguration, all []*v1alpha1.BillingStatement, history []tariff.Allocation) {
	schedule, err := tariff.NewSchedule(cfg.Tariff)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, statement := range all {
		if err := billing.Refresh(statement, cfg); err != nil {
			t.Fatal(err)
		}
		names = append(names, statement.Name)
		month, err := tariff.ParseMonth(statement.Spec.Month)
		if err != nil {
			t.Fatal(err)
		}
		want, err := tariff.Compute(month, zone, schedule, history, nil)
		if err != nil {
			t.Fatal(err)
		}
		if statement.Amounts.Total != want.Total.String() {
			t.Fatalf("%s comes to %s, and by the whole history to %s: %v", statement.Name, statement.Amounts.Total, want.Total, statement.Spec.Allocations)
		}
		if again := stored(t, statement); again.Total != statement.Amounts.Total || len(again.Stretches) != len(statement.Amounts.Stretches) {
			t.Fatalf("%s says %v, and what it has recorded %v", statement.Name, statement.Amounts, again)
		}
		if len(statement.Spec.Allocations) > 96 {
			t.Fatalf("%s has %d allocations", statement.Name, len(statement.Spec.Allocations))
		}
	}
	if sorted := slices.Sorted(slices.Values(names)); !slices.Equal(sorted, slices.Compact(sorted)) || !slices.Equal(sorted, names) {
		t.Fatalf("statements are %v", names)
	}
}

// stored computes the amounts from what an API server would give back.
func stored(t *rapid.T, statement *v1alpha1.BillingStatement) v1alpha1.Amounts {
	text, err := json.Marshal(statement)
	if err != nil {
		t.Fatal(err)
	}
	read := &v1alpha1.BillingStatement{}
	if err := json.Unmarshal(text, read); err != nil {
		t.Fatal(err)
	}
	amounts, err := billing.Compute(read)
	if err != nil {
		t.Fatal(err)
	}
	return amounts
}

func TestTwelveMonthsAreAYear(t *testing.T) {
	cfg, statement := config(), open(t, config(), at("2026-04-01 00:00"), 35)
	var sum tariff.Cents
	for range 12 {
		total, err := tariff.ParseCents(statement.Amounts.Total)
		if err != nil {
			t.Fatal(err)
		}
		sum += total
		if statement, err = billing.Next(statement, cfg); err != nil {
			t.Fatal(err)
		}
	}
	if sum.String() != "3556.25" {
		t.Errorf("twelve months of 35 GB come to %s", sum)
	}
}

// The platform's own file gives prices that a statement can hold.
func TestDefaultPrices(t *testing.T) {
	cfg, err := platform.Load([]byte("apiVersion: config.sharing.voute.dev/v1alpha1\nkind: PlatformConfiguration\n" + least))
	if err != nil {
		t.Fatal(err)
	}
	if statement := open(t, cfg, at("2026-11-01 00:00"), 20); statement.Amounts.Total != "291.67" || statement.Spec.Currency != "CAD" {
		t.Errorf("it comes to %s %s", statement.Amounts.Total, statement.Spec.Currency)
	}
}

const least = `
server:
  defaultVersion: 0.1.0
  images: [{version: 0.1.0, image: "localhost/voute-server:0.1.0"}]
vault: {address: "https://vault.vault.svc:8200"}
scanner: {address: "clamd.scanning.svc:3311", clientIssuer: scan}
mail: {host: smtp.mail.svc, port: 587, security: starttls, from: a@b.example}
`
