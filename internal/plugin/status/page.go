package status

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/plugin/page"
)

// soon is how long before its end a certificate is spoken of: cert-manager renews
// one long before.
const soon = 14 * 24 * time.Hour

// Page is all that is to be said of one tenant.
func Page(t Tenant, now time.Time, zone *time.Location) string {
	w := &writer{now: now, zone: zone}
	w.Heading("%s/%s: %s", t.Namespace, t.Name, t.Organization)
	w.health(t)
	w.price(t.Billing)
	for _, e := range t.Environments {
		w.environment(e)
	}
	return w.String()
}

type writer struct {
	page.Page
	now  time.Time
	zone *time.Location
}

func (w *writer) moment(at *metav1.Time) string { return page.Moment(at.Time, w.zone) }

// around is a time with its distance from now.
func (w *writer) around(at *metav1.Time) string {
	return w.moment(at) + ", " + page.Distance(at.Time, w.now)
}

func (w *writer) health(t Tenant) {
	verdict := string(t.Ready)
	if t.Reason != "" {
		verdict += ", " + t.Reason
	}
	if t.Since != nil {
		verdict += " since " + w.moment(t.Since)
	}
	w.Field(v1alpha1.ReadyCondition, "%s", verdict)
	w.Field("", "%s", t.Message)
	if t.Outdated {
		w.Field("Generation", "the operator has not looked at the last edit yet: what follows is of the one before")
	}
	if t.Deleted != nil {
		w.Field("Deleted", "since %s; its finalizer goes when what it owns is gone", w.moment(t.Deleted))
	}
	for _, c := range t.Conditions {
		w.condition(t, c)
	}
}

// condition tells what Ready has not told already. What waits is told with its
// environment.
func (w *writer) condition(t Tenant, c Condition) {
	switch {
	case c.Type == v1alpha1.RolloutPendingCondition:
		w.Field(c.Type, "%s, %s since %s", c.Status, c.Reason, w.moment(&c.Since))
	case c.Type == v1alpha1.ReconcilingCondition:
		w.Field(c.Type, "%s: the operator is at work, or tries again by itself", c.Status)
	case c.Type == v1alpha1.StalledCondition:
		w.Field(c.Type, "%s: nothing changes until a person acts", c.Status)
	case c.Message == t.Message:
		w.Field(c.Type, "%s, %s", c.Status, c.Reason)
	default:
		w.Field(c.Type, "%s, %s: %s", c.Status, c.Reason, c.Message)
	}
}

func (w *writer) price(b *v1alpha1.BillingStatus) {
	if b == nil {
		return
	}
	what := fmt.Sprintf("%d GB allocated", b.AllocatedGB)
	if b.AdditionalGB > 0 {
		what += fmt.Sprintf(", %d of them additional", b.AdditionalGB)
	}
	w.Field("Monthly", "%s %s (%s a year, before taxes) for %s", b.Monthly, b.Currency, b.Annual, what)
	if b.MonthTotal != "" {
		w.Field("This month", "%s: %s %s, if nothing changes until its end, with its interventions so far", b.Month, b.MonthTotal, b.Currency)
	}
}

func (w *writer) environment(e Environment) {
	w.Heading("%s", e.Name)
	w.address(e)
	w.version(e)
	w.changes(e)
	w.storage(e)
	w.certificate(e.CertificateNotAfter)
	w.availability(e.Availability)
	for _, emergency := range e.Emergencies {
		w.Field("Emergency", "%s: %s, for %s%s", w.moment(emergency.Time), emergency.Change, emergency.Reason, by(emergency.Manager))
	}
}

func by(manager string) string {
	if manager == "" {
		return ""
	}
	return ", asked for by " + manager
}

func (w *writer) address(e Environment) {
	switch {
	case e.URL != "":
		w.Field("URL", "%s", e.URL)
	case e.Host != "":
		w.Field("URL", "not open yet (%s)", e.Host)
	}
	if e.Host == "" {
		w.Field("", "the spec has this environment no longer: it goes when its time has come")
	}
}

