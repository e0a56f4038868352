package progress

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/calendar"
	"voute.dev/voute/internal/fleet"
	"voute.dev/voute/internal/platform"
	"voute.dev/voute/internal/plugin/golden"
	"voute.dev/voute/internal/rollout"
)

var now = time.Date(2026, 11, 23, 13, 0, 0, 0, time.UTC)

func load(t testing.TB) *configv1.PlatformConfiguration {
	t.Helper()
	file, err := os.ReadFile("../../../config/default/platform.yaml")
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := platform.Load([]byte(strings.NewReplacer("defaultVersion: 0.1.0", "defaultVersion: 0.2.1",
		"- version: 0.1.0", "- {version: 0.2.1, image: a}\n  - version: 0.1.0").Replace(string(file))))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestPages(t *testing.T) {
	zone, err := time.LoadLocation("America/Toronto")
	if err != nil {
		t.Fatal(err)
	}
	cfg := load(t)
	cfg.Rollout.Halted = []configv1.HaltedVersion{{Version: "0.2.1", Reason: "uploads of more than 2 GB are cut off"}}
	byHand := Of(cfg, golden.Read[v1alpha1.SharingTenantList](t, "fleet.yaml").Items)
	whole := Of(load(t), golden.Read[v1alpha1.SharingTenantList](t, "fleet.yaml").Items)
	for name, p := range map[string]Progress{
		"fleet": whole, "one-version": whole.With("0.2.2"), "nobody": Of(load(t), nil), "halted": whole.With("0.2.1"), "by-hand": byHand.With("0.2.1"), "not-by-hand": byHand.With("0.2.2"),
	} {
		t.Run(name, func(t *testing.T) {
			golden.Compare(t, name+".txt", Page(p, now, zone))
		})
	}
	text, err := json.MarshalIndent(whole, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden.Compare(t, "fleet.json", string(text)+"\n")
}

// environment is one at random.
func environment(t *rapid.T, name v1alpha1.EnvironmentName) v1alpha1.EnvironmentStatus {
	versions := rapid.SampledFrom([]string{"0.1.0", "0.2.0", "0.2.1"})
	e := v1alpha1.EnvironmentStatus{Name: name}
	if rapid.Bool().Draw(t, "begun") {
		e.Rollout = &v1alpha1.RolloutStatus{Version: versions.Draw(t, "runs")}
		if rapid.Bool().Draw(t, "changes") {
			e.Rollout.Change = &v1alpha1.Change{Reason: "x"}
		}
		if rapid.Bool().Draw(t, "failed") {
			e.Rollout.Failed = &v1alpha1.FailedChange{Version: versions.Draw(t, "failed with"), Change: rapid.SampledFrom([]string{"server: resources", "address: host"}).Draw(t, "change")}
		}
	}
	return e
}

// What is called halted is what the operator's ledger grants to nobody, and every
// client is counted once.
func TestHaltsAreTheLedgers(t *testing.T) {
	cfg := load(t)
	rapid.Check(t, func(t *rapid.T) {
		cfg.Rollout.HaltAfter = rapid.Int32Range(1, 3).Draw(t, "haltAfter")
		ledger := fleet.New(nil)
		tenants := make([]v1alpha1.SharingTenant, rapid.IntRange(0, 6).Draw(t, "tenants"))
		for i := range tenants {
			tenants[i].Namespace, tenants[i].Name = "clients", string(rune('a'+i))
			for _, name := range []v1alpha1.EnvironmentName{v1alpha1.ProductionEnvironment, v1alpha1.DevelopmentEnvironment} {
				e := environment(t, name)
				tenants[i].Status.Environments = append(tenants[i].Status.Environments, e)
				key := fleet.Key{Tenant: types.NamespacedName{Namespace: "clients", Name: tenants[i].Name}, Environment: name}
				ledger.Note(key, fleet.LineOf(&e, cfg.Server.DefaultVersion))
			}
		}
		p := Of(cfg, tenants)
		rules := fleet.Rules{Slots: 1000, CanaryPercent: 100, HaltAfter: int(cfg.Rollout.HaltAfter)}
		for i, change := range []rollout.Change{
			{Class: calendar.Fix, From: "0.2.0", To: "0.2.1"}, {Class: calendar.Fix, From: "0.1.0", To: "0.2.0"},
			{Class: calendar.Maintenance, Reason: "server: resources"}, {Class: calendar.Maintenance, Reason: "address: host"},
		} {
			newcomer := fleet.Key{Tenant: types.NamespacedName{Namespace: "new", Name: string(rune('a' + i))}, Environment: v1alpha1.ProductionEnvironment}
			answer := ledger.Claim(newcomer, change, rules, now)
			told := false
			for _, halt := range p.Halts {
				told = told || halt.Change == change.Key()
			}
			if told == answer.Granted {
				t.Fatalf("%s: granted %v (%s); told as halted %v", change.Key(), answer.Granted, answer.WaitsFor, told)
			}
		}
		sum := 0
		for _, v := range p.Versions {
			sum += v.Clients
			if v.Clients != v.Done+v.Changing+v.Pending+v.Failed {
				t.Fatalf("%+v does not add up", v)
			}
		}
		if sum != len(tenants) {
			t.Fatalf("%d clients of %d are counted", sum, len(tenants))
		}
	})
}
