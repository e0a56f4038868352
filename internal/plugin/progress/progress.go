// Package progress says how far all clients are with the versions that they are to
// have, and which changes are halted, by their failures or by people. Of reads the statuses into the same lines that
// the operator's ledger has (package fleet), so that both speak of the same.
//
// A client is counted once, under the version that it is to have: failed, changing
// or pending where one of its environments is, in this order, and else done. A change
// is halted once rollout.haltAfter clients have failed with it.
package progress

import (
	"cmp"
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/fleet"
	"voute.dev/voute/internal/platform"
)

// Progress is how far all clients are.
type Progress struct {
	DefaultVersion string    `json:"defaultVersion"`
	Clients        int       `json:"clients"`
	Slots          int32     `json:"slots"`
	HaltAfter      int32     `json:"haltAfter"`
	Versions       []Version `json:"versions"`
	// Steps are the environments with a change that is under way, waits or failed.
	Steps []Step `json:"steps"`
	// Halts are those of changes that failed, and Halted those by people.
	Halts  []Halt                   `json:"halts"`
	Halted []configv1.HaltedVersion `json:"halted"`
}

// Version is how far the clients are that are to have one.
type Version struct {
	Version  string `json:"version"`
	Clients  int    `json:"clients"`
	Done     int    `json:"done"`
	Changing int    `json:"changing"`
	Pending  int    `json:"pending"`
	Failed   int    `json:"failed"`
	// Production and Development are how many environments run it, whoever they are.
	Production  int `json:"production"`
	Development int `json:"development"`
}

// State is how far one environment is with a change.
type State string

// The states, as the metric voute_rollout_environments names them.
const (
	Failed   State = "failed"
	Changing State = "changing"
	Pending  State = "pending"
	done     State = "done"
)

// order puts first what needs a person, then what is under way.
var order = []State{Failed, Changing, Pending, done}

// Step is one environment with a change.
type Step struct {
	Namespace   string                   `json:"namespace"`
	Name        string                   `json:"name"`
	Environment v1alpha1.EnvironmentName `json:"environment"`
	State       State                    `json:"state"`
	// Version is the one that the change is about; empty where no version moves.
	Version string               `json:"version,omitempty"`
	Class   v1alpha1.ChangeClass `json:"class,omitempty"`
	Change  string               `json:"change"`
	// Says is what it waits for, or why it failed.
	Says string `json:"says,omitempty"`
	// Time is when it may start, by when it has to be healthy, or when it was taken back.
	Time *metav1.Time `json:"time,omitempty"`
}

// Halt is a change that nobody else starts.
type Halt struct {
	Change  string   `json:"change"`
	Clients []string `json:"clients"`
}

// Of is how far the clients are under a platform's configuration.
func Of(cfg *configv1.PlatformConfiguration, tenants []v1alpha1.SharingTenant) Progress {
	c := counter{versions: map[string]*Version{}, failed: map[string][]string{}}
	c.version(cfg.Server.DefaultVersion)
	for i := range tenants {
		c.tenant(cfg, &tenants[i])
	}
	p := Progress{
		DefaultVersion: cfg.Server.DefaultVersion, Clients: len(tenants),
		Slots: cfg.Rollout.Slots, HaltAfter: cfg.Rollout.HaltAfter,
		Versions: []Version{}, Steps: c.sorted(), Halts: []Halt{},
		Halted: append([]configv1.HaltedVersion{}, cfg.Rollout.Halted...),
	}
	for _, version := range c.versions {
		p.Versions = append(p.Versions, *version)
	}
	slices.SortFunc(p.Versions, func(a, b Version) int {
		if platform.IsLater(a.Version, b.Version) {
			return 1
		}
		return -1
	})
	for _, change := range slices.Sorted(maps.Keys(c.failed)) {
		if clients := c.failed[change]; len(clients) >= int(cfg.Rollout.HaltAfter) {
			p.Halts = append(p.Halts, Halt{Change: change, Clients: clients})
		}
	}
	return p
}

// With is what of it is about one version.
func (p Progress) With(version string) Progress {
	key := versionKey(version)
	p.Versions = slices.DeleteFunc(slices.Clone(p.Versions), func(v Version) bool { return v.Version != version })
	p.Steps = slices.DeleteFunc(slices.Clone(p.Steps), func(s Step) bool { return s.Version != version })
	p.Halts = slices.DeleteFunc(slices.Clone(p.Halts), func(h Halt) bool { return h.Change != key })
	p.Halted = slices.DeleteFunc(slices.Clone(p.Halted), func(h configv1.HaltedVersion) bool { return h.Version != version })
	return p
}

// counter collects.
type counter struct {
	versions map[string]*Version
	steps    []Step
	// failed are the clients with which a change was taken back, by its key.
	failed map[string][]string
}

func (c *counter) version(text string) *Version {
	if c.versions[text] == nil {
		c.versions[text] = &Version{Version: text}
	}
	return c.versions[text]
}

func (c *counter) tenant(cfg *configv1.PlatformConfiguration, tenant *v1alpha1.SharingTenant) {
	wanted := platform.Version(cfg, tenant.Spec.Version)
	state := done
	if len(tenant.Status.Environments) == 0 {
		state = Pending
	}
	for i := range tenant.Status.Environments {
		e := &tenant.Status.Environments[i]
		line := fleet.LineOf(e, wanted)
		state = first(state, stateOf(line))
		c.runs(e)
		c.fails(tenant.Namespace+"/"+tenant.Name, line.Failed)
		c.steps = append(c.steps, stepsOf(tenant, e)...)
	}
	c.version(wanted).count(state)
}

// runs counts the version that an environment runs, or is being started with.
func (c *counter) runs(e *v1alpha1.EnvironmentStatus) {
	if e.Rollout == nil || e.Rollout.Version == "" {
		return
	}
	if v := c.version(e.Rollout.Version); e.Name == v1alpha1.ProductionEnvironment {
		v.Production++
	} else {
		v.Development++
	}
}

func (c *counter) fails(client, change string) {
	if change != "" && !slices.Contains(c.failed[change], client) {
		c.failed[change] = append(c.failed[change], client)
	}
}

// sorted are the steps by state, and then by name.
func (c *counter) sorted() []Step {
	slices.SortStableFunc(c.steps, func(a, b Step) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.State), slices.Index(order, b.State)),
			cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return append([]Step{}, c.steps...)
}

func (v *Version) count(state State) {
	v.Clients++
	switch state {
	case Failed:
		v.Failed++
	case Changing:
		v.Changing++
	case Pending:
		v.Pending++
	default:
		v.Done++
	}
}

// stateOf is what the ledger's own count makes of a line.
func stateOf(line fleet.Line) State {
	switch {
	case line.Failed == versionKey(line.Wants):
		return Failed
	case line.Changes:
		return Changing
	case line.Runs == line.Wants:
		return done
	default:
		return Pending
	}
}

func first(a, b State) State {
	if slices.Index(order, a) <= slices.Index(order, b) {
		return a
	}
	return b
}
