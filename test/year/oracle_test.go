package year

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/test/memoryapi"
)

var environmentNames = []v1alpha1.EnvironmentName{v1alpha1.DevelopmentEnvironment, v1alpha1.ProductionEnvironment}

// oracle watches what is written, and knows by itself what should be.
type oracle struct {
	w *world
	// asleep while the base world is made.
	asleep bool
	places map[string][]*place
	// restless are the tenants that are not as they should be for good.
	restless []bool
	demands  []demand
	// reminders are the instants at which somebody may start who may not now.
	reminders map[time.Time]bool
	standings map[question]standing
}

// demand is an annotation that asks for a change at once.
type demand struct {
	reason string
	used   bool
}

// place is one environment of a tenant, as the log shows it.
type place struct {
	tenant *tenant
	name   v1alpha1.EnvironmentName
	object string
	told   toldOf

	// want is what is asked for; runs is what was started last; good is what was
	// available last, with the name of its revision.
	want, runs, good facts
	known            bool
	// previous is what was good before the change that was started last.
	previous     facts
	goodRevision string
	// live is what the objects hold; template is the pods'.
	live       facts
	template   any
	generation int64
	// under: it was started, and is not available yet. begun and deadline are of
	// that start; serving is since when its server has been available.
	under, returning         bool
	begun, deadline, serving time.Time
	// failed was taken back, and is not tried again unasked.
	failed *facts
	// asked is when the version was asked for that does not run yet.
	asked        time.Time
	askedVersion string
	// hindered is when it was last in a state in which nothing can wait.
	hindered time.Time
	outlook  outlook
	// spared: a look that was left out was given back.
	spared bool
}

func newOracle(w *world) *oracle {
	o := &oracle{w: w, asleep: true, places: map[string][]*place{}, restless: make([]bool, tenants), demands: make([]demand, tenants), reminders: map[time.Time]bool{}, standings: map[question]standing{}}
	for _, c := range w.clients {
		for _, name := range environmentNames {
			o.places[c.namespace] = append(o.places[c.namespace], &place{tenant: c, name: name, object: fmt.Sprintf("%s-%s", tenantName, name)})
		}
	}
	return o
}

// awake takes what there is for what runs, and watches from then on.
func (o *oracle) awake() {
	o.asleep = false
	for _, p := range o.all("") {
		p.runs = p.live
		o.check(p)
	}
	for _, c := range o.w.clients {
		o.wanted(c)
	}
}

func (p *place) String() string {
	return fmt.Sprintf("%s/%s", p.tenant.namespace, p.name)
}

// fail ends the year.
func (w *world) fail(c *tenant, format string, args ...any) {
	if w.failure == nil {
		w.failure = fmt.Errorf("%s: %s: %s", w.clock.UTC().Format("2006-01-02 15:04:05.000 Monday"), c.namespace, fmt.Sprintf(format, args...))
	}
}

func (o *oracle) fail(p *place, format string, args ...any) {
	if !o.asleep {
		o.w.fail(p.tenant, "%s: %s\n  runs  %+v\n  wants %+v\n  says  %s", p.name, fmt.Sprintf(format, args...), p.runs, p.want, p.told)
	}
}

// String tells what a status says.
func (t toldOf) String() string {
	text := fmt.Sprintf("revision %s, version %s, healthy since %s", t.Rollout.Revision, t.Rollout.Version, t.Rollout.HealthySince)
	if c := t.Rollout.Change; c != nil {
		text += fmt.Sprintf("; %s under way since %s: %s", c.Class, c.StartTime, c.Reason)
	}
	if f := t.Rollout.Failed; f != nil {
		text += fmt.Sprintf("; failed %s at %s: %s", f.Version, f.Time, f.Reason)
	}
	if n := t.Pending; n != nil {
		text += fmt.Sprintf("; %s pending since %s: %s, waits for %s (%s to %s)", n.Class, n.Since, n.Reason, n.WaitsFor, n.StartTime, n.EndTime)
	}
	return text
}

