package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"voute.dev/voute/api/v1alpha1"
)

const (
	production  = v1alpha1.ProductionEnvironment
	development = v1alpha1.DevelopmentEnvironment

	first, fix, bad = "0.1.0", "0.1.1", "0.1.2"
)

// The week, in Québec. Monday 24 May is National Patriots' Day.
const (
	fridayTooLate = "2027-05-21T16:25:00-04:00" // open, but not for as long as a change takes
	holiday       = "2027-05-24T10:00:00-04:00"
	opening       = "2027-05-25T08:30:00-04:00"
	proven        = "2027-05-25T11:00:00-04:00" // the first have run it for longer than they must
	saturday      = "2027-05-29T10:00:00-04:00"
	nextOpening   = "2027-05-31T08:30:00-04:00"
	mondayMorning = "2027-05-31T10:00:00-04:00"
	overdue       = "2027-05-31T10:30:00-04:00"
	daysBefore    = "2027-05-26T10:00:00-04:00"
)

const developmentYAML = `  - name: development
    host: partage-dev.NAME.localhost
    certificate: {issuerRef: {name: voute-ca}}
    storage: {allocatedGB: 1}
`

// TestRollOutThroughAWeek takes a fix, and then a version that never gets ready,
// through two clients, by the hours of the service's public description.
func TestRollOutThroughAWeek(t *testing.T) {
	pinOthers(t, first)
	platform := takePlatform(t)
	image := cluster.local(t, "server", fix)
	clients := []*tenant{
		newTenant(t, "deploie-a", policyYAML, pilotYAML, tenantYAML+developmentYAML),
		newTenant(t, "deploie-b", policyYAML, pilotYAML, tenantYAML+developmentYAML),
	}
	for _, n := range clients {
		n.waitReady()
	}
	seen := watchChanges(t)
	platform.offer(map[string]string{fix: image, bad: "localhost/voute-server:" + bad})

	leader, follower := checkWaits(t, platform, seen, clients)
	checkUploadOutlivesAChange(t, platform, leader, follower)
	checkEnds(t, platform, seen, leader, follower)
	checkTakenBack(t, platform, leader)
	if seen.most() != 1 {
		t.Errorf("%d environments changed at the same time, and there is one place", seen.most())
	}
}

