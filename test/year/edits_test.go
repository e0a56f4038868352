package year

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/test/simulation"
)

// nowhere is no time zone: a calendar with it is refused.
const nowhere = "Mars/Olympus"

// edits of one client each come in a year.
const edits = 20

var zones = []string{
	"America/Toronto", "America/Vancouver", "America/St_Johns", "America/Sao_Paulo", "Europe/Paris", "Africa/Casablanca",
	"Asia/Tokyo", "Asia/Kolkata", "Asia/Tehran", "Australia/Lord_Howe", "Pacific/Auckland", "Pacific/Chatham", "America/Nuuk",
}

var weekdays = []v1alpha1.Weekday{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}

func isBroken(image string) bool { return strings.HasSuffix(image, simulation.Broken) }

// edit is what a person does to a spec.
func (w *world) edit(c *tenant, change func(*v1alpha1.SharingTenantSpec)) error {
	live := &v1alpha1.SharingTenant{}
	if err := w.people.Get(w.ctx, client.ObjectKey{Namespace: c.namespace, Name: tenantName}, live); err != nil {
		return err
	}
	before := live.Spec.DeepCopy()
	if change(&live.Spec); equality.Semantic.DeepEqual(*before, live.Spec) {
		return nil
	}
	return w.people.Update(w.ctx, live)
}

// withoutDays is a tenant's status but for up to which day keys are deleted.
func (w *world) withoutDays(c *tenant) (*v1alpha1.SharingTenantStatus, error) {
	live := &v1alpha1.SharingTenant{}
	if err := w.people.Get(w.ctx, client.ObjectKey{Namespace: c.namespace, Name: tenantName}, live); err != nil {
		return nil, err
	}
	for i := range live.Status.Environments {
		live.Status.Environments[i].KeysClosedThrough = ""
	}
	return &live.Status, nil
}

func (w *world) annotate(c *tenant, name, value string) error {
	object := &v1alpha1.SharingTenant{}
	object.Namespace, object.Name = c.namespace, tenantName
	text := fmt.Sprintf(`{"metadata":{"annotations":{%q:%q}}}`, name, value)
	return w.people.Patch(w.ctx, object, client.RawPatch(types.MergePatchType, []byte(text)))
}

// idle is a look that nothing asks for; at rest it writes nothing, but that the
// keys of days that are over are deleted.
func (w *world) idle(c *tenant) error {
	rests, before := !w.oracle.restless[c.number] && !c.turn.woken && c.turn.due.IsZero() && w.doom == nil && !w.clock.Before(w.stormy), w.api.Writes()
	known, err := w.withoutDays(c)
	if err != nil {
		return err
	}
	if err := w.look(c); err != nil {
		return err
	}
	now, err := w.withoutDays(c)
	if err != nil {
		return err
	}
	if after := w.api.Writes(); rests && after != before && (after > before+1 || !equality.Semantic.DeepEqual(known, now)) {
		w.fail(c, "a look at rest writes %d times: %s", after-before, w.lastWrites())
	}
	return nil
}

// lastWrites names what was written and not followed yet.
func (w *world) lastWrites() string {
	var named []string
	for i, kind := range followed {
		for _, change := range w.api.Log(kind.gvk)[w.seen[i]:] {
			text, _ := json.Marshal(change.Object.Object["status"]) // it was read from JSON
			named = append(named, fmt.Sprintf("%s %s/%s %s", kind.gvk.Kind, change.Object.GetNamespace(), change.Object.GetName(), text))
		}
	}
	return strings.Join(named, "; ")
}

func (w *world) someClients(count int) []*tenant { return w.some(w.clients, count) }

func (w *world) someFollowers(count int) []*tenant { return w.some(w.followers, count) }

func (w *world) some(of []*tenant, count int) []*tenant {
	all := slices.Clone(of)
	w.rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:count]
}

// drawClients gives clients calendars, and versions of their own.
func (w *world) drawClients() error {
	for _, c := range w.followers {
		if err := w.edit(c, func(spec *v1alpha1.SharingTenantSpec) {
			spec.Version, spec.Calendar = "", w.drawCalendar()
			if w.rng.IntN(8) == 0 {
				spec.Version = firstVersion
				w.on(w.someTime(20*day, lastEdit), func() error { return w.unpin(c) })
			}
		}); err != nil {
			return err
		}
	}
	for range 4 {
		c := w.someone()
		begin := w.someTime(day, lastEdit)
		w.on(begin, func() error { return w.suspend(c, true) })
		w.on(begin+w.between(day, 40*day), func() error { return w.suspend(c, false) })
	}
	for range 3 {
		c := w.someone()
		begin, zone := w.someTime(day, lastEdit), pick(w, zones...)
		w.on(begin, func() error { return w.zone(c, nowhere) })
		w.on(begin+w.between(day, 40*day), func() error { return w.zone(c, zone) })
	}
	return nil
}

