package app

import (
	"context"
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"
	"time"

	"voute.dev/voute/server/config"
	"voute.dev/voute/server/document"
	"voute.dev/voute/server/journal"
	"voute.dev/voute/server/keys"
	"voute.dev/voute/server/retention"
)

const days = 24 * time.Hour

func (w *world) found(documentPath string) document.Document {
	w.t.Helper()
	d, err := w.app.documents.Documents.Find(context.Background(), path.Base(documentPath))
	w.must(err)
	return d
}

func (w *world) bucket(in int) string {
	return keys.Bucket(w.clock.Now().AddDate(0, 0, in), w.settings.Location())
}

// TestExtend: within the policy, and the key goes along.
func TestExtend(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	robert, robertEmail := w.user(pilot, "Robert")
	content := noise(5000)
	path := pilot.deliver(content, robertEmail)
	before := w.found(path)
	robert.post(path+"/extend", url.Values{"days": {"10"}}).expect(t, http.StatusNotFound, "")
	for _, days := range []string{"61", "0", "-1", "", "x", "99999999999999999999"} {
		pilot.post(path+"/extend", url.Values{"days": {days}}).expect(t, http.StatusUnprocessableEntity, "de 1 à 60")
	}
	pilot.post(path+"/extend", url.Values{"days": {"60"}}).expect(t, http.StatusOK, "Le document est prolongé")
	after := w.found(path)
	if !after.Expires.Equal(before.Expires.AddDate(0, 0, 60)) && after.Expires.Sub(before.Expires).Round(days) != 60*days || after.Bucket != w.bucket(90) {
		t.Errorf("extended from %s to %s in bucket %s", before.Expires, after.Expires, after.Bucket)
	}
	w.keys.Delete(before.Bucket)
	if got := robert.get(path + "/content"); got.body != string(content) {
		t.Errorf("status %d after the old bucket's key was deleted", got.StatusCode)
	}
	pilot.post(path+"/extend", url.Values{"days": {"1"}}).expect(t, http.StatusUnprocessableEntity, "")
	if w.journal()[journal.DocumentExtended] != 1 {
		t.Error("the journal does not tell of it once")
	}
}

// TestExtendBetweenVaultAndDatabase: the server stops after the key was wrapped
// anew and before that is written down. The document opens as before.
func TestExtendBetweenVaultAndDatabase(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	content := noise(5000)
	path := pilot.deliver(content)
	before := w.found(path)
	_, err := w.keys.Move(t.Context(), before.Bucket, before.WrappedKey, w.bucket(40))
	w.must(err)
	w.restart()
	again := w.browser()
	again.signIn(pilotEmail)
	if got := again.get(path + "/content"); got.body != string(content) {
		t.Errorf("status %d", got.StatusCode)
	}
	again.post(path+"/extend", url.Values{"days": {"10"}}).expect(t, http.StatusOK, "")
	if got := again.get(path + "/content"); got.body != string(content) {
		t.Errorf("status %d once extended again", got.StatusCode)
	}
}

func TestExtendWithoutVault(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	path := pilot.deliver(noise(10))
	before := w.found(path)
	w.keys.Fail(keys.ErrUnavailable)
	pilot.post(path+"/extend", url.Values{"days": {"1"}}).expect(t, http.StatusServiceUnavailable, "")
	if after := w.found(path); !after.Expires.Equal(before.Expires) || after.Bucket != before.Bucket {
		t.Errorf("half of it was done: %+v", after)
	}
}

func TestSenderMayNotChoose(t *testing.T) {
	w := newWorld(t, func(c *config.Config) { c.Retention.SenderMayChoose = new(false) })
	pilot := w.pilot()
	if page := pilot.get("/documents/new").expect(t, http.StatusOK, "au bout de 30 jours"); strings.Contains(page.body, `name="days"`) {
		t.Error("the page asks for days")
	}
	pilot.upload("a", noise(10), url.Values{"days": {"31"}}).expect(t, http.StatusUnprocessableEntity, "")
	path := pilot.deliver(noise(10))
	if strings.Contains(pilot.get(path).body, "/extend") {
		t.Error("the document's page offers to extend")
	}
	pilot.post(path+"/extend", url.Values{"days": {"1"}}).expect(t, http.StatusUnprocessableEntity, "")
}

