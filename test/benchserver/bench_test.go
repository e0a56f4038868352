package benchserver

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	figures  = flag.String("figures", "", "what to measure: upload, memory, download (with scans) and idle, with commas between them, or all")
	rounds   = flag.Int("rounds", 5, "how often server and floor take turns")
	profiles = flag.String("profiles", "", "a folder for profiles of the server's process, of its processor time and memory")

	shipped = sizes{}
)

// sizes say how much is sent.
type sizes struct {
	upload, download, large, several int64
	repeat                           int
	rest                             time.Duration
}

func init() {
	flag.Int64Var(&shipped.upload, "upload", 1<<30, "bytes of a document whose upload is measured")
	flag.Int64Var(&shipped.download, "download", 512<<20, "bytes of a document whose scan and download are measured")
	flag.IntVar(&shipped.repeat, "repeat", 2, "how often a document is downloaded in each run")
	flag.Int64Var(&shipped.large, "large", 2_000_000_000, "bytes of the one document whose upload's memory is measured")
	flag.Int64Var(&shipped.several, "several", 500_000_000, "bytes of each of the eight")
	flag.DurationVar(&shipped.rest, "rest", 30*time.Second, "how long the server is left alone before its idle memory is read")
}

// all that can be measured, in the order in which it is.
var all = []string{"upload", "memory", "download", "idle"}

// TestFigures prints the figures; it fails when something does not come to pass.
func TestFigures(t *testing.T) {
	if *figures == "" {
		t.Skip("takes minutes: run `make bench-server`")
	}
	wanted := strings.Split(*figures, ",")
	if *figures == "all" {
		wanted = all
	}
	measure(t, shipped, *rounds, wanted)
}

// TestHarness lets everything be measured with little documents: each figure has
// a value that can be, and both peers give back what they took.
func TestHarness(t *testing.T) {
	found := measure(t, sizes{upload: 3<<20 + 5, download: 2<<20 + 7, large: 5 << 20, several: 3 << 20, repeat: 1, rest: 100 * time.Millisecond}, 1, all)
	for _, name := range strings.Fields(`upload.h1.mb_per_second upload.h2.mb_per_second download.h1.speed_ratio download.h2.speed_ratio
		upload.peak_rss_mib upload8.peak_rss_mib scan.ratio server.idle_rss_mib`) {
		if value := found[name]; value <= 0 || value > 1e5 {
			t.Errorf("%s is %g", name, value)
		}
	}
}

// measure prints what is wanted, and gives the figures by their names.
func measure(t *testing.T, s sizes, rounds int, wanted []string) figuresByName {
	b, found := newBench(t, s), figuresByName{}
	if slices.Contains(wanted, "upload") {
		found.uploads(repeated(rounds, b.uploads))
	}
	if slices.Contains(wanted, "memory") {
		found.memory(b)
	}
	if slices.Contains(wanted, "download") {
		b.startScanner()
		b.restart() // it looks for the scanner at once
		var scans []scanned
		found.downloads(repeated(rounds, func(round int) map[string]pair {
			documents, scan := b.release(round)
			scans = append(scans, scan)
			defer b.drop(documents)
			return b.downloads(round, documents)
		}))
		found.scans(scans)
	}
	if slices.Contains(wanted, "idle") {
		found.show("server.settled_rss_mib", b.idle(), "MiB")
		b.restart()
		found.show("server.idle_rss_mib", b.idle(), "MiB")
	}
	return found
}

func repeated(rounds int, measure func(round int) map[string]pair) (all []map[string]pair) {
	for round := range rounds {
		all = append(all, measure(round))
	}
	return all
}

func (b *bench) drop(documents [2]string) {
	for who, peer := range b.peers {
		peer.drop(documents[who])
	}
}

// figuresByName are those that were printed.
type figuresByName map[string]float64

func (f figuresByName) show(name string, value float64, unit string) {
	f[name] = value
	fmt.Printf("FIGURE %s=%.4g %s\n", name, value, unit)
}

func (f figuresByName) uploads(rounds []map[string]pair) {
	for _, protocol := range protocols {
		f.show("upload."+protocol+".cpu_ratio", over(rounds, protocol, func(p pair) float64 { return p.server.cpuPerGiB() / p.floor.cpuPerGiB() }), "times")
		f.absolutes("upload."+protocol, rounds, protocol)
	}
}

func (f figuresByName) downloads(rounds []map[string]pair) {
	for _, protocol := range protocols {
		f.show("download."+protocol+".speed_ratio", over(rounds, protocol, func(p pair) float64 {
			return p.server.megabytesPerSecond() / p.floor.megabytesPerSecond()
		}), "times")
		f.absolutes("download."+protocol, rounds, protocol)
	}
}

// absolutes are what the ratios come from, and whether the client kept them up.
func (f figuresByName) absolutes(name string, rounds []map[string]pair, protocol string) {
	for _, figure := range []struct {
		name, unit string
		of         func(pair) float64
	}{
		{"cpu_seconds_per_gib", "s", func(p pair) float64 { return p.server.cpuPerGiB() }},
		{"floor_cpu_seconds_per_gib", "s", func(p pair) float64 { return p.floor.cpuPerGiB() }},
		{"mb_per_second", "MB/s", func(p pair) float64 { return p.server.megabytesPerSecond() }},
		{"floor_mb_per_second", "MB/s", func(p pair) float64 { return p.floor.megabytesPerSecond() }},
		{"client_cores", "cores", func(p pair) float64 { return p.server.client / p.server.seconds }},
		{"floor_client_cores", "cores", func(p pair) float64 { return p.floor.client / p.floor.seconds }},
	} {
		f.show(name+"."+figure.name, over(rounds, protocol, figure.of), figure.unit)
	}
}

func (f figuresByName) scans(all []scanned) {
	var ratios, waits, alone []float64
	for _, s := range all {
		ratios, waits, alone = append(ratios, s.server/s.alone), append(waits, s.server), append(alone, s.alone)
	}
	f.show("scan.ratio", median(ratios), "times")
	f.show("scan.seconds", median(waits), "s")
	f.show("scan.clamd_seconds", median(alone), "s")
}

func (f figuresByName) memory(b *bench) {
	var one, many float64
	for _, protocol := range protocols {
		most := b.peak(protocol, 1, b.large)
		f.show("upload."+protocol+".peak_rss_mib", most, "MiB")
		one = max(one, most)
	}
	for _, protocol := range protocols {
		most := b.peak(protocol, eight, b.several)
		f.show("upload8."+protocol+".peak_rss_mib", most, "MiB")
		many = max(many, most)
	}
	f.show("upload.peak_rss_mib", one, "MiB")
	f.show("upload8.peak_rss_mib", many, "MiB")
}

// over is the median of a figure of all rounds.
func over(rounds []map[string]pair, protocol string, figure func(pair) float64) float64 {
	var values []float64
	for _, round := range rounds {
		values = append(values, figure(round[protocol]))
	}
	return median(values)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[middle-1] + sorted[middle]) / 2
	}
	return sorted[middle]
}
