package sharingtenant

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/calendar"
	"voute.dev/voute/internal/conditions"
	"voute.dev/voute/internal/desired"
	"voute.dev/voute/internal/platform"
	"voute.dev/voute/internal/rollout"
)

// maxText is what the status takes as a reason.
const maxText = 1024

// schedule finds out what each environment is to run with now: what the spec
// asks for, or, as long as that has to wait for its time, what was in force
// before. All steps that follow are about the one that is found.
//
// A change that interrupts is written into the status before anything of it is
// done: whoever comes after a crash goes on with it, and it has its place among
// those that change at the same time.
func (r *Reconciler) schedule(ctx context.Context, s *scope) error {
	if err := r.readAnnotations(ctx, s); err != nil {
		return err
	}
	for _, e := range s.environments {
		e.rollout = ptr.Deref(e.status.Rollout.DeepCopy(), v1alpha1.RolloutStatus{})
		e.rollout.Revision = firstOf(e.rollout.Revision, e.labelled)
		rewind(&e.rollout, s.now, deadline(s.platform.Config))
	}
	for _, e := range s.environments {
		if err := r.scheduleOne(ctx, s, e); err != nil {
			return fmt.Errorf("%s: %w", e.Name, err)
		}
	}
	s.environments = s.staying()
	if !s.started {
		return nil
	}
	return r.commit(ctx, s)
}

func (r *Reconciler) scheduleOne(ctx context.Context, s *scope, e *environment) error {
	wanted, name, err := r.wanted(s, e)
	switch {
	case err != nil && conditions.Classify(err) == nil:
		return err
	case err != nil || wanted == nil:
		e.stuck = err
		return r.goOn(ctx, s, e)
	case e.rollout.Revision == name:
		e.rollout.Failed = nil
		e.take(wanted, name)
		return nil
	case e.rollout.Revision == "" && !e.deployed:
		e.take(wanted, name)
		return nil
	default:
		return r.change(ctx, s, e, wanted.revision(), name)
	}
}

// wanted is what the spec asks for; nil for an environment that is to end.
func (r *Reconciler) wanted(s *scope, e *environment) (*plan, string, error) {
	image, err := platform.Image(s.platform.Config, s.tenant.Spec.Version)
	if err != nil {
		return nil, "", conditions.Stall("UnknownVersion", "%s. What runs goes on running.", err)
	}
	if e.leaving {
		return nil, "", nil
	}
	in := s.input(e)
	in.Image = image
	wanted := &plan{in: in, version: in.Version}
	source := in.Source(s.edition, "")
	if known := r.findings.of(s.serverKey(e)); known.revisionOf == source {
		return wanted, known.revision, nil
	}
	object, err := wanted.revision().Object(in)
	if err != nil {
		return nil, "", err
	}
	r.findings.change(s.serverKey(e), func(f *finding) { f.revision, f.revisionOf = object.Name, source })
	return wanted, object.Name, nil
}

// change is for what differs from what is in force.
func (r *Reconciler) change(ctx context.Context, s *scope, e *environment, wanted *rollout.Revision, name string) error {
	runs, err := r.recall(ctx, s, e, e.rollout.Revision)
	if err != nil {
		return err
	}
	change := rollout.Unknown(wanted)
	if runs != nil {
		change, err = rollout.Compare(runs, wanted, s.stepTo(e, name))
	}
	if err != nil {
		e.stuck = conditions.Stall("VersionRefused", "%s. What runs goes on running.", err)
		e.keep(runs)
		return nil
	}
	if failed := e.rollout.Failed; failed != nil && failed.Revision == name && !s.tryAgain {
		e.keep(runs)
		return nil
	}
	e.rollout.Failed = nil
	change.Class = s.classOf(e, change, name)
	return r.start(s, e, proposal{runs: runs, wanted: wanted, name: name, change: change})
}

// proposal is a change of which it is not decided yet whether it starts.
type proposal struct {
	runs, wanted *rollout.Revision
	name         string
	change       rollout.Change
}