// TestShorteningToAll brings documents forward that are there, with their keys,
// and lengthens none; so does one that holds from now on not.
func TestShorteningToAll(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	long := pilot.upload("a", noise(10), url.Values{"days": {"90"}}).Request.URL.Path
	short := pilot.upload("b", noise(20), url.Values{"days": {"5"}}).Request.URL.Path
	w.settle()
	before := w.found(long)
	w.reconfigure(func(c *config.Config) {
		c.Retention = config.Retention{MinDays: 1, DefaultDays: 10, MaxDays: 20}
	})
	if got := w.found(long); !got.Expires.Equal(before.Expires) {
		t.Errorf("from now on, and still %s became %s", before.Expires, got.Expires)
	}
	w.reconfigure(func(c *config.Config) { c.Retention.ApplyShortening = config.ShortenAll })
	got := w.found(long)
	if want := retention.Expiry(before.Created, 20, w.settings.Location()); !got.Expires.Equal(want) || got.Bucket != w.bucket(20) {
		t.Errorf("it expires at %s in bucket %s, want %s", got.Expires, got.Bucket, want)
	}
	w.keys.Delete(before.Bucket)
	pilot.get(long+"/content").expect(t, http.StatusOK, "")
	if kept := w.found(short); kept.Bucket != w.bucket(5) {
		t.Errorf("the other one is in bucket %s now", kept.Bucket)
	}
	w.reconfigure(func(c *config.Config) { c.Retention.MaxDays = 90 })
	if again := w.found(long); !again.Expires.Equal(got.Expires) {
		t.Errorf("a greater maximum has lengthened a life to %s", again.Expires)
	}
	if w.journal()[journal.DocumentShortened] != 1 {
		t.Errorf("the journal tells of %d shortenings", w.journal()[journal.DocumentShortened])
	}
}

// TestShorteningWithoutVault takes effect all the same; the key follows later.
func TestShorteningWithoutVault(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	path := pilot.upload("a", noise(10), url.Values{"days": {"90"}}).Request.URL.Path
	w.settle()
	w.keys.Fail(keys.ErrUnavailable)
	w.settings.Retention = config.Retention{MinDays: 1, DefaultDays: 2, MaxDays: 4, ApplyShortening: config.ShortenAll}
	w.writeConfig()
	w.app.config.Check()
	if err := w.app.documents.FollowPolicy(t.Context()); err == nil {
		t.Error("no error, without Vault")
	}
	if d := w.found(path); d.Expires.Sub(w.clock.Now()).Round(days) != 4*days || d.Bucket != w.bucket(90) {
		t.Errorf("it expires at %s in bucket %s", d.Expires, d.Bucket)
	}
	w.keys.Fail(nil)
	w.settle()
	if d := w.found(path); d.Bucket != w.bucket(4) {
		t.Errorf("its key is in bucket %s", d.Bucket)
	}
	if w.journal()[journal.DocumentShortened] != 1 || w.journal()[journal.DocumentKeyMoved] != 1 {
		t.Errorf("the journal has %v", w.journal())
	}
}

