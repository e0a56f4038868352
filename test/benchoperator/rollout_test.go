package benchoperator

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/calendar"
	"voute.dev/voute/internal/platform"
	"voute.dev/voute/server/certfile/certtest"
	"voute.dev/voute/test/simulation"
)

const (
	// shipped is the version that the tenants begin with; the fixes come after it,
	// the second by the bare client.
	shipped, fixed, fixedAgain = "0.1.0", "0.1.1", "0.1.2"
)

// change is how a fix went through all tenants.
type change struct {
	// takenUp is when it begins: the operator reads its file now and then.
	takenUp, seconds float64
	most             int // environments that changed together
	written          written
	raw              effort
	rawWritten       int
}

// rollOut has the operator bring a fix to every tenant, development first, as
// soon as it finds it in its platform file; then a bare client brings the next one.
func (s *stage) rollOut(t *testing.T) (c change) {
	t.Helper()
	mark := sizeOf(t, s.audit)
	text := fix(t, string(read(t, s.platform)))
	begin, before := time.Now(), programs(t)
	write(t, s.platform, text)
	await(t, "the fix begins", func() error {
		_, most, err := s.simulator.changed(fixed)
		if err == nil && most == 0 {
			err = errors.New("nothing changes yet")
		}
		return err
	})
	c.takenUp = time.Since(begin).Seconds()
	await(t, "every tenant runs the fix", func() (err error) {
		var done int
		if done, c.most, err = s.simulator.changed(fixed); err == nil && done < *tenants {
			err = fmt.Errorf("%d of %d do", done, *tenants)
		}
		return err
	})
	took := since(t, begin, before)
	c.seconds = took.seconds
	fmt.Printf("a fix for all tenants: %s\n", took)
	s.rest(t)
	c.written = s.writes(t, mark)
	tell("written for the fix", c.written)
	if c.most > *slots {
		t.Errorf("%d environments changed together, with %d slots", c.most, *slots)
	}
	s.process.stop()
	c.raw, c.rawWritten = s.rollOutBare(t)
	fmt.Printf("a fix for all tenants by the bare client: %s\n", c.raw)
	return c
}

// fix is the platform's file with a fix for every tenant, which may start at once.
func fix(t *testing.T, file string) string {
	t.Helper()
	entry := "  - version: " + shipped + "\n    image: localhost/voute-server:" + shipped + "\n"
	pace := "slots: 1000\n"
	anyTime := simulation.AnyTime(time.Now())
	if !strings.Contains(file, entry) || !strings.Contains(anyTime, pace) {
		t.Fatal("the platform's file is another one than the benchmark knows")
	}
	return strings.NewReplacer("defaultVersion: "+shipped, "defaultVersion: "+fixed, entry, entry+strings.ReplaceAll(entry, shipped, fixed)).Replace(file) +
		strings.Replace(anyTime, pace, "slots: "+strconv.Itoa(*slots)+"\n", 1)
}

func (c change) publish() {
	n := float64(*tenants)
	figure("rollout.seconds", c.seconds, "s")
	figure("rollout.taken_up_seconds", c.takenUp, "s")
	figure("rollout.raw_seconds", c.raw.seconds, "s")
	figure("rollout.ratio", c.seconds/c.raw.seconds, "times")
	figure("rollout.writes_per_tenant", float64(c.written.total())/n, "writes")
	figure("rollout.raw_writes_per_tenant", float64(c.rawWritten)/n, "writes")
	figure("rollout.events_per_tenant", float64(c.written.events)/n, "events")
	figure("rollout.reads_per_tenant", float64(sum(c.written.reads))/n, "reads")
	figure("rollout.most_at_once", float64(c.most), "environments")
}

// TestTheFixIsOne keeps the platform's file such that the roll-out can be measured.
func TestTheFixIsOne(t *testing.T) {
	config, err := platform.Load([]byte(fix(t, platformFile(t, "https://127.0.0.1:8200", string(read(t, certtest.New(t).File))))))
	if err != nil {
		t.Fatal(err)
	}
	if class, err := platform.Step(config, shipped, fixed); class != calendar.Fix || err != nil {
		t.Errorf("it is a %s: %v", class, err)
	}
	if config.Server.DefaultVersion != fixed || int(config.Rollout.Slots) != *slots || *config.Rollout.CanaryPercent != 0 || *config.Rollout.HealthyMinutes != 0 {
		t.Errorf("version %s with %+v", config.Server.DefaultVersion, config.Rollout)
	}
}

// TestStanding: a tenant counts as changed when all of it is, and nothing is left to do.
func TestStanding(t *testing.T) {
	for name, test := range map[string]struct {
		spoil    func(*v1alpha1.EnvironmentStatus)
		changing int
		version  string
	}{
		"it runs the fix":            {func(*v1alpha1.EnvironmentStatus) {}, 0, fixed},
		"a change is under way":      {func(e *v1alpha1.EnvironmentStatus) { e.Rollout.Change = &v1alpha1.Change{} }, 1, fixed},
		"a change waits":             {func(e *v1alpha1.EnvironmentStatus) { e.Pending = &v1alpha1.PendingChange{} }, 0, ""},
		"a server tells of another":  {func(e *v1alpha1.EnvironmentStatus) { e.Version = shipped }, 0, ""},
		"an environment has not":     {func(e *v1alpha1.EnvironmentStatus) { e.Version, e.Rollout.Version = shipped, shipped }, 0, ""},
		"nothing is known of a part": {func(e *v1alpha1.EnvironmentStatus) { e.Rollout = nil }, 0, ""},
	} {
		tenant := &v1alpha1.SharingTenant{}
		for range environments {
			tenant.Status.Environments = append(tenant.Status.Environments, v1alpha1.EnvironmentStatus{
				Version: fixed, Rollout: &v1alpha1.RolloutStatus{Version: fixed},
			})
		}
		test.spoil(&tenant.Status.Environments[1])
		if got := standingOf(tenant); got.changing != test.changing || got.version != test.version || got.ready {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
