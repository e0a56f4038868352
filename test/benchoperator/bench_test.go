package benchoperator

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
)

var (
	tenants  = flag.Int("tenants", 0, "how many tenants to measure with")
	rounds   = flag.Int("rounds", 3, "how often operator and bare client take turns")
	qps      = flag.Float64("qps", shippedQPS, "requests per second allowed to the operator for each kind; -1 for no limit")
	profiles = flag.String("profiles", "", "a folder for profiles of the operator's process: of processor time, of waiting, of memory")
	reads    = flag.Bool("reads", false, "count what the operator reads, too; it costs the API server time")
	resync   = flag.Bool("resync", true, "look again at every tenant in the last round, and count what is written then")
	beyond   = flag.Bool("beyond", true, "go on in the last round: restart, rest, and a fix for all")
	idleFor  = flag.Duration("idle", 5*time.Minute, "how long the operator is left alone in the last round; few tenants take no more than a minute, or a second each")
	slots    = flag.Int("slots", 50, "how many environments may change together when a fix goes through all tenants in the last round")
	memory   = flag.String("memory", shippedMemory, "GOMEMLIMIT of the operator")
	longest  = flag.Duration("longest", time.Hour, "bound of each wait")
)

// crews are the numbers of workers that the bare client is tried with.
var crews = numbers{8, 16, 32, 64}

func init() {
	flag.TextVar(&crews, "crews", crews, "numbers of workers that the bare client is tried with, of which the best counts")
}

// many tenants take long: they run once, without what takes as long again, and
// with more memory.
const many = 5000

var forMany = map[string]string{"rounds": "1", "crews": "", "beyond": "false", "memory": "355MiB", "longest": "3h"}

// unlessSaid sets the flags that were not given.
func unlessSaid(t *testing.T, values map[string]string) {
	t.Helper()
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	for name, value := range values {
		if given[name] {
			continue
		}
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
}

// numbers are written with commas between them.
type numbers []int

// MarshalText writes them.
func (n numbers) MarshalText() ([]byte, error) {
	return []byte(strings.Trim(strings.ReplaceAll(fmt.Sprint([]int(n)), " ", ","), "[]")), nil
}

// UnmarshalText reads them; an empty text is none.
func (n *numbers) UnmarshalText(text []byte) error {
	*n = nil
	for field := range strings.FieldsFuncSeq(string(text), func(r rune) bool { return r == ',' }) {
		number, err := strconv.Atoi(field)
		if err != nil {
			return err
		}
		*n = append(*n, number)
	}
	return nil
}

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard()) // the simulation's own client has nothing to tell
	os.Exit(m.Run())
}

// TestShippedMemory keeps what is measured what is shipped.
func TestShippedMemory(t *testing.T) {
	manifest, err := os.ReadFile("../../config/manager/deployment.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(manifest), "- name: GOMEMLIMIT\n          value: "+shippedMemory+"\n") || strings.Contains(string(manifest), "GOGC") {
		t.Errorf("the manifest does not set GOMEMLIMIT, and nothing else, to %s", shippedMemory)
	}
}

// TestFigures prints the figures; it fails when something does not come to pass.
func TestFigures(t *testing.T) {
	if *tenants == 0 {
		t.Skip("takes minutes: run `make bench-operator N=50`")
	}
	if *tenants >= many {
		unlessSaid(t, forMany)
	}
	program := buildOperator(t)
	var runs []outcome
	var raw []effort
	tried := crews
	for round := range *rounds {
		var o outcome
		if !t.Run(fmt.Sprintf("operator-%d", round+1), func(t *testing.T) { o = measureOperator(t, program, round == *rounds-1) }) {
			return
		}
		runs = append(runs, o)
		best, crew, ok := bestBare(t, round+1, runs[0].recording, tried)
		if !ok {
			return
		}
		raw = append(raw, best)
		if crew > 0 {
			tried = numbers{crew}
		}
		fmt.Printf("round %d: operator %s\nround %d: bare client at its best %s\n", round+1, o.effort, round+1, best)
	}
	publish(runs, raw)
}