// tenantChanged looks at what somebody asks for, and at what the operator says.
func (o *oracle) tenantChanged(c *tenant, change memoryapi.Change) {
	now, err := read(change.Object, c.file)
	if err != nil {
		o.w.fail(c, "%v", err)
		return
	}
	before := c.file
	c.file = now
	if reason := now.annotation(v1alpha1.ApplyNowAnnotation); before == nil || reason != before.annotation(v1alpha1.ApplyNowAnnotation) {
		o.demands[c.number] = demand{reason: reason}
	}
	o.wanted(c)
	started := 0
	// Production first: what starts in development at the same time comes after.
	for _, p := range slices.Backward(o.places[c.namespace]) {
		told := now.says(p.name)
		was := p.told
		p.told = told
		if before != nil && was.Rollout.Revision != told.Rollout.Revision && o.started(p, was) {
			started++
		}
	}
	if started > 0 && o.demands[c.number].reason != "" {
		o.demands[c.number].used = true
	}
}

// wanted brings what is asked for up to date.
func (o *oracle) wanted(c *tenant) {
	o.restless[c.number] = true
	for _, p := range o.places[c.namespace] {
		e := c.file.environment(p.name)
		if e == nil {
			continue
		}
		p.want, p.known = o.w.wantedFacts(c, e)
		p.outlook = outlook{}
		if p.failed != nil && (*p.failed != p.want || c.file.annotation(v1alpha1.TryAgainAnnotation) != "") {
			p.failed, p.hindered = nil, o.w.clock
		}
		switch version := p.want.server.version; {
		case version == p.runs.server.version:
			p.askedVersion = ""
		case version != p.askedVersion:
			p.askedVersion, p.asked = version, o.w.clock
		}
	}
}

// objectChanged looks at what servers run with and are reached by.
func (o *oracle) objectChanged(c *tenant, change memoryapi.Change) {
	o.restless[c.number] = true
	for _, p := range o.places[c.namespace] {
		if p.object != change.Object.GetName() {
			continue
		}
		switch change.Object.GetKind() {
		case "Deployment":
			o.serverChanged(p, change.Object)
		case "Service":
			o.addressChanged(p, change.Object)
		}
		o.check(p)
	}
}

// serverChanged: a template that changes is a start that was seen, and nothing else.
func (o *oracle) serverChanged(p *place, deployment *unstructured.Unstructured) {
	if generation := deployment.GetGeneration(); generation != p.generation {
		p.generation = generation
		template := fieldsIn(deployment.Object, "spec", "template")
		if p.template != nil && !reflect.DeepEqual(any(template), p.template) {
			o.restarted(p, deployment)
		}
		p.template = template
	}
	status := fieldsIn(deployment.Object, "status")
	seen, _ := status["observedGeneration"].(int64)     // 0 where there is none
	available, _ := status["availableReplicas"].(int64) // 0 where there is none
	if serves := seen == p.generation && available > 0; !serves {
		p.serving = time.Time{}
	} else if p.serving.IsZero() {
		p.serving = o.w.clock
	}
	p.live.server = runningFacts(deployment)
}

func (o *oracle) restarted(p *place, deployment *unstructured.Unstructured) {
	if now := runningFacts(deployment); now != p.runs.server {
		o.fail(p, "its server restarts with %+v", now)
	}
	p.serving = time.Time{}
	o.w.count.restarts++
}

func (o *oracle) addressChanged(p *place, service *unstructured.Unstructured) {
	now := reachedFacts(service)
	if now == p.live.address {
		return
	}
	p.live.address = now
	if !o.asleep && p.live.address != p.runs.address {
		o.fail(p, "its address becomes %+v", p.live.address)
	}
}

// check whether what was started serves.
func (o *oracle) check(p *place) {
	if o.asleep || p.live != p.runs || p.serving.IsZero() {
		return
	}
	if p.under {
		o.w.count.done++
	}
	p.under, p.returning = false, false
	p.good, p.goodRevision = p.runs, p.told.Rollout.Revision
}