// classOf: what never ran healthy interrupts nobody, and to go back to what did
// interrupts nobody more.
func (s *scope) classOf(e *environment, change rollout.Change, name string) calendar.Class {
	switch {
	case change.Class == calendar.None:
		return calendar.None
	case e.rollout.LastHealthy == "" && e.labelled == "":
		return calendar.First
	case e.goesBack(name):
		return calendar.Repair
	case s.applyNow != nil && !s.applyNow.consumed:
		return calendar.Emergency
	default:
		return change.Class
	}
}

// goesBack: what was started is given up for what ran healthy before it.
func (e *environment) goesBack(name string) bool {
	return e.rollout.Change != nil && name == e.rollout.LastHealthy
}

// stepTo: no catalogue keeps anybody from going back by hand to what a change that
// fails goes back to by itself.
func (s *scope) stepTo(e *environment, name string) func(from, to string) (calendar.Class, error) {
	if e.goesBack(name) {
		return func(string, string) (calendar.Class, error) { return calendar.Fix, nil }
	}
	return s.step
}

// step is what the catalogue says of two versions.
func (s *scope) step(from, to string) (calendar.Class, error) {
	return platform.Step(s.platform.Config, from, to)
}

// start begins a change if it is its turn, and else says what it waits for.
func (r *Reconciler) start(s *scope, e *environment, p proposal) error {
	waitsFor, opening := r.mayStart(s, e, p)
	if waitsFor != "" {
		e.wait(s.now, p, waitsFor, opening)
		e.keep(p.runs)
		return nil
	}
	if p.change.Class.IsFree() && p.change.Class != calendar.Emergency && p.change.Class != calendar.Repair {
		healthy := e.rollout.LastHealthy == e.rollout.Revision
		e.take(planned(p.wanted), p.name)
		if healthy && p.change.Class == calendar.None {
			e.rollout.LastHealthy = p.name
		}
		return nil
	}
	if p.change.Class == calendar.Emergency {
		e.rollout.Emergencies = s.recorded(e, p)
	}
	e.take(planned(p.wanted), p.name)
	e.rollout.HealthySince = nil
	e.rollout.Change = &v1alpha1.Change{
		Class: told(p.change.Class), Reason: shortened(p.change.Reason), StartTime: timeOf(s.now),
		Deadline: timeOf(s.now.Add(deadline(s.platform.Config))),
	}
	s.started = true
	s.news = append(s.news, news{reason: "ChangeStarted", note: fmt.Sprintf("%s: %s (%s).", e.Name, p.change.Reason, told(p.change.Class))})
	return nil
}

// mayStart says what a change waits for; nothing when it may start.
func (r *Reconciler) mayStart(s *scope, e *environment, p proposal) (waitsFor string, opening *calendar.Opening) {
	free := p.change.Class.IsFree()
	switch {
	case s.suspended():
		return "spec.suspend to be taken back", nil
	case free:
		return "", nil
	case e.rollout.Change != nil:
		return "the end of the change under way", nil
	case s.unscheduled != nil:
		return "a calendar: see " + v1alpha1.CalendarReadyCondition, nil
	}
	decision := rollout.Decide(s.when, rulesOf(s.platform.Config), s.facts(e, p))
	if !decision.Start {
		return decision.WaitsFor, decision.Opening
	}
	answer := r.Fleet.Claim(s.fleetKey(e), p.change, fleetRules(s.platform.Config), s.now)
	if !answer.IsNext {
		return answer.WaitsFor, nil // nobody can say when, and users are told of no time
	}
	now, _ := s.when.NextOpening(p.change.Class, s.now)
	return answer.WaitsFor, &now
}

func (s *scope) facts(e *environment, p proposal) rollout.Facts {
	facts := rollout.Facts{Now: s.now, Change: p.change, Since: e.pendingSince(s.now, p), Pinned: s.tenant.Spec.Version != ""}
	for _, other := range s.environments {
		if e.Name != v1alpha1.ProductionEnvironment || other.Name != v1alpha1.DevelopmentEnvironment || other.leaving {
			continue
		}
		facts.Development = &rollout.Development{Version: other.rollout.Version, Ahead: platform.IsLater(other.rollout.Version, p.change.To)}
		if since := other.rollout.HealthySince; since != nil {
			facts.Development.HealthySince = since.Time
		}
		if failed := other.rollout.Failed; failed != nil && failed.Version == p.change.To {
			facts.Development.Failed = true
		}
	}
	return facts
}

