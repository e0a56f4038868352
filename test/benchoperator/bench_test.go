package benchoperator

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
)

var (
	tenants = flag.Int("tenants", 0, "how many tenants to measure with")
	rounds  = flag.Int("rounds", 3, "how often operator and bare client take turns")
	qps     = flag.Float64("qps", shippedQPS, "requests per second allowed to the operator for each kind; -1 for no limit")
	longest = flag.Duration("longest", time.Hour, "bound of each wait")
)

// crews are the numbers of workers that the bare client is tried with.
var crews = []int{8, 16, 32, 64}

func TestMain(m *testing.M) {
	if file := os.Getenv(operatorVariable); file != "" {
		if err := operate(file); err != nil {
			fmt.Fprintln(os.Stderr, "operator:", err)
			os.Exit(1)
		}
		return
	}
	ctrl.SetLogger(logr.Discard()) // the simulation's own client has nothing to tell
	os.Exit(m.Run())
}

// TestFigures prints the figures; it fails when something does not come to pass.
func TestFigures(t *testing.T) {
	if *tenants == 0 {
		t.Skip("takes minutes: run `make bench-operator N=50`")
	}
	var runs []outcome
	var raw []float64
	for round := range *rounds {
		var o outcome
		if !t.Run(fmt.Sprintf("operator-%d", round+1), func(t *testing.T) { o = measureOperator(t, round == 0) }) {
			return
		}
		runs = append(runs, o)
		best := 0.0
		for _, crew := range crews {
			var seconds float64
			if !t.Run(fmt.Sprintf("bare-%d-%d", round+1, crew), func(t *testing.T) { seconds = measureBare(t, runs[0].recording, crew) }) {
				return
			}
			if fmt.Printf("round %d: bare client with %d workers: %.2f s\n", round+1, crew, seconds); best == 0 || seconds < best {
				best = seconds
			}
		}
		raw = append(raw, best)
		fmt.Printf("round %d: operator %.2f s, bare client %.2f s\n", round+1, o.converge, best)
	}
	publish(runs, raw)
}

func publish(runs []outcome, raw []float64) {
	over := func(figure func(outcome) float64) float64 {
		var all []float64
		for _, run := range runs {
			all = append(all, figure(run))
		}
		return median(all)
	}
	n := float64(*tenants)
	converge, bare := over(func(o outcome) float64 { return o.converge }), median(raw)
	show("tenants", n, "tenants")
	show("rounds", float64(len(runs)), "rounds")
	show("qps_per_kind", *qps, "requests/s")
	show("converge_seconds", converge, "s")
	show("raw_seconds", bare, "s")
	show("ratio", converge/bare, "times")
	show("objects_per_tenant", float64(len(runs[0].recording.objects)), "objects")
	show("writes_per_tenant", over(func(o outcome) float64 { return float64(o.written.total()) / n }), "writes")
	show("events_per_tenant", over(func(o outcome) float64 { return float64(o.written.events) / n }), "events")
	show("lease_writes", over(func(o outcome) float64 { return float64(o.written.leases) }), "writes")
	// Only the first round looks again: it is about what is written, not how fast.
	show("resync_writes", float64(runs[0].resync), "writes")
	show("rss_mib", over(func(o outcome) float64 { return o.peakMiB }), "MiB")
	show("rss_settled_mib", over(func(o outcome) float64 { return o.settledMiB }), "MiB")
	show("cpu_seconds", over(func(o outcome) float64 { return o.cpu }), "s")
}

func show(name string, value float64, unit string) {
	fmt.Printf("FIGURE operator.%s=%.4g %s\n", name, value, unit)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[middle-1] + sorted[middle]) / 2
	}
	return sorted[middle]
}

// await tries until there is no error.
func await(t *testing.T, what string, try func() error) {
	t.Helper()
	var err error
	for end := time.Now().Add(*longest); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if err = try(); err == nil {
			return
		}
	}
	t.Fatalf("%s: %v", what, err)
}
