package year

import (
	"slices"
	"time"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/calendar"
)

// started looks at a revision that comes into force: at what the log has of why it
// may, and whether it may now. It says whether something starts that interrupts.
func (o *oracle) started(p *place, was toldOf) bool {
	if o.asleep {
		return false
	}
	revision, runs := p.told.Rollout.Revision, p.runs
	switch {
	case p.under && revision == p.goodRevision:
		o.returned(p)
		return false
	case p.want == runs:
		if !p.under {
			p.goodRevision = revision // nothing of it interrupts
		}
		return false
	case was.Rollout.Change != nil && p.want == p.previous:
		o.begin(p, p.want) // whoever asked for it has taken it back
		return false
	}
	o.mayStart(p)
	o.begin(p, p.want)
	o.w.count.changes++
	return true
}

// begin has a change under way.
func (o *oracle) begin(p *place, target facts) {
	deadline := o.w.clock.Add(minutes(o.w.config.Rollout.DeadlineMinutes))
	if p.runs.server != target.server {
		p.serving = time.Time{}
	}
	p.previous, p.runs = p.good, target
	p.under, p.returning, p.begun, p.deadline = true, false, o.w.clock, deadline
	p.outlook = outlook{}
	o.remind(deadline.Add(patience))
	o.wanted(p.tenant)
	o.check(p)
}

// returned: what did not serve by its deadline is taken back, and nothing else.
func (o *oracle) returned(p *place) {
	failed := p.runs
	switch {
	case p.want == p.good:
	case o.w.clock.Before(p.deadline.Truncate(time.Second)):
		o.fail(p, "it is taken back before its deadline, %s", p.deadline)
	default:
		p.failed, p.hindered = &failed, o.w.clock
		o.w.count.returns++
	}
	o.begin(p, p.good)
	p.returning = true
}

// mayStart are the rules, each by itself.
func (o *oracle) mayStart(p *place) {
	c, now := p.tenant, o.w.clock
	class := classOf(p.runs, p.want)
	switch {
	case !p.known:
		o.fail(p, "a version starts that nobody knows")
	case !mayFollow(p.runs, p.want):
		o.fail(p, "a version starts that may not follow")
	case p.failed != nil && *p.failed == p.want:
		o.fail(p, "what failed is tried again, and nobody has asked")
	case c.file.isSuspended():
		o.fail(p, "a change starts while the tenant is suspended")
	}
	if demanded := o.demands[c.number]; demanded.reason != "" && !demanded.used {
		o.w.count.emergencies++
		return
	}
	if p.under {
		o.fail(p, "a change starts while another is under way, since %s", p.begun)
	}
	o.inTime(p, class, now)
	if slots := int(o.w.config.Rollout.Slots); o.underWay() >= slots {
		o.fail(p, "more than %d are under way", slots)
	}
	if p.want.server.version != p.runs.server.version {
		o.inTurn(p, now)
	}
}

// inTime: within an opening, and not too late in it.
func (o *oracle) inTime(p *place, class calendar.Class, now time.Time) {
	when, err := calendarOf(o.w.config, p.tenant.file.spec.Calendar)
	if err != nil {
		o.fail(p, "a change starts though nobody knows when it may: %v", err)
		return
	}
	open, _ := when.NextOpening(class, now)
	switch expected := minutes(*o.w.config.Rollout.ExpectedMinutes); {
	case !when.IsOpen(class, now) || open.From.After(now):
		o.fail(p, "a %s starts outside its time: the next is %s", class, open.From)
	case now.Add(expected).After(open.To):
		o.fail(p, "a %s starts less than %s before its time ends, %s", class, expected, open.To)
	}
	if notice := time.Duration(*o.w.config.Rollout.NoticeDays) * day; class == calendar.Release && p.tenant.file.spec.Version == "" && now.Before(p.asked.Truncate(time.Second).Add(notice)) {
		o.fail(p, "a release starts that was asked for %s, without %s of notice", p.asked, notice)
	}
}

// inTurn: after development, after the first clients, and not while it is halted.
func (o *oracle) inTurn(p *place, now time.Time) {
	version, rules := p.want.server.version, o.w.config.Rollout
	healthy := minutes(*rules.HealthyMinutes)
	if before := o.before(p); before != nil && !before.hasProven(before.atLeast(version), now, healthy) {
		o.fail(p, "version %s starts before development has run it healthy for %s; it serves since %s", version, healthy, before.serving)
	}
	if failed := o.failed(version); failed >= int(rules.HaltAfter) {
		o.fail(p, "version %s starts though %d clients have failed with it", version, failed)
	}
	wants, started, proven := 0, 0, 0
	for _, other := range o.all(p.name) {
		if other.want.server.version != version {
			continue
		}
		wants++
		if other != p && other.runs.server.version == version {
			started++
			if other.hasProven(version, now, healthy) {
				proven++
			}
		}
	}
	if leaders := o.leaders(wants); started >= leaders && proven < leaders {
		o.fail(p, "version %s starts though %d run it, %d of them for %s: %d of %d come first", version, started, proven, healthy, leaders, wants)
	}
}

func (o *oracle) leaders(wants int) int {
	return (wants*int(*o.w.config.Rollout.CanaryPercent) + 99) / 100
}

// before is the environment that has a version before this one; nil for none.
func (o *oracle) before(p *place) *place {
	if p.name != v1alpha1.ProductionEnvironment || p.tenant.file.environment(v1alpha1.DevelopmentEnvironment) == nil {
		return nil
	}
	return o.places[p.tenant.namespace][0]
}

// hasProven: its server has served with a version for so long.
func (p *place) hasProven(version string, now time.Time, healthy time.Duration) bool {
	return p.runs.server.version == version && !p.serving.IsZero() && !now.Before(p.serving.Truncate(time.Second).Add(healthy))
}

// atLeast is the version that runs, where it is later than the one given: who has
// gone on has no way back to it.
func (p *place) atLeast(version string) string {
	runs, given := numbers(p.runs.server.version), numbers(version)
	if slices.Compare(runs[:], given[:]) > 0 {
		return p.runs.server.version
	}
	return version
}

// all are the places of one kind that there are.
func (o *oracle) all(name v1alpha1.EnvironmentName) []*place {
	var found []*place
	for _, c := range o.w.clients {
		for _, p := range o.places[c.namespace] {
			if (name == "" || p.name == name) && c.file.environment(p.name) != nil {
				found = append(found, p)
			}
		}
	}
	return found
}

func (o *oracle) underWay() (count int) {
	for _, p := range o.all("") {
		if p.under {
			count++
		}
	}
	return count
}

// failed counts the clients with which a version was taken back.
func (o *oracle) failed(version string) (count int) {
	for _, c := range o.w.clients {
		for _, p := range o.places[c.namespace] {
			if p.failed != nil && p.failed.server.version == version {
				count++
				break
			}
		}
	}
	return count
}
