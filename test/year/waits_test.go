package year

import (
	"errors"
	"strings"
	"time"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/calendar"
)

// patience is how long the operator may take for what it does not do at once.
const patience = 3 * time.Minute

// forPlace stands for what those wait for who need a place among those that change.
const forPlace = "a place"

// says whether a status waits for something, in words for people.
func says(pending *v1alpha1.PendingChange, waits string) bool {
	if waits == forPlace {
		return strings.Contains(pending.WaitsFor, "places of those that change") || strings.Contains(pending.WaitsFor, "one environment changes at a time")
	}
	return strings.Contains(pending.WaitsFor, waits)
}

var errNoTime = errors.New("there is no time as long as a change takes")

// outlook is when a change may start by the calendar, as long as nothing else
// changes: from and to are an opening, and late is when it takes no more.
type outlook struct {
	earliest       time.Time
	from, to, late time.Time
	err            error
}

// expectation is what a status should say of a change.
type expectation struct {
	// nothing: there is nothing pending; reason is that of WorkloadReady then, or its
	// words where the server has a problem of its own.
	nothing       bool
	reason, words string
	// waits is part of what it waits for; empty where it should have started.
	waits string
	// start and end of the opening, where it is to come.
	start, end time.Time
	// strict: nobody may need a look that was left out.
	strict bool
}

// remind has the oracle look at an instant at which nothing else may be due.
func (o *oracle) remind(at time.Time) {
	if at.After(o.w.clock) && !o.reminders[at] && !o.asleep {
		o.reminders[at] = true
		o.w.at(at, func() error {
			delete(o.reminders, at)
			return nil
		})
	}
}

// settled looks at everybody who is not at rest, once all is done that was due.
func (o *oracle) settled() {
	if o.asleep || o.w.operator == nil {
		return
	}
	clear(o.standings)
	for _, c := range o.w.clients {
		if !o.restless[c.number] {
			continue
		}
		rests := c.file.isSeen()
		for _, p := range o.places[c.namespace] {
			if c.file.environment(p.name) != nil && !o.examine(p) {
				rests = false
			}
		}
		o.restless[c.number] = !rests
	}
}

// examine says whether a place is at rest.
func (o *oracle) examine(p *place) bool {
	c, now := p.tenant, o.w.clock
	if p.under && !p.returning && !c.file.isSuspended() && now.After(p.deadline.Add(patience)) && !c.turn.soon(now) {
		o.fail(p, "it is not taken back: its deadline was %s", p.deadline)
	}
	if p.want == p.runs {
		if p.told.Pending != nil {
			o.differs(p, "something is said to be pending that is done", false)
		}
		return p.rests()
	}
	expected := o.expect(p)
	if problem := o.compare(p, expected); problem != "" {
		o.differs(p, problem, expected.strict)
	} else {
		p.spared = false
		o.w.count.waits[expected.waits]++
	}
	return false
}

// rests: it runs what it should, and says so.
func (p *place) rests() bool {
	return p.want == p.runs && p.live == p.runs && !p.under && p.told.Rollout.Change == nil && p.told.Pending == nil
}

func (o *oracle) rests(c *tenant) bool {
	if !c.file.isSeen() {
		return false
	}
	for _, p := range o.places[c.namespace] {
		if c.file.environment(p.name) != nil && !p.rests() {
			return false
		}
	}
	return true
}

// differs: the operator has a look that is due anyway, or, once, one that was
// left out.
func (o *oracle) differs(p *place, problem string, strict bool) {
	c, now := p.tenant, o.w.clock
	switch {
	case c.turn.woken:
	case c.turn.soon(now):
		o.remind(c.turn.due.Add(time.Second))
	case strict || p.spared:
		o.fail(p, "%s", problem)
	default:
		p.spared = true
		o.w.remind(c, idleLook)
	}
}

// compare says what is wrong with what a status says.
func (o *oracle) compare(p *place, want expectation) string {
	pending := p.told.Pending
	switch {
	case want.nothing && pending != nil:
		return "nothing can wait, and " + want.reason + " is why"
	case want.nothing:
		if is := p.tenant.file.condition(v1alpha1.WorkloadReadyCondition); is.Reason != want.reason && !strings.Contains(is.Message, want.words) {
			return "it should say " + want.reason + ", and says " + is.Reason + ": " + is.Message
		}
		return ""
	case want.waits == "":
		return "it does not start though nothing hinders it"
	case pending == nil || pending.Version != p.want.server.version || !p.tenant.file.hasCondition(v1alpha1.RolloutPendingCondition):
		return "it waits for " + want.waits + ", and does not say so"
	case !says(pending, want.waits):
		return "it should wait for " + want.waits
	case !want.start.IsZero() && (!timeOf(pending.StartTime).Equal(want.start) || !timeOf(pending.EndTime).Equal(want.end)):
		return "it should start from " + want.start.UTC().String() + " to " + want.end.UTC().String()
	case pending.Since.Time.Before(p.asked.Truncate(time.Second)) && p.want.server.version != p.runs.server.version:
		return "it was asked for later, " + p.asked.UTC().String()
	}
	return ""
}

