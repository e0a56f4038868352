package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"voute.dev/voute/api/v1alpha1"
)

// given tells in the operator's log that it goes by the machine's clock again.
const given = "the machine's clock is in force again"

// platformFile is the platform's configuration, which is everybody's: whoever
// takes it does not run beside others, and it is put back when the test ends.
type platformFile struct {
	t       *testing.T
	started time.Time
	before  string
	fields  map[string]any
	moved   bool
}

func takePlatform(t *testing.T) *platformFile {
	t.Helper()
	p := &platformFile{t: t, started: time.Now()}
	p.before = p.read().Data["platform.yaml"]
	if err := yaml.Unmarshal([]byte(p.before), &p.fields); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.putBack)
	return p
}

func (p *platformFile) read() *corev1.ConfigMap {
	p.t.Helper()
	ctx, cancel := patient()
	defer cancel()
	held := &corev1.ConfigMap{}
	if err := cluster.kube.Get(ctx, types.NamespacedName{Namespace: "voute-system", Name: "voute-platform"}, held); err != nil {
		p.t.Fatal(err)
	}
	return held
}

func (p *platformFile) write(text string) {
	p.t.Helper()
	ctx, cancel := patient()
	defer cancel()
	held := p.read()
	held.Data["platform.yaml"] = text
	if err := cluster.kube.Update(ctx, held); err != nil {
		p.t.Fatal(err)
	}
	// A kubelet brings it to the pod when it looks at the pod the next time; it
	// does so at once when the pod itself is changed.
	cluster.kubectl(p.t, "", "-n", "voute-system", "annotate", "pods", "-l", "app.kubernetes.io/name=voute-operator",
		"--overwrite", fmt.Sprintf("e2e.voute.dev/look-again=%d", time.Now().UnixNano()))
}

// setClock has it be a time for the operator, which goes by the rest of the file
// from then on, too. It returns once the operator has taken it up.
func (p *platformFile) setClock(now string) {
	p.t.Helper()
	p.fields["testClock"] = map[string]any{"time": now}
	text, err := yaml.Marshal(p.fields)
	if err != nil {
		p.t.Fatal(err)
	}
	p.moved = true
	p.takenUp(now, func() { p.write(string(text)) })
	p.t.Logf("%s: it is %s", time.Since(p.started).Round(time.Second), now)
}

// putBack gives the operator its own file again, and the machine's clock with it.
func (p *platformFile) putBack() {
	if !p.moved {
		return
	}
	p.takenUp(given, func() { p.write(p.before) })
	if now := p.read().Data["platform.yaml"]; now != p.before {
		p.t.Errorf("the platform's file is now\n%s", now)
	}
}

// takenUp waits until the operator tells something once more than before.
func (p *platformFile) takenUp(told string, change func()) {
	p.t.Helper()
	before := p.told(told)
	change()
	eventually(p.t, 90*time.Second, "the operator takes its file up: "+told, func(context.Context) error {
		if p.told(told) == before {
			return fmt.Errorf("it has told so %d times", before)
		}
		return nil
	})
}

func (p *platformFile) told(text string) int {
	p.t.Helper()
	return strings.Count(cluster.kubectl(p.t, "", "-n", "voute-system", "logs", "deployment/voute-operator", "--since-time="+p.started.UTC().Format(time.RFC3339)), text)
}

// pinOthers has the clients of other tests stay with their version, so that they
// have no part in a roll-out.
func pinOthers(t *testing.T, version string) {
	t.Helper()
	var all v1alpha1.SharingTenantList
	if err := cluster.kube.List(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	for _, other := range all.Items {
		if other.Spec.Version != "" {
			continue
		}
		pin := func(value string) {
			cluster.kubectl(t, "", "-n", other.Namespace, "patch", "sharingtenant", other.Name, "--type=merge", "-p", `{"spec":{"version":`+value+`}}`)
		}
		pin(`"` + version + `"`)
		t.Cleanup(func() { pin("null") })
	}
}