func TestAfterTheLastDownload(t *testing.T) {
	w := newWorld(t, func(c *config.Config) {
		c.Retention.AfterLastDownload, c.Retention.AfterLastDownloadDays = config.DeleteAfterLastDownload, 2
	})
	pilot := w.pilot()
	robert, robertEmail := w.user(pilot, "Robert")
	lise, liseEmail := w.user(pilot, "Lise")
	path := pilot.deliver(noise(10), robertEmail, liseEmail)
	alone := pilot.deliver(noise(10)) // shared with nobody
	before := w.found(path)
	pilot.get(path+"/content").expect(t, http.StatusOK, "")
	robert.get(path+"/content").expect(t, http.StatusOK, "")
	w.settle()
	if d := w.found(path); !d.Expires.Equal(before.Expires) {
		t.Errorf("one recipient has not had it, and it expires at %s", d.Expires)
	}
	pilot.post(path+"/extend", url.Values{"days": {"1"}}).expect(t, http.StatusOK, "")
	lise.get(path+"/content").expect(t, http.StatusOK, "")
	w.settle()
	if d := w.found(path); d.Expires.Sub(w.clock.Now()) != 2*days || d.Bucket != w.bucket(2) {
		t.Errorf("all have had it, and it expires at %s in bucket %s", d.Expires, d.Bucket)
	}
	pilot.post(path+"/extend", url.Values{"days": {"1"}}).expect(t, http.StatusUnprocessableEntity, "")
	if d := w.found(alone); d.Bucket != w.bucket(30) {
		t.Errorf("what has no recipients is in bucket %s", d.Bucket)
	}
	w.clock.forward(2 * days)
	robert.signIn(robertEmail)
	robert.get(path+"/content").expect(t, http.StatusGone, "")
}

func TestWeeklyBuckets(t *testing.T) {
	w := newWorld(t, func(c *config.Config) { c.Retention.Bucket = config.WeekBucket })
	pilot := w.pilot()
	path := pilot.deliver(noise(10)) // a Sunday, and 30 days later a Tuesday
	if d := w.found(path); d.Bucket != "2026-12-27" {
		t.Errorf("it is in bucket %s", d.Bucket)
	}
	w.reconfigure(func(c *config.Config) { c.Retention.Bucket = config.DayBucket })
	if d := w.found(path); d.Bucket != "2026-12-22" {
		t.Errorf("by days it is in bucket %s", d.Bucket)
	}
	w.reconfigure(func(c *config.Config) { c.Retention.Bucket = config.WeekBucket })
	if d := w.found(path); d.Bucket != "2026-12-22" {
		t.Errorf("by weeks again it is in bucket %s", d.Bucket)
	}
}

// TestLegalHold goes through a hold's life: beyond the document's own.
func TestLegalHold(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	robert, robertEmail := w.user(pilot, "Robert")
	lise, liseEmail := w.user(pilot, "Lise")
	content := noise(5000)
	path := robert.deliver(content, liseEmail)
	id := strings.TrimPrefix(path, "/documents/")
	before := w.found(path)

	robert.get("/holds").expect(t, http.StatusForbidden, "")
	robert.post("/holds/"+id, url.Values{"reason": {"x"}}).expect(t, http.StatusForbidden, "")
	for _, asked := range []string{"", "?q=" + id[:6], "?q=" + strings.ToUpper(id), "?q=" + robertEmail} {
		list := pilot.get("/holds"+asked).expect(t, http.StatusOK, id)
		if strings.Contains(list.body, "rapport.pdf") {
			t.Error("a pilot reads the name of another's document")
		}
	}
	for _, asked := range []string{"?q=zzz", "?q=%25", "?q=" + liseEmail, "?q=nobody@justice.test", "?q=%40"} {
		if strings.Contains(pilot.get("/holds"+asked).expect(t, http.StatusOK, "").body, id) {
			t.Errorf("%s finds it", asked)
		}
	}
	pilot.get(path).expect(t, http.StatusNotFound, "")
	for _, reason := range []string{"", " ", "—", "a\u202eb", strings.Repeat("a", 501)} {
		pilot.post("/holds/"+id, url.Values{"reason": {reason}}).expect(t, http.StatusUnprocessableEntity, "motif")
	}
	pilot.get("/holds/"+id).expect(t, http.StatusOK, id)
	pilot.post("/holds/"+id, url.Values{"reason": {"Litige 2026-14"}}).expect(t, http.StatusOK, "Litige 2026-14")
	pilot.post("/holds/"+id, url.Values{"reason": {"encore"}}).expect(t, http.StatusConflict, "")

	w.keys.Delete(before.Bucket) // its bucket closes on time
	for _, person := range []*browser{robert, lise} {
		person.get("/").expect(t, http.StatusOK, `data-held="yes"`)
		person.get(path).expect(t, http.StatusOK, "Litige 2026-14")
		if got := person.get(path + "/content"); got.body != string(content) {
			t.Errorf("under hold, before it expires: status %d", got.StatusCode)
		}
	}
	robert.post(path+"/delete", nil).expect(t, http.StatusConflict, "legal hold")
	robert.post(path+"/extend", url.Values{"days": {"1"}}).expect(t, http.StatusConflict, "")

	w.clock.forward(40 * days)
	w.settle()
	for person, email := range map[*browser]string{robert: robertEmail, lise: liseEmail, pilot: pilotEmail} {
		person.signIn(email)
	}
	lise.get(path).expect(t, http.StatusOK, "nobody can read it any more")
	lise.get(path+"/content").expect(t, http.StatusConflict, "")
	robert.get(path+"/content").expect(t, http.StatusConflict, "")
	if got := w.usage(); got.Documents != 1 {
		t.Errorf("usage is %+v", got)
	}

	pilot.post("/holds/"+id+"/release", nil).expect(t, http.StatusOK, "La conservation légale est levée")
	pilot.post("/holds/"+id+"/release", nil).expect(t, http.StatusConflict, "")
	if d := w.found(path); d.Bucket != w.bucket(retention.GraceDays) || d.Expires.Sub(w.clock.Now()) != retention.GraceDays*days {
		t.Errorf("released, it expires at %s in bucket %s", d.Expires, d.Bucket)
	}
	if got := lise.get(path + "/content"); got.body != string(content) {
		t.Errorf("released: status %d", got.StatusCode)
	}
	robert.post(path+"/delete", nil).expect(t, http.StatusOK, "")
	if kinds := w.journal(); kinds[journal.DocumentHeld] != 1 || kinds[journal.DocumentReleased] != 1 {
		t.Errorf("the journal has %v", kinds)
	}
}

