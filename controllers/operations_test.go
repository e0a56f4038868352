package controllers_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/yaml"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/controllers/sharingtenant"
	"voute.dev/voute/internal/logs"
	"voute.dev/voute/internal/platform"
	"voute.dev/voute/internal/reload"
	"voute.dev/voute/internal/testclock"
)

var update = flag.Bool("update", false, "write anew what a page says that people see")

const (
	platformPath = "config/default/platform.yaml"
	// slower than the machine's is the clock, so that a minute of the page lasts as
	// long as a busy machine needs for what happens in it.
	slower = 10
	// No server of unhealthy gets ready on the nodes that are simulated.
	unhealthy = "voute-server:0.2.1"
)

// TestOperations and TestBilling do what a page says, in its order, at its times,
// and see what it says that people see.
func TestOperations(t *testing.T) { tell(t, "../docs/operations.md") }

func TestBilling(t *testing.T) { tell(t, "../docs/billing.md") }

func tell(t *testing.T, name string) {
	t.Helper()
	file, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	page, err := parsePage(string(content))
	if err != nil {
		t.Fatal(err)
	}
	o := newOperations(t)
	for _, block := range page.blocks {
		if o.do(block); t.Failed() {
			t.Fatalf("this was line %d of %s; the rest builds on it", block.line+1, name)
		}
	}
	if *update {
		if err := os.WriteFile(file, []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// operations is a platform with two clients, as the page has it.
type operations struct {
	*testing.T
	*world
	clock *testclock.Clock
	// file is the platform's as the operator reads it, from mounted; log is what it
	// says of it.
	file    *reload.File[*sharingtenant.Platform]
	mounted string
	log     *bytes.Buffer
}

// newOperations installs the operator from a copy of config/, which the page
// edits, and has both clients ready before the page begins.
func newOperations(t *testing.T) *operations {
	t.Helper()
	o := &operations{T: t, world: newWorld(t), clock: testclock.New(slowly()), mounted: filepath.Join(t.TempDir(), "platform.yaml"), log: &bytes.Buffer{}}
	o.now = o.clock.Now
	o.restart(t)
	folder := t.TempDir()
	if err := os.CopyFS(filepath.Join(folder, "config"), os.DirFS("../config")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(folder)
	o.clock.Set(at(t, "**Monday 2026-11-23, 06:00**"))
	o.edit("storage: {className: voute-local}")
	o.do(&block{language: "sh", text: "kubectl apply --server-side -k config/default"})
	simulateNode(t, o)
	o.awaitAdmission()
	for _, name := range []string{"justice", "culture"} {
		n := &tenant{T: t, world: o.world, namespace: name}
		o.api.MustKubectl(t, "", "create", "namespace", name)
		for _, document := range []string{retentionYAML, pilotYAML, tenantYAML} {
			n.apply(strings.ReplaceAll(document, "justice", name))
		}
		o.api.MustKubectl(t, "", "wait", "-n", name, "--for=condition=Ready", "stn/"+name, "--timeout=180s")
	}
	return o
}

// slowly is a clock that goes slower than the machine's.
func slowly() func() time.Time {
	start := time.Now()
	return func() time.Time { return start.Add(time.Since(start) / slower) }
}

func (o *operations) awaitAdmission() {
	o.Helper()
	hasty := strings.NewReplacer("namespace: NAMESPACE", `namespace: default, annotations: {`+v1alpha1.ApplyNowAnnotation+`: ""}`, "NAMESPACE", "default").Replace(tenantYAML)
	eventually(o.T, "an emergency without a reason is refused", func() error {
		if _, err := o.api.Kubectl(o.T, hasty, "create", "--dry-run=server", "-f", "-"); err == nil {
			return fmt.Errorf("it is not yet")
		}
		return nil
	})
}

// do takes one step of the page.
func (o *operations) do(b *block) {
	o.Helper()
	switch b.language {
	case "yaml":
		o.edit(b.text)
	case "sh":
		o.command(b)
	default:
		o.clock.Set(at(o.T, b.text))
		o.look()
	}
}

// look has the operator look at every tenant.
func (o *operations) look() {
	select {
	case o.wake <- event.GenericEvent{Object: &v1alpha1.SharingTenant{}}:
	default: // it is about to
	}
}

// edit brings a part of the platform's file into the whole, as a person does.
func (o *operations) edit(part string) {
	o.Helper()
	content, err := os.ReadFile(platformPath)
	if err != nil {
		o.Fatal(err)
	}
	whole, added := map[string]any{}, map[string]any{}
	if err := yaml.Unmarshal(content, &whole); err != nil {
		o.Fatal(err)
	}
	if err := yaml.Unmarshal([]byte(part), &added); err != nil {
		o.Fatal(err)
	}
	merge(whole, added)
	if content, err = yaml.Marshal(whole); err != nil {
		o.Fatal(err)
	}
	if err := os.WriteFile(platformPath, content, 0o644); err != nil {
		o.Fatal(err)
	}
}

// merge replaces lists and plain values.
func merge(whole, added map[string]any) {
	for key, value := range added {
		inner, isMap := value.(map[string]any)
		if within, found := whole[key].(map[string]any); found && isMap {
			merge(within, inner)
			continue
		}
		whole[key] = value
	}
}

// command runs a command, and compares what it shows with what the page says.
func (o *operations) command(b *block) {
	o.Helper()
	words := split(o.T, b.text)
	looks := words[0] == "get" || words[0] == "logs"
	if *update && looks {
		o.rest()
	}
	got := o.show(b, words)
	if words[0] == "apply" {
		o.mount()
	}
	switch {
	case b.shown == nil:
	case *update:
		b.shown.text = got
	default:
		o.compare(b, words, got, looks)
	}
}

// show is what a command shows; one of which the page says nothing does not fail.
func (o *operations) show(b *block, words []string) string {
	o.Helper()
	output, err := o.api.Kubectl(o.T, b.input, words...)
	switch {
	case err != nil && b.shown == nil:
		o.Fatalf("%s: %v", b.text, err)
	case err != nil:
		output += err.Error()
	}
	return plain(output)
}

// compare tries a command that only looks again, until it shows what is to come.
func (o *operations) compare(b *block, words []string, got string, looks bool) {
	o.Helper()
	want := joined(plain(b.shown.text))
	for end := time.Now().Add(patience); looks && joined(got) != want && time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		got = o.show(b, words)
	}
	if diff := cmp.Diff(want, joined(got)); diff != "" {
		o.Errorf("%s shows something else (+) than the page says (-): %s\nall of it:\n%s", b.text, diff, got)
	}
}

// split is left to the shell, which knows its quotes.
func split(t *testing.T, command string) []string {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "sh", "-c", `printf '%s\0' `+strings.TrimPrefix(command, "kubectl ")).Output()
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	return strings.Split(strings.TrimSuffix(string(output), "\x00"), "\x00")
}

// rest waits until the operator writes nothing any more.
func (o *operations) rest() {
	o.Helper()
	eventually(o.T, "the operator comes to rest", func() error {
		before := o.written.total()
		time.Sleep(3 * time.Second)
		if after := o.written.since(before); len(after) > 0 {
			return fmt.Errorf("it writes %v", after)
		}
		return nil
	})
}

// varying are the parts of what is shown that are not the same each time, and
// what the page writes for them. Of a time of the operator's only the seconds are.
var varying = []struct {
	part *regexp.Regexp
	same string
}{
	{regexp.MustCompile(`(?m)[0-9]+[smhd]([0-9]+[smhd])?[ \t]*$`), "41d"},
	{regexp.MustCompile(`(T[0-9]{2}:[0-9]{2}):[0-9]{2}(\.[0-9]+)?Z`), "$1:00Z"},
	{regexp.MustCompile(`\bline [0-9]+`), "line 52"},
	{regexp.MustCompile(`"ts":"[^"]*"`), `"ts":"…"`},
	{regexp.MustCompile(`(?m)[ \t]+$`), ""},
}

func plain(text string) string {
	for _, each := range varying {
		text = each.part.ReplaceAllString(text, each.same)
	}
	return strings.TrimSpace(text)
}

// joined lets the page break lines, and a wider cell move the columns.
func joined(text string) string { return strings.Join(strings.Fields(text), " ") }

// mount does what a kubelet and the operator's process do with the platform's
// file: one that is refused leaves the last good one in force.
func (o *operations) mount() {
	o.Helper()
	content := o.api.MustKubectl(o.T, "", "get", "configmap", "-n", operatorNamespace, "voute-platform", "-o", `jsonpath={.data.platform\.yaml}`)
	if err := os.WriteFile(o.mounted, []byte(strings.ReplaceAll(content, unhealthy, unhealthy+"-broken")), 0o600); err != nil {
		o.Fatal(err)
	}
	if o.file != nil {
		o.file.Look(log.IntoContext(o.Context(), logs.New(o.log)))
		return
	}
	var err error
	if o.file, err = reload.Open(o.mounted, o.build, func(bool) {}, func(context.Context) { o.look() }); err != nil {
		o.Fatal(err)
	}
}

func (o *operations) build(content []byte) (*sharingtenant.Platform, error) {
	config, err := platform.Load(content)
	if err != nil {
		return nil, err
	}
	built := &sharingtenant.Platform{Config: config, Vault: o.vault, Server: o.reader, Prober: o.servers}
	o.platform.Store(built)
	return built, nil
}