// someone is most often one who follows.
func (w *world) someone() *tenant {
	if w.rng.IntN(4) == 0 {
		return pick(w, w.clients...)
	}
	return pick(w, w.followers...)
}

func (w *world) suspend(c *tenant, to bool) error {
	return w.edit(c, func(spec *v1alpha1.SharingTenantSpec) { spec.Suspend = ptr.To(to) })
}

func (w *world) zone(c *tenant, zone string) error {
	return w.edit(c, func(spec *v1alpha1.SharingTenantSpec) { spec.Calendar.TimeZone = zone })
}

// unpin has a client follow the platform, or name what the platform runs.
func (w *world) unpin(c *tenant) error {
	version := pick(w, "", "", w.config.Server.DefaultVersion)
	return w.edit(c, func(spec *v1alpha1.SharingTenantSpec) { spec.Version = version })
}

func (w *world) drawCalendar() (drawn v1alpha1.Calendar) {
	if w.rng.IntN(2) == 0 {
		return drawn
	}
	if w.rng.IntN(4) > 0 {
		drawn.TimeZone = pick(w, zones...)
	}
	if w.rng.IntN(2) == 0 {
		drawn.MaintenanceWindows = w.drawWindows(1 + w.rng.IntN(3))
	}
	if w.rng.IntN(3) == 0 {
		drawn.BusinessHours = w.drawWindows(1 + w.rng.IntN(3))
	}
	if w.rng.IntN(3) == 0 {
		drawn.Freezes = []v1alpha1.Freeze{w.freeze()}
	}
	return drawn
}

// drawWindows are long enough for a change, and may cross midnight.
func (w *world) drawWindows(count int) []v1alpha1.Window {
	var drawn []v1alpha1.Window
	for range count {
		from := w.rng.IntN(24*4) * 15
		to := from + (4+w.rng.IntN(13))*15
		window := v1alpha1.Window{From: clockOf(from), To: clockOf(to % (24 * 60))}
		for _, d := range w.rng.Perm(len(weekdays))[:1+w.rng.IntN(3)] {
			window.Days = append(window.Days, weekdays[d])
		}
		drawn = append(drawn, window)
	}
	return drawn
}

func clockOf(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

func (w *world) freeze() v1alpha1.Freeze {
	begin := first.Add(w.someTime(0, lastEdit))
	return v1alpha1.Freeze{From: dateOf(begin), To: dateOf(begin.Add(w.between(0, 21*day)))}
}

// drawEdits has people change what interrupts and what does not, and take some of
// it back.
func (w *world) drawEdits() {
	for range edits {
		c, when := w.someone(), w.someTime(day, lastEdit)
		change, back := w.drawEdit(c)
		w.on(when, func() error { return w.edit(c, change) })
		if back != nil && w.rng.IntN(3) == 0 {
			w.on(when+w.between(time.Minute, 3*day), func() error { return w.edit(c, back) })
		}
		if w.rng.IntN(12) == 0 {
			w.on(when+w.between(time.Second, day), func() error { return w.demand(c) })
		}
	}
}

type change = func(*v1alpha1.SharingTenantSpec)

func (w *world) drawEdit(c *tenant) (change, back change) {
	at := func(spec *v1alpha1.SharingTenantSpec, n int) *v1alpha1.Environment {
		return &spec.Environments[n%len(spec.Environments)]
	}
	n, number := w.rng.IntN(2), w.rng.IntN(1000)
	switch w.rng.IntN(7) {
	case 0, 1:
		old := environment(c, environmentNames[1-n]).Host
		return func(spec *v1alpha1.SharingTenantSpec) {
				e := at(spec, n)
				old = e.Host
				e.Host = fmt.Sprintf("%s-%d.%s.example", e.Name, number, c.namespace)
			},
			func(spec *v1alpha1.SharingTenantSpec) { at(spec, n).Host = old }
	case 2, 3:
		logo := &v1alpha1.ConfigMapKeyReference{Name: fmt.Sprintf("brand-%d", n), Key: "logo.svg"}
		return func(spec *v1alpha1.SharingTenantSpec) { spec.Organization.Logo = logo },
			func(spec *v1alpha1.SharingTenantSpec) { spec.Organization.Logo = nil }
	case 4:
		bought := v1alpha1.CertificateSource{SecretName: fmt.Sprintf("bought-%d", n)}
		return func(spec *v1alpha1.SharingTenantSpec) { at(spec, n).Certificate = bought },
			func(spec *v1alpha1.SharingTenantSpec) {
				at(spec, n).Certificate = environment(c, environmentNames[1]).Certificate
			}
	case 5:
		return func(spec *v1alpha1.SharingTenantSpec) {
			spec.Organization.NameFr = fmt.Sprintf("Ministère %d", number)
		}, nil
	default:
		return func(spec *v1alpha1.SharingTenantSpec) { at(spec, n).Storage.AllocatedGB = int64(20 + number%40) }, nil
	}
}