// goOn is for an environment of which nobody knows what is wanted: what is in force
// stays. One that is to end goes on until its time has come.
func (r *Reconciler) goOn(ctx context.Context, s *scope, e *environment) error {
	if e.rollout.Revision == "" {
		e.gone = e.leaving
		return nil
	}
	runs, err := r.recall(ctx, s, e, e.rollout.Revision)
	if err != nil {
		return err
	}
	if !e.leaving {
		e.keep(runs)
		return nil
	}
	if runs == nil {
		e.gone = !s.suspended()
		return nil
	}
	waitsFor, opening := r.mayStart(s, e, proposal{runs: runs, wanted: runs, name: e.rollout.Revision, change: rollout.Removal(runs)})
	if e.gone = waitsFor == ""; e.gone {
		r.Fleet.Forget(client.ObjectKeyFromObject(s.tenant), s.names()...)
		return nil
	}
	e.wait(s.now, proposal{wanted: runs, name: e.rollout.Revision, change: rollout.Removal(runs)}, waitsFor, opening)
	e.keep(runs)
	return nil
}

// +kubebuilder:rbac:groups=apps,resources=controllerrevisions,verbs=get;list;watch;create;patch;delete

// recall reads a revision; nil when it is lost.
func (r *Reconciler) recall(ctx context.Context, s *scope, e *environment, name string) (*rollout.Revision, error) {
	if name == "" {
		return nil, nil
	}
	key := client.ObjectKey{Namespace: s.tenant.Namespace, Name: name}
	if known := r.revisions.get(key); known != nil {
		return known, nil
	}
	object := &appsv1.ControllerRevision{}
	if err := r.Live.Get(ctx, key, object); err != nil {
		if apierrors.IsNotFound(err) {
			log.FromContext(ctx).Info("what runs is not known: its ControllerRevision is gone", "environment", e.Name, "revision", name)
			return nil, nil
		}
		return nil, fmt.Errorf("read ControllerRevision %s: %w", name, err)
	}
	revision, err := rollout.Read(object)
	if err != nil {
		log.FromContext(ctx).Error(err, "what runs is not known", "environment", e.Name)
		return nil, nil
	}
	r.revisions.put(key, revision)
	return revision, nil
}

// commit writes what was started into the status, before it is done.
func (r *Reconciler) commit(ctx context.Context, s *scope) error {
	for _, e := range s.environments {
		if err := r.putRevision(ctx, s, e); err != nil {
			return err
		}
		s.setEnvironment(e)
	}
	if err := r.write(ctx, s); err != nil {
		return err
	}
	s.before = *s.tenant.Status.DeepCopy()
	return r.consume(ctx, s)
}

// putRevision keeps the revision in force.
func (r *Reconciler) putRevision(ctx context.Context, s *scope, e *environment) error {
	if e.revision == nil {
		return nil
	}
	kept := &appsv1.ControllerRevision{ObjectMeta: s.meta(e, e.revisionName)}
	return r.keep(ctx, s, e, kept, func(in desired.Input) (client.Object, error) { return e.revision.revision().Object(in) })
}

// staying are the environments that are not at their end.
func (s *scope) staying() []*environment {
	var rest []*environment
	for _, e := range s.environments {
		if !e.gone {
			rest = append(rest, e)
		}
	}
	return rest
}

func (s *scope) names() []v1alpha1.EnvironmentName {
	var names []v1alpha1.EnvironmentName
	for _, e := range s.environments {
		if !e.gone {
			names = append(names, e.Name)
		}
	}
	return names
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

func shortened(text string) string { return shortenedTo(text, maxText) }

// told is how the status names a class.
func told(class calendar.Class) v1alpha1.ChangeClass {
	if class == calendar.Repair {
		return v1alpha1.ReturnChange
	}
	return v1alpha1.ChangeClass(class)
}