// effort is what it takes until every tenant is ready: time, and processor time
// of all programs together.
type effort struct {
	seconds, cpu float64
	programs     map[string]float64 // processor time of each
}

func (e effort) String() string {
	lines := make([]string, 0, len(e.programs))
	for _, name := range slices.Sorted(maps.Keys(e.programs)) {
		lines = append(lines, fmt.Sprintf("%s %.1f", name, e.programs[name]))
	}
	return fmt.Sprintf("%.2f s (%.1f s of processor: %s)", e.seconds, e.cpu, strings.Join(lines, ", "))
}

// bestBare gives the effort of the bare client with the number of workers that
// is the fastest of those tried in this round, and that number.
func bestBare(t *testing.T, round int, r recording, tried numbers) (best effort, crew int, ok bool) {
	for _, workers := range tried {
		var e effort
		if !t.Run(fmt.Sprintf("bare-%d-%d", round, workers), func(t *testing.T) { e = measureBare(t, r, workers) }) {
			return best, 0, false
		}
		if fmt.Printf("round %d: bare client with %d workers: %s\n", round, workers, e); crew == 0 || e.seconds < best.seconds {
			best, crew = e, workers
		}
	}
	return best, crew, true
}

func publish(runs []outcome, raw []effort) {
	over := func(figure func(outcome) float64) float64 {
		var all []float64
		for _, run := range runs {
			all = append(all, figure(run))
		}
		return median(all)
	}
	n := float64(*tenants)
	show("tenants", n, "tenants")
	show("rounds", float64(len(runs)), "rounds")
	show("converge_seconds", over(func(o outcome) float64 { return o.seconds }), "s")
	if len(crews) > 0 {
		bare := medianEffort(raw)
		show("raw_seconds", bare.seconds, "s")
		show("ratio", over(func(o outcome) float64 { return o.seconds })/bare.seconds, "times")
		show("ratio_of_processor_time", over(func(o outcome) float64 { return o.cpu })/bare.cpu, "times")
	}
	show("objects_per_tenant", float64(len(runs[0].recording.objects)), "objects")
	// One pilot and one policy each are no part of a tenant: there may be more of
	// them, or one for several.
	show("writes_per_tenant", over(func(o outcome) float64 { return float64(o.written.forTenants()) / n }), "writes")
	show("writes_per_pilot", over(func(o outcome) float64 { return float64(o.written.of("pilots")) / n }), "writes")
	show("writes_per_policy", over(func(o outcome) float64 { return float64(o.written.of("retentionpolicies")) / n }), "writes")
	show("events_per_tenant", over(func(o outcome) float64 { return float64(o.written.events) / n }), "events")
	show("lease_writes", over(func(o outcome) float64 { return float64(o.written.leases) }), "writes")
	last := runs[len(runs)-1]
	if *resync && *beyond { // in the last round alone: it is about what is written, not how fast
		show("resync_writes", float64(last.resync), "writes")
	}
	show("rss_mib", over(func(o outcome) float64 { return o.peakMiB }), "MiB")
	show("rss_settled_mib", over(func(o outcome) float64 { return o.settledMiB }), "MiB")
	show("cpu_seconds", over(func(o outcome) float64 { return o.operatorCPU }), "s")
	if *beyond {
		last.idle.publish()
		last.change.publish()
	}
}

func show(name string, value float64, unit string) { figure("operator."+name, value, unit) }

func figure(name string, value float64, unit string) {
	fmt.Printf("FIGURE %s=%.4g %s\n", name, value, unit)
}

func medianEffort(efforts []effort) effort {
	var seconds, cpu []float64
	for _, e := range efforts {
		seconds, cpu = append(seconds, e.seconds), append(cpu, e.cpu)
	}
	return effort{seconds: median(seconds), cpu: median(cpu)}
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