// TestReleasedBeforeItsTime gives the old expiry back.
func TestReleasedBeforeItsTime(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	path := pilot.deliver(noise(10))
	id := strings.TrimPrefix(path, "/documents/")
	before := w.found(path)
	pilot.post("/holds/"+id, url.Values{"reason": {"Litige"}}).expect(t, http.StatusOK, "")
	w.clock.forward(10 * days)
	pilot.signIn(pilotEmail)
	pilot.post("/holds/"+id+"/release", nil).expect(t, http.StatusOK, "")
	if after := w.found(path); !after.Expires.Equal(before.Expires) || after.Bucket != before.Bucket || after.Hold != nil {
		t.Errorf("%+v is released as %+v", before, after)
	}
	pilot.get(path+"/content").expect(t, http.StatusOK, "")
}

func TestHoldWithoutVaultIsRefused(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	path := pilot.deliver(noise(10))
	id := strings.TrimPrefix(path, "/documents/")
	w.keys.Fail(keys.ErrUnavailable)
	pilot.post("/holds/"+id, url.Values{"reason": {"Litige"}}).expect(t, http.StatusServiceUnavailable, "")
	w.keys.Fail(nil)
	if d := w.found(path); d.Held() || d.Hold != nil {
		t.Error("it is held, and its key is not")
	}
	pilot.post("/holds/zzz", url.Values{"reason": {"Litige"}}).expect(t, http.StatusNotFound, "")
}