func (w *writer) version(e Environment) {
	switch {
	case e.Version == "":
		w.Field("Version", "no server has reported yet")
	case e.HealthySince != nil:
		w.Field("Version", "%s, healthy since %s", e.Version, w.moment(e.HealthySince))
	default:
		w.Field("Version", "%s, not healthy", e.Version)
	}
}

func (w *writer) changes(e Environment) {
	if c := e.Change; c != nil {
		w.Field("Change", "%s: %s; started %s, and taken back unless it runs healthy by %s", c.Class, c.Reason, w.moment(c.StartTime), w.moment(c.Deadline))
	}
	if p := e.Pending; p != nil {
		w.Field("Pending", "%s: %s; waits for %s", p.Class, p.Reason, p.WaitsFor)
		w.Field("", "asked for %s%s", w.moment(p.Since), w.opening(p))
	}
	if f := e.Failed; f != nil {
		w.Field("Failed", "%s; taken back %s: %s", f.Change, w.moment(f.Time), f.Reason)
	}
}

// opening is when a change may start, where that is known. One that waits for
// others as well may do so later.
func (w *writer) opening(p *v1alpha1.PendingChange) string {
	if p.StartTime == nil {
		return ""
	}
	text := "; may start " + w.around(p.StartTime)
	if p.EndTime != nil {
		text += ", until " + w.moment(p.EndTime)
	}
	return text
}

func (w *writer) storage(e Environment) {
	if e.Quota == nil || e.Used == nil || e.UsedPercent == nil {
		w.Field("Used", "not told yet")
		return
	}
	text := fmt.Sprintf("%s %d %%: %s of %s", page.Bar(*e.UsedPercent), *e.UsedPercent, page.GB(e.Used), page.GB(e.Quota))
	if e.StorageLevel != "" {
		text += "; " + string(e.StorageLevel)
	}
	w.Field("Used", "%s", text)
	if e.Reserved != nil {
		w.Field("", "%s more is reserved by uploads under way", page.GB(e.Reserved))
	}
	w.Field("", "%s", w.full(e))
	if e.UsageTime != nil {
		w.Field("", "last moved %s", w.around(e.UsageTime))
	}
	if inForce := e.Quota.Value() / 1_000_000_000; e.AllocatedGB > inForce {
		w.Field("Quota", "%d GB is in force, %d GB is asked for: see %s", inForce, e.AllocatedGB, v1alpha1.StorageReadyCondition)
	}
}

// full says when the quota is used up, which the operator has reckoned when the use
// moved last.
func (w *writer) full(e Environment) string {
	days, known := e.DaysUntilFull(w.now)
	switch {
	case !known:
		return ""
	case days < 0:
		return "was to be full on " + e.FullOn + " at the rate of that time"
	case days == 0:
		return "full today, " + e.FullOn + ", at the present rate"
	case days == 1:
		return "full tomorrow, " + e.FullOn + ", at the present rate"
	default:
		return fmt.Sprintf("full on %s at the present rate, in %d days", e.FullOn, days)
	}
}

func (w *writer) certificate(until *metav1.Time) {
	switch {
	case until == nil:
		w.Field("Certificate", "none is shown yet")
	case !until.After(w.now):
		w.Field("Certificate", "expired %s", w.around(until))
	case until.Sub(w.now) < soon:
		w.Field("Certificate", "until %s: it ends soon, and should have been renewed", w.around(until))
	default:
		w.Field("Certificate", "until %s", w.around(until))
	}
}

func (w *writer) availability(a *v1alpha1.Availability) {
	if a == nil {
		return
	}
	text := fmt.Sprintf("%s %% since %s, maintenance windows left out", a.Percent, w.moment(a.Since))
	if a.UnobservedSeconds > 0 {
		text += fmt.Sprintf("; for %s nobody looked", page.Lasting(time.Duration(a.UnobservedSeconds)*time.Second))
	}
	w.Field("Available", "%s", text)
	if a.DownSince != nil {
		w.Field("", "does not answer since %s", w.around(a.DownSince))
	}
}
