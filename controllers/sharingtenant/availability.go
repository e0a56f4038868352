package sharingtenant

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/availability"
	"voute.dev/voute/internal/calendar"
	"voute.dev/voute/internal/conditions"
	"voute.dev/voute/internal/desired"
	"voute.dev/voute/internal/fleet"
	"voute.dev/voute/internal/platform"
)

var errNoIngress = errors.New("its Service has no external address")

// sightings are the records of addresses up to the last look at each.
type sightings struct {
	lock sync.Mutex
	last map[fleet.Key]sighting
}

type sighting struct {
	record availability.Record
	at     time.Time
	// why the address did not answer; nil where it did.
	why error
}

func (a *sightings) get(key fleet.Key) (sighting, bool) {
	a.lock.Lock()
	defer a.lock.Unlock()
	last, found := a.last[key]
	return last, found
}

func (a *sightings) put(key fleet.Key, now sighting) {
	a.lock.Lock()
	defer a.lock.Unlock()
	if a.last == nil {
		a.last = map[fleet.Key]sighting{}
	}
	a.last[key] = now
}

func (a *sightings) forget(tenant types.NamespacedName) {
	a.lock.Lock()
	defer a.lock.Unlock()
	for _, name := range environmentNames {
		delete(a.last, fleet.Key{Tenant: tenant, Environment: name})
	}
}

// isProbed: somebody may try to reach the address, and we may, too.
func (s *scope) isProbed(e *environment) bool {
	return e.status.URL != "" && s.platform.Prober != nil && s.platform.Config.Availability.Through != platform.ThroughNothing
}

// probe asks the public address, unless that was done just now, and counts.
func (r *Reconciler) probe(ctx context.Context, s *scope, e *environment) {
	key := s.fleetKey(e)
	last, known := r.seen.get(key)
	if known && s.now.Sub(last.at).Abs() < r.Pace.freshness(s) {
		e.seen = &last
		return
	}
	err := s.reach(ctx, e)
	if ctx.Err() != nil {
		return // it is us who end
	}
	seen := last.record.Until
	if !known {
		last.record, seen = recordOf(e.status.Availability, s.now), r.lastAlive()
	}
	e.seen = &sighting{at: s.now, why: err, record: last.record.After(availability.Look{At: s.now, Up: err == nil, Seen: seen}, s.counting())}
	r.seen.put(key, *e.seen)
}

// lastAlive is when an operator before this one was last at work, where that is
// known.
func (r *Reconciler) lastAlive() time.Time {
	if r.Alive == nil {
		return time.Time{}
	}
	return r.Alive()
}

func (s *scope) reach(ctx context.Context, e *environment) error {
	address, err := s.publicAddress(e)
	if err != nil {
		return err
	}
	return s.platform.Prober.Probe(ctx, address)
}

// publicAddress is the way to the address that is open, as the platform has it.
func (s *scope) publicAddress(e *environment) (availability.Address, error) {
	open, err := url.Parse(e.status.URL)
	if err != nil {
		return availability.Address{}, err
	}
	to := open.Hostname()
	switch s.platform.Config.Availability.Through {
	case platform.ThroughService:
		to = desired.ServiceHost(s.tenant.Namespace, s.tenant.Name, e.Name)
	case platform.ThroughBalancer:
		if to = e.ingress; to == "" {
			return availability.Address{}, errNoIngress
		}
	}
	port := strconv.Itoa(int(s.platform.Config.Exposure.HTTPSPort))
	return availability.Address{Dial: net.JoinHostPort(to, port), Host: open.Hostname()}, nil
}

// counting: what lies in a maintenance window counts neither way. Where there is
// no calendar, all counts.
func (s *scope) counting() availability.Rules {
	rules := availability.Rules{Zone: time.UTC, Outside: func(from, to time.Time) time.Duration { return to.Sub(from) }}
	if s.when != nil {
		rules.Zone = s.when.Zone()
		rules.Outside = func(from, to time.Time) time.Duration { return s.when.Closed(calendar.Maintenance, from, to) }
	}
	return rules
}

// unreachable says that nobody gets through to an address which is open.
func (s *scope) unreachable(e *environment) error {
	if e.seen == nil || e.seen.record.DownSince.IsZero() || e.seen.why == nil {
		return nil
	}
	return conditions.Retry(nil, "AddressSilent", "%s does not answer since %s: %s. Check the load balancer, the network on the way to it and the server's log; "+
		"where the operator cannot reach public addresses at all, set availability.through in the platform's configuration.",
		e.status.URL, e.seen.record.DownSince.UTC().Format(time.RFC3339), e.seen.why)
}

// tellAvailability puts the record into the status where it has something to tell.
// It begins with the address.
func (r *Reconciler) tellAvailability(s *scope, e *environment) {
	told := e.status.Availability
	switch {
	case !s.isProbed(e):
		return
	case e.seen == nil && told == nil:
		e.seen = &sighting{at: s.now, record: availability.Begin(s.now)}
		r.seen.put(s.fleetKey(e), *e.seen)
	case e.seen == nil:
		return
	case told != nil && !e.seen.record.IsNews(recordOf(told, s.now)):
		return
	}
	e.status.Availability = availabilityOf(e.seen.record)
	s.tellTarget(e, told)
}

// tellTarget tells when more is down than was promised, once each time.
func (s *scope) tellTarget(e *environment, told *v1alpha1.Availability) {
	target := platform.Target(s.platform.Config)
	if e.Name != v1alpha1.ProductionEnvironment || e.seen.record.Ratio() >= target || (told != nil && recordOf(told, s.now).Ratio() < target) {
		return
	}
	s.news = append(s.news, news{warning: true, reason: "AvailabilityBelowTarget", note: fmt.Sprintf(
		"%s: %s %% of the time since %s, and %s %% are promised.", e.Name, e.seen.record.Percent(),
		e.seen.record.Since.UTC().Format(time.RFC3339), s.platform.Config.Availability.TargetPercent)})
}

func availabilityOf(r availability.Record) *v1alpha1.Availability {
	return &v1alpha1.Availability{
		Since: timeOf(r.Since), Until: timeOf(r.Until), DownSince: timeOf(r.DownSince),
		ObservedSeconds: seconds(r.Observed), DownSeconds: seconds(r.Down), UnobservedSeconds: seconds(r.Unobserved),
		Percent: r.Percent(),
	}
}

// recordOf is what a status tells; where it tells nothing, counting begins now.
func recordOf(told *v1alpha1.Availability, now time.Time) availability.Record {
	if told == nil || told.Since == nil || told.Until == nil {
		return availability.Begin(now)
	}
	r := availability.Record{
		Since: told.Since.Time, Until: told.Until.Time,
		Observed: duration(told.ObservedSeconds), Down: duration(told.DownSeconds), Unobserved: duration(told.UnobservedSeconds),
	}
	if told.DownSince != nil {
		r.DownSince = told.DownSince.Time
	}
	return r
}

func seconds(d time.Duration) int64        { return int64(d / time.Second) }
func duration(seconds int64) time.Duration { return time.Duration(seconds) * time.Second }