// TestRecordsOfDestruction says what was destroyed, when, why and by whom; the
// count outlives the records, and a restart.
func TestRecordsOfDestruction(t *testing.T) {
	w := newWorld(t, func(c *config.Config) { c.Retention.JournalDays = 400 })
	pilot := w.pilot()
	owner := w.account(pilotEmail).ID
	deleted, expired := pilot.deliver(noise(10)), pilot.deliver(noise(20))
	bucket := w.found(expired).Bucket
	pilot.post(deleted+"/delete", nil).expect(t, http.StatusOK, "")
	at := w.clock.Now().Truncate(time.Second)
	w.clock.forward(30 * days)
	w.settle()
	records, err := w.app.documents.Destructions.List(t.Context(), 9)
	w.must(err)
	want := []document.Destruction{
		{Document: path.Base(expired), Bucket: bucket, Size: 20, Why: document.Expired, Time: at.AddDate(0, 0, 30), Unlinked: at.AddDate(0, 0, 30)},
		{Document: path.Base(deleted), Bucket: bucket, Size: 10, Why: document.Deleted, By: owner, Time: at, Unlinked: at},
	}
	for i := range want {
		if len(records) != 2 || records[i] != want[i] {
			t.Errorf("record %d of %+v, want %+v", i, records, want[i])
		}
	}
	w.restart()
	w.clock.forward(401 * days)
	w.must(w.app.documents.TrimRecords(t.Context()))
	records, err = w.app.documents.Destructions.List(t.Context(), 9)
	w.must(err)
	report, err := w.app.report(t.Context())
	w.must(err)
	if len(records) != 0 || report.Retention.Shredded != 2 {
		t.Errorf("%d records are left, and %d shredded", len(records), report.Retention.Shredded)
	}
}

// TestReportOfWhatIsDue is what the operator closes buckets by.
func TestReportOfWhatIsDue(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	due := func() (string, string, int64, int64) {
		t.Helper()
		report, err := w.app.report(t.Context())
		w.must(err)
		next := ""
		if report.Retention.NextExpiry != nil {
			next = keys.Bucket(*report.Retention.NextExpiry, w.settings.Location())
		}
		if report.Retention.LastSweep == nil || report.Retention.LastSweep.After(w.clock.Now()) {
			t.Errorf("the last sweep was at %v", report.Retention.LastSweep)
		}
		return report.Retention.EarliestBucket, next, report.Retention.DueIn7Days, report.Retention.Held
	}
	expect := func(when, earliest, next string, in7, held int64) {
		t.Helper()
		if a, b, c, d := due(); a != earliest || b != next || c != in7 || d != held {
			t.Errorf("%s: earliest %q, next %q, %d in 7 days, %d held; want %q, %q, %d, %d", when, a, b, c, d, earliest, next, in7, held)
		}
	}
	expect("nothing there", "", "", 0, 0)
	soon := pilot.upload("a", noise(10), url.Values{"days": {"5"}}).Request.URL.Path
	later := pilot.upload("b", noise(10), url.Values{"days": {"50"}}).Request.URL.Path
	w.settle()
	expect("two there", w.bucket(5), w.bucket(5), 1, 0)
	pilot.post("/holds/"+path.Base(soon), url.Values{"reason": {"Litige"}}).expect(t, http.StatusOK, "")
	expect("one held", w.bucket(50), w.bucket(50), 0, 1)
	w.clock.forward(6 * days)
	w.settle()
	expect("its day over", w.bucket(44), w.bucket(44), 0, 1)
	pilot.signIn(pilotEmail)
	pilot.post(later+"/delete", nil).expect(t, http.StatusOK, "")
	expect("the other deleted", "", "", 0, 1)
	w.clock.forward(200 * days)
	expect("much later", "", "", 0, 1)
}

// TestHeldInTheLastMoment: the sweep has listed the document, and before it gets
// there a pilot has put it under hold.
func TestHeldInTheLastMoment(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	path := pilot.deliver(noise(10))
	due := w.found(path)
	lists := w.app.documents.Lists
	w.app.documents.Lists = held{Lists: lists, due: due, place: func() {
		w.must(w.app.documents.Place(context.Background(), journal.Actor{}, due.ID, "Litige"))
		w.clock.forward(30 * days)
	}}
	w.must(w.app.documents.Sweep(t.Context()))
	w.app.documents.Lists = lists
	if d := w.found(path); d.State != document.Available || d.WrappedKey == "" || !d.Held() {
		t.Errorf("it is %+v", d)
	}
}

// held gives a document as it was before it was put under hold.
type held struct {
	document.Lists
	due   document.Document
	place func()
}

func (h held) ToExpire(ctx context.Context, _ time.Time, _ int) ([]document.Document, error) {
	if found, err := h.ForPilots(ctx, document.Search{Held: true}, 1); err != nil || len(found) > 0 {
		return nil, err
	}
	h.place()
	return []document.Document{h.due}, nil
}