// expect is what should be so, by the documentation's rules.
func (o *oracle) expect(p *place) expectation {
	c := p.tenant
	refused := expectation{nothing: true}
	switch {
	case !p.known:
		refused.reason, refused.words = "UnknownVersion", "goes on running"
	case !mayFollow(p.runs, p.want):
		refused.reason, refused.words = "VersionRefused", "goes on running"
		o.w.count.refused++
	case p.failed != nil && *p.failed == p.want:
		refused.reason, refused.words = "ChangeTakenBack", "was taken back"
	case c.file.isSuspended():
		return expectation{waits: "spec.suspend"}
	case o.demands[c.number].reason != "" && !o.demands[c.number].used:
		return expectation{}
	case p.told.Rollout.Change != nil:
		return expectation{waits: "the end of the change under way"}
	default:
		return o.byCalendar(p)
	}
	p.hindered = o.w.clock
	return refused
}

func (o *oracle) byCalendar(p *place) expectation {
	earliest, unproven := o.earliest(p)
	if p.outlook.err == nil || !p.outlook.earliest.Equal(earliest) {
		o.look(p, earliest)
	}
	now, view := o.w.clock, p.outlook
	switch {
	case view.err != nil && !errors.Is(view.err, errNoTime):
		return expectation{waits: "a calendar: see CalendarReady"}
	case unproven:
		return expectation{waits: "in development"}
	case view.err != nil:
		return expectation{waits: "a calendar with a time"}
	case view.from.After(now):
		o.remind(view.from)
		return expectation{waits: "the next ", start: view.from, end: view.to}
	default:
		return o.byFleet(p)
	}
}

// earliest is what notice and development ask for.
func (o *oracle) earliest(p *place) (earliest time.Time, unproven bool) {
	rules, moves := o.w.config.Rollout, p.want.server.version != p.runs.server.version
	if pending := p.told.Pending; pending != nil && classOf(p.runs, p.want) == calendar.Release && p.tenant.file.spec.Version == "" {
		earliest = pending.Since.Add(time.Duration(*rules.NoticeDays) * day)
	}
	before := o.before(p)
	if before == nil || !moves {
		return earliest, false
	}
	healthy := before.told.Rollout.HealthySince
	failed := before.told.Rollout.Failed
	if healthy == nil || before.runs.server.version != before.atLeast(p.want.server.version) || (failed != nil && failed.Version == p.want.server.version) {
		return earliest, true
	}
	if proven := healthy.Add(minutes(*rules.HealthyMinutes)); proven.After(earliest) {
		earliest = proven
	}
	return earliest, false
}

// look finds the opening, unless it is known.
func (o *oracle) look(p *place, earliest time.Time) {
	now, expected := o.w.clock, minutes(*o.w.config.Rollout.ExpectedMinutes)
	if v := p.outlook; !v.from.IsZero() && v.earliest.Equal(earliest) && (v.from.After(now) || !now.After(v.late)) {
		return
	}
	p.outlook = outlook{earliest: earliest}
	when, err := calendarOf(o.w.config, p.tenant.file.spec.Calendar)
	if err != nil {
		p.outlook.err = err
		return
	}
	from := now
	if earliest.After(now) {
		from = earliest
	}
	class := classOf(p.runs, p.want)
	start, found := when.NextStart(class, from, expected)
	if !found {
		p.outlook.err = errNoTime
		return
	}
	open, _ := when.NextOpening(class, start)
	p.outlook.from, p.outlook.to, p.outlook.late = start, open.To, open.To.Add(-expected)
}

// byFleet is for a change whose time it is.
func (o *oracle) byFleet(p *place) expectation {
	version, moves := p.want.server.version, p.want.server.version != p.runs.server.version
	if moves && o.failed(version) >= int(o.w.config.Rollout.HaltAfter) {
		o.w.count.halt(version)
		return expectation{waits: "a person"}
	}
	if moves && !o.mayLead(p, version) {
		return expectation{waits: "the first clients"}
	}
	if o.standing("", "").changing >= int(o.w.config.Rollout.Slots) || o.mayLackPlace(p) {
		return expectation{waits: forPlace}
	}
	return expectation{strict: o.knew(p)}
}

// mayLackPlace: while nobody knows whether a change has started, it has its place,
// and another that asked meanwhile waits for that.
func (o *oracle) mayLackPlace(p *place) bool {
	return len(o.w.unanswered) > 0 && p.told.Pending != nil && says(p.told.Pending, forPlace)
}

// knew: the operator had only to wait for the time, or for a place, of which it
// is told.
func (o *oracle) knew(p *place) bool {
	pending := p.told.Pending
	return pending != nil && (says(pending, forPlace) || strings.HasPrefix(pending.WaitsFor, "the next "))
}

// mayLead: there is room among the first, or they have proven it, as statuses say.
func (o *oracle) mayLead(p *place, version string) bool {
	s := o.standing(p.name, version)
	leaders := o.leaders(s.wants)
	return s.started < leaders || s.proven >= leaders
}

// standing is how far a version is with all environments of a name.
type standing struct {
	wants, started, proven, changing int
}

type question struct {
	name    v1alpha1.EnvironmentName
	version string
}

// standing counts once in each instant.
func (o *oracle) standing(name v1alpha1.EnvironmentName, version string) standing {
	if known, found := o.standings[question{name, version}]; found {
		return known
	}
	healthy, now := minutes(*o.w.config.Rollout.HealthyMinutes), standing{}
	for _, p := range o.all(name) {
		if p.told.Rollout.Change != nil {
			now.changing++
		}
		if p.want.server.version != version {
			continue
		}
		now.wants++
		if p.runs.server.version != version {
			continue
		}
		now.started++
		if since := p.told.Rollout.HealthySince; since != nil && o.w.clock.Before(since.Add(healthy)) {
			o.remind(since.Add(healthy))
		} else if since != nil {
			now.proven++
		}
	}
	o.standings[question{name, version}] = now
	return now
}