// offer has the platform's file hold the hours of the public description, one
// place for changes, and the fix as the version of all who name none.
func (p *platformFile) offer(images map[string]string) {
	list := p.fields["server"].(map[string]any)["images"].([]any)
	for version, image := range images {
		list = append(list, map[string]any{"version": version, "image": image})
	}
	server := p.fields["server"].(map[string]any)
	server["images"], server["defaultVersion"] = list, fix
	p.fields["calendar"] = map[string]any{
		"businessHours":      []any{map[string]any{"days": []any{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday"}, "from": "08:30", "to": "16:30"}},
		"maintenanceWindows": []any{map[string]any{"days": []any{"Wednesday"}, "from": "05:00", "to": "07:00"}, map[string]any{"days": []any{"Sunday"}, "from": "06:00", "to": "09:00"}},
	}
	p.fields["rollout"] = map[string]any{"slots": 1, "canaryPercent": 50, "healthyMinutes": 60, "expectedMinutes": 10, "deadlineMinutes": 15}
}

// checkWaits: while it is closed the fix waits, and says for what; when it opens,
// one development goes first, and the others wait for that. It returns the client
// that went first, and the other.
func checkWaits(t *testing.T, platform *platformFile, seen *changes, clients []*tenant) (leader, follower *tenant) {
	platform.setClock(fridayTooLate)
	for _, n := range clients {
		n.waitPending(development, opening, "the next business hours, Tuesday 2027-05-25 08:30 EDT")
		n.waitPending(production, "", "version 0.1.1 to run in development first")
		n.waitCondition(time.Minute, v1alpha1.RolloutPendingCondition, metav1.ConditionTrue, "Fix", "development: version 0.1.0 → 0.1.1; waits for")
		n.waitCondition(time.Minute, v1alpha1.ReadyCondition, metav1.ConditionTrue, "", "")
		if table := cluster.kubectl(t, "", "get", "stn", "-n", n.name); !regexp.MustCompile(` True .* 0\.1\.0 .* Fix `).MatchString(table) {
			t.Errorf("the table does not say that a fix waits:\n%s", table)
		}
	}
	platform.setClock(holiday)
	looksAgain(clients...)
	if started := seen.started(); len(started) > 0 {
		t.Fatalf("on a holiday were started %v", started)
	}
	if unready := seen.unready(); len(unready) > 0 {
		t.Errorf("a change that waits takes nothing away, and not Ready were %v", unready)
	}
	platform.setClock(opening)
	eventually(t, 90*time.Second, "the first development has the fix", func(ctx context.Context) error {
		for i, n := range clients {
			if n.runs(ctx, development, fix) == nil {
				leader, follower = n, clients[1-i]
				return nil
			}
		}
		return fmt.Errorf("started were %v", seen.started())
	})
	looksAgain(clients...)
	follower.waitPending(development, "", "the first clients, 50 % of them, to run version 0.1.1 healthy for 1 hour")
	follower.waitPending(production, "", "version 0.1.1 to run in development first")
	leader.waitPending(production, "", "the next business hours after it has run healthy in development, Tuesday 2027-05-25 09:")
	return leader, follower
}

// checkUploadOutlivesAChange has a document on its way into the leader's
// production when its server is replaced.
func checkUploadOutlivesAChange(t *testing.T, platform *platformFile, leader, follower *tenant) {
	pilot := leader.pilotSignedIn()
	before := map[*tenant]types.UID{leader: leader.podIn(production).UID, follower: follower.podIn(development).UID}
	sent := newSlowDocument()
	uploaded := pilot.uploadsSlowly(sent)
	platform.setClock(proven)
	eventually(t, 2*time.Minute, "the public port of the leader's production takes no more connections", func(context.Context) error {
		select {
		case ended := <-uploaded:
			t.Fatalf("the upload ended before its server did: status %d, %v", ended.status, ended.err)
		default:
		}
		if _, err := tryServedCertificate(leader.address()); err == nil {
			return errors.New("it still does")
		}
		return nil
	})
	sent.finish()
	ended := <-uploaded
	if ended.err != nil || ended.status != http.StatusOK || !strings.HasPrefix(ended.path, "/documents/") || !strings.Contains(ended.page, "data-state=") {
		t.Fatalf("the upload under way ended with status %d, %v, at %q:\n%s", ended.status, ended.err, ended.path, readable(ended.page))
	}
	leader.waitRuns(production, fix)
	follower.waitRuns(development, fix)
	if leader.podIn(production).UID == before[leader] || follower.podIn(development).UID == before[follower] {
		t.Error("a server is still that of before")
	}
	pilot.waitForState(ended.path, "available")
	got := sha256.New()
	pilot.download(ended.path, got)
	if !bytes.Equal(got.Sum(nil), sent.sum.Sum(nil)) {
		t.Errorf("received bytes with SHA-256 %x, sent %x", got.Sum(nil), sent.sum.Sum(nil))
	}
}

// checkEnds: the last production waits through the week-end, and then all have it.
func checkEnds(t *testing.T, platform *platformFile, seen *changes, leader, follower *tenant) {
	platform.setClock(saturday)
	follower.waitPending(production, nextOpening, "the next business hours, Monday 2027-05-31 08:30 EDT")
	if err := follower.runs(t.Context(), production, first); err != nil {
		t.Errorf("it was started on a Saturday: %v", err)
	}
	platform.setClock(mondayMorning)
	for _, n := range []*tenant{leader, follower} {
		n.waitRuns(development, fix)
		n.waitRuns(production, fix)
		n.waitCondition(2*time.Minute, v1alpha1.ReadyCondition, metav1.ConditionTrue, "", "")
		got, err := n.get(t.Context())
		if err != nil || meta.FindStatusCondition(got.Status.Conditions, v1alpha1.RolloutPendingCondition) != nil {
			t.Errorf("something of %s still waits: %v, %+v", n.name, err, got.Status.Conditions)
		}
	}
	order := seen.started()
	slices.Sort(order[min(1, len(order)):max(min(1, len(order)), len(order)-1)]) // the two in the middle are equals
	want := []string{leader.name + "/development", follower.name + "/development", leader.name + "/production", follower.name + "/production"}
	slices.Sort(want[1:3])
	if !slices.Equal(order, want) {
		t.Errorf("changed were %v, want %v", seen.started(), want)
	}
}

var tryAgain = regexp.MustCompile(`kubectl (annotate .*=yes)`)

// checkTakenBack: a client asks for a version whose image cannot be had.
func checkTakenBack(t *testing.T, platform *platformFile, n *tenant) {
	untouched := n.podIn(production).UID
	n.patch(`{"spec":{"version":"` + bad + `"}}`)
	n.waitChange(development, v1alpha1.FixChange)
	n.waitImageRefused()
	platform.setClock(overdue)
	n.waitRuns(development, fix)
	n.waitCondition(time.Minute, v1alpha1.WorkloadReadyCondition, metav1.ConditionFalse, "ChangeTakenBack", "localhost/voute-server:"+bad)
	n.waitPending(production, "", "version 0.1.2 was taken back in development")
	visitor := newPerson(t, cluster.address("partage-dev."+n.name+".localhost"), "")
	visitor.mustSee(visitor.get("/"), http.StatusOK, n.name)

	command := tryAgain.FindStringSubmatch(n.condition(v1alpha1.WorkloadReadyCondition).Message)
	if command == nil {
		t.Fatalf("no command to try again in: %s", n.condition(v1alpha1.WorkloadReadyCondition).Message)
	}
	cluster.kubectl(t, "", strings.Fields(command[1])...)
	n.waitChange(development, v1alpha1.FixChange)
	eventually(t, time.Minute, "the annotation is consumed", func(ctx context.Context) error {
		got, err := n.get(ctx)
		if err == nil && got.Annotations[v1alpha1.TryAgainAnnotation] != "" {
			err = errors.New("it is still there")
		}
		return err
	})
	platform.setClock(daysBefore) // a jump back hangs nothing that is under way
	n.patch(`{"spec":{"version":"` + fix + `"}}`)
	n.waitRuns(development, fix)
	n.waitCondition(2*time.Minute, v1alpha1.ReadyCondition, metav1.ConditionTrue, "", "")
	if n.podIn(production).UID != untouched {
		t.Error("production was touched")
	}
}

// changes are those that anybody has seen under way.
type changes struct {
	lock   sync.Mutex
	order  []string
	now    map[string]bool
	atOnce int
	// fallen are those who were not Ready, and why.
	fallen map[string]string
}

// watchChanges looks at all statuses again and again until the test ends.
func watchChanges(t *testing.T) *changes {
	seen, ended := &changes{now: map[string]bool{}, fallen: map[string]string{}}, make(chan struct{})
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		defer close(ended)
		for ; ctx.Err() == nil; time.Sleep(200 * time.Millisecond) {
			var all v1alpha1.SharingTenantList
			if cluster.kube.List(ctx, &all) == nil {
				seen.note(all.Items)
			}
		}
	}()
	t.Cleanup(func() { stop(); <-ended })
	return seen
}

func (c *changes) note(tenants []v1alpha1.SharingTenant) {
	c.lock.Lock()
	defer c.lock.Unlock()
	before := c.now
	c.now = map[string]bool{}
	for _, tenant := range tenants {
		if ready := meta.FindStatusCondition(tenant.Status.Conditions, v1alpha1.ReadyCondition); ready != nil && ready.Status != metav1.ConditionTrue {
			c.fallen[tenant.Name] = ready.Message
		}
		for _, e := range tenant.Status.Environments {
			name := tenant.Name + "/" + string(e.Name)
			if e.Rollout == nil || e.Rollout.Change == nil {
				continue
			}
			if c.now[name] = true; !before[name] {
				c.order = append(c.order, name)
			}
		}
	}
	c.atOnce = max(c.atOnce, len(c.now))
}

func (c *changes) started() []string {
	c.lock.Lock()
	defer c.lock.Unlock()
	return slices.Clone(c.order)
}

func (c *changes) unready() map[string]string {
	c.lock.Lock()
	defer c.lock.Unlock()
	return maps.Clone(c.fallen)
}

func (c *changes) most() int {
	c.lock.Lock()
	defer c.lock.Unlock()
	return c.atOnce
}

// slowDocument comes a little at a time until somebody asks for its end.
type slowDocument struct {
	*document
	rest chan struct{}
	once sync.Once
}

func newSlowDocument() *slowDocument {
	return &slowDocument{document: newDocument(20_000_000), rest: make(chan struct{})}
}

func (d *slowDocument) Read(p []byte) (int, error) {
	select {
	case <-d.rest:
	case <-time.After(50 * time.Millisecond):
		p = p[:min(len(p), 4096)]
	}
	return d.document.Read(p)
}

func (d *slowDocument) finish() { d.once.Do(func() { close(d.rest) }) }

// outcome is how an upload ended.
type outcome struct {
	status int
	path   string // of the document
	page   string
	err    error
}

// uploadsSlowly begins an upload, which goes on by itself.
func (p *person) uploadsSlowly(content *slowDocument) <-chan outcome {
	p.t.Cleanup(content.finish)
	request, ended := p.uploading("acte-long.bin", content), make(chan outcome, 1)
	go func() {
		response, err := p.http.Do(request)
		if err != nil {
			ended <- outcome{err: err}
			return
		}
		defer response.Body.Close()
		page, err := io.ReadAll(response.Body)
		ended <- outcome{status: response.StatusCode, path: response.Header.Get("Content-Location"), page: string(page), err: err}
	}()
	return ended
}

func (n *tenant) patch(fields string) {
	n.t.Helper()
	cluster.kubectl(n.t, "", "-n", n.name, "patch", "sharingtenant", n.name, "--type=merge", "-p", fields)
}

// looksAgain waits until the operator has looked at clients once more: an edit
// that changes nothing for them is taken note of by its generation.
func looksAgain(clients ...*tenant) {
	for _, n := range clients {
		n.t.Helper()
		n.looks++
		last := time.Date(2031, 1, n.looks, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		n.patch(`{"spec":{"calendar":{"freezes":[{"from":"2031-01-01","to":"` + last + `"}]}}}`)
		eventually(n.t, time.Minute, n.name+" is looked at", func(ctx context.Context) error {
			got, err := n.get(ctx)
			if err == nil && got.Status.ObservedGeneration != got.Generation {
				err = fmt.Errorf("generation %d was seen, and there is %d", got.Status.ObservedGeneration, got.Generation)
			}
			return err
		})
	}
}

func (n *tenant) environment(ctx context.Context, name v1alpha1.EnvironmentName) (v1alpha1.EnvironmentStatus, error) {
	got, err := n.get(ctx)
	if err != nil {
		return v1alpha1.EnvironmentStatus{}, err
	}
	at := slices.IndexFunc(got.Status.Environments, func(e v1alpha1.EnvironmentStatus) bool { return e.Name == name })
	if at < 0 || got.Status.Environments[at].Rollout == nil {
		return v1alpha1.EnvironmentStatus{}, fmt.Errorf("the status of %s says nothing of %s", n.name, name)
	}
	return got.Status.Environments[at], nil
}

// runs: this version is there, by the operator's word and by the server's, and
// healthy.
func (n *tenant) runs(ctx context.Context, name v1alpha1.EnvironmentName, version string) error {
	e, err := n.environment(ctx, name)
	if err == nil && (e.Version != version || e.Rollout.Version != version || e.Rollout.Change != nil || e.Rollout.HealthySince == nil) {
		err = fmt.Errorf("%s/%s reports %s and is to run %s; under way: %+v", n.name, name, e.Version, e.Rollout.Version, e.Rollout.Change)
	}
	return err
}

func (n *tenant) waitRuns(name v1alpha1.EnvironmentName, version string) {
	n.t.Helper()
	eventually(n.t, 3*time.Minute, fmt.Sprintf("%s/%s runs %s", n.name, name, version), func(ctx context.Context) error { return n.runs(ctx, name, version) })
}

// waitPending waits until a change waits, until a time where that is given, and says for what.
func (n *tenant) waitPending(name v1alpha1.EnvironmentName, until, waitsFor string) {
	n.t.Helper()
	eventually(n.t, time.Minute, fmt.Sprintf("%s/%s waits for %s", n.name, name, waitsFor), func(ctx context.Context) error {
		e, err := n.environment(ctx, name)
		if err != nil {
			return err
		}
		if e.Pending == nil || e.Pending.Class != v1alpha1.FixChange || !strings.Contains(e.Pending.WaitsFor, waitsFor) {
			return fmt.Errorf("it waits for %+v", e.Pending)
		}
		if begins := e.Pending.StartTime; until != "" && (begins == nil || !begins.Equal(timeOf(n.t, until))) {
			return fmt.Errorf("it waits until %s, want %s", begins, until)
		}
		return nil
	})
}

func (n *tenant) waitChange(name v1alpha1.EnvironmentName, class v1alpha1.ChangeClass) {
	n.t.Helper()
	eventually(n.t, time.Minute, fmt.Sprintf("%s/%s changes (%s)", n.name, name, class), func(ctx context.Context) error {
		e, err := n.environment(ctx, name)
		if err == nil && (e.Rollout.Change == nil || e.Rollout.Change.Class != class) {
			err = fmt.Errorf("under way is %+v", e.Rollout.Change)
		}
		return err
	})
}

// waitImageRefused waits until the node has tried to fetch the image.
func (n *tenant) waitImageRefused() {
	n.t.Helper()
	eventually(n.t, 2*time.Minute, "the node tells that it cannot have the image", func(context.Context) error {
		why, err := cluster.tryKubectl("", "-n", n.name, "get", "pods", "-l", v1alpha1.EnvironmentLabel+"=development", "-o", "jsonpath={.items[*].status.containerStatuses[*].state.waiting.message}")
		if err == nil && !strings.Contains(why, bad) {
			err = fmt.Errorf("it tells %q", why)
		}
		return err
	})
}

func (n *tenant) condition(kind string) metav1.Condition {
	n.t.Helper()
	got, err := n.get(n.t.Context())
	if err != nil {
		n.t.Fatal(err)
	}
	found := meta.FindStatusCondition(got.Status.Conditions, kind)
	if found == nil {
		n.t.Fatalf("there is no condition %s", kind)
	}
	return *found
}

func timeOf(t *testing.T, text string) *metav1.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return &metav1.Time{Time: at}
}
