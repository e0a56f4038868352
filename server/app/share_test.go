package app

import (
	"archive/zip"
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"voute.dev/voute/server/config"
	"voute.dev/voute/server/journal"
	"voute.dev/voute/server/keys"
	"voute.dev/voute/server/scan"
	"voute.dev/voute/server/store"
)

var shareLink = regexp.MustCompile(`/shares/[a-z2-7]{26}`)

// share makes a share of documents by the paths of their pages.
func (b *browser) share(documents []string, fields url.Values) answer {
	b.w.t.Helper()
	if fields == nil {
		fields = url.Values{}
	}
	for _, page := range documents {
		fields.Add("document", path.Base(page))
	}
	return b.post("/shares", fields)
}

// mails counts the messages to somebody that match.
func (w *world) mails(to, text string) (n int) {
	w.t.Helper()
	w.settle()
	for _, m := range w.mailer.Messages() {
		if m.To == to && strings.Contains(m.Subject+m.Text, text) {
			n++
		}
	}
	return n
}

// party is a pilot who shares and a user who reads.
type party struct {
	*world
	pilot, robert *browser
	email         string
}

func newParty(t *testing.T, change ...func(*config.Config)) party {
	t.Helper()
	w := newWorld(t, change...)
	p := party{world: w, pilot: w.pilot()}
	p.robert, p.email = w.user(p.pilot, "Robert")
	return p
}

// TestShareOfSeveralDocuments is told of once, when all were examined.
func TestShareOfSeveralDocuments(t *testing.T) {
	p := newParty(t)
	one, two := p.pilot.deliver(noise(100)), p.pilot.deliver(noise(200))
	p.scanner.Fail(scan.ErrUnavailable)
	late := p.pilot.deliver(noise(300))
	p.pilot.get("/shares/new?document="+path.Base(one)).expect(t, http.StatusOK, `value="`+path.Base(one)+`" checked`)
	made := p.pilot.share([]string{one, two, late}, url.Values{
		"email": {p.email}, "message": {"Bonjour <Robert>,\r\nvoici."}, "days": {"7"}, "limit": {"2"}, "notify": {"yes"},
	}).expect(t, http.StatusOK, `data-page="share"`)
	page := made.Request.URL.Path
	if p.mails(p.email, "/shares/") != 0 {
		t.Error("the recipient is told while a document is being examined")
	}
	p.scanner.Fail(nil)
	p.clock.forward(time.Minute)
	if p.lastMail(p.email, shareLink) != page || p.mails(p.email, "/shares/") != 1 {
		t.Errorf("the recipient is told %d times", p.mails(p.email, "/shares/"))
	}
	for _, m := range p.mailer.Messages() {
		if strings.Contains(m.Subject+m.Text, "rapport") || strings.Contains(m.Text, "voici") {
			t.Error("a message names a document, or has the sender's words")
		}
	}
	got := p.robert.get(page).expect(t, http.StatusOK, "Bonjour &lt;Robert&gt;,\nvoici.")
	for _, text := range []string{one + "/content", two + "/content", late + "/content", page + "/zip", "November 29, 2026"} {
		if !strings.Contains(got.body, text) {
			t.Errorf("the recipient's page has no %s", text)
		}
	}
	if strings.Contains(got.body, "recall") || strings.Contains(got.body, "recipients/") {
		t.Error("the recipient's page offers what is the sender's")
	}
	p.robert.get("/shares").expect(t, http.StatusOK, page)
	p.pilot.get("/shares").expect(t, http.StatusOK, page)
	p.robert.get(one).expect(t, http.StatusOK, "Bonjour &lt;Robert&gt;")
	if line := p.line(journal.ShareCreated); line.Object != path.Base(page) || line.Detail["documents"] != "3" || line.Detail["limit"] != "2" {
		t.Errorf("the journal says %+v", line)
	}
}

func TestShareForm(t *testing.T) {
	p := newParty(t)
	mine := p.pilot.deliver(noise(10))
	theirs := p.robert.deliver(noise(10))
	for name, c := range map[string]struct {
		documents []string
		fields    url.Values
		status    int
		text      string
	}{
		"no document":      {nil, url.Values{"email": {p.email}}, http.StatusUnprocessableEntity, "Choisissez de 1 à 100 documents"},
		"nobody":           {[]string{mine}, url.Values{"email": {pilotEmail}}, http.StatusUnprocessableEntity, "au moins une autre personne"},
		"somebody unknown": {[]string{mine}, url.Values{"email": {"x@y.test"}}, http.StatusUnprocessableEntity, "x@y.test"},
		"too long":         {[]string{mine}, url.Values{"email": {p.email}, "message": {strings.Repeat("é", 2001)}}, http.StatusUnprocessableEntity, "au plus 2000"},
		"too many days":    {[]string{mine}, url.Values{"email": {p.email}, "days": {"91"}}, http.StatusUnprocessableEntity, "de 1 à 90"},
		"no days":          {[]string{mine}, url.Values{"email": {p.email}, "days": {"0"}}, http.StatusUnprocessableEntity, "de 1 à 90"},
		"no number":        {[]string{mine}, url.Values{"email": {p.email}, "limit": {"x"}}, http.StatusUnprocessableEntity, "de 1 à 1000"},
		"somebody else's":  {[]string{mine, theirs}, url.Values{"email": {p.email}}, http.StatusNotFound, ""},
	} {
		t.Run(name, func(t *testing.T) { p.pilot.share(c.documents, c.fields).expect(t, c.status, c.text) })
	}
	if n := p.journal()[journal.ShareCreated]; n != 0 {
		t.Errorf("%d shares were made", n)
	}
}

// TestShareIsItsSendersToChange, and for nobody else there.
func TestShareIsItsSendersToChange(t *testing.T) {
	p := newParty(t)
	alice, aliceEmail := p.user(p.pilot, "Alice")
	document := p.pilot.deliver(noise(10))
	page := p.pilot.share([]string{document}, url.Values{"email": {p.email}, "days": {"1"}}).Request.URL.Path
	robert := p.account(p.email).ID
	for _, action := range []string{"/recipients", "/recipients/" + robert + "/remove", "/notice", "/extend", "/recall", "/delete"} {
		p.robert.post(page+action, url.Values{"email": {aliceEmail}}).expect(t, http.StatusNotFound, "")
		alice.post(page+action, url.Values{"email": {aliceEmail}}).expect(t, http.StatusNotFound, "")
	}
	for _, end := range []string{"", "/zip", "/delete"} {
		alice.get(page+end).expect(t, http.StatusNotFound, "")
	}

	p.pilot.post(page+"/recipients", url.Values{"email": {"x@y.test"}}).expect(t, http.StatusUnprocessableEntity, "x@y.test")
	p.pilot.post(page+"/recipients", url.Values{"email": {aliceEmail}}).expect(t, http.StatusOK, aliceEmail)
	alice.get(page).expect(t, http.StatusOK, "")
	if p.mails(aliceEmail, document) != 1 || p.mails(p.email, document) != 1 {
		t.Error("each recipient is to be told once")
	}
	p.pilot.post(page+"/notice", nil).expect(t, http.StatusOK, "avisés de nouveau")
	if p.mails(aliceEmail, document) != 2 || p.mails(p.email, document) != 2 {
		t.Error("each recipient is to be told again")
	}
	p.pilot.post(page+"/recipients/"+robert+"/remove", nil).expect(t, http.StatusOK, "n’a plus accès")
	p.robert.get(page).expect(t, http.StatusNotFound, "")
	p.robert.get(document+"/content").expect(t, http.StatusNotFound, "")
	if strings.Contains(p.robert.get("/").body, document) {
		t.Error("the home page still lists it")
	}
	alice.get(document+"/content").expect(t, http.StatusOK, "")

	p.pilot.post(page+"/extend", url.Values{"days": {"91"}}).expect(t, http.StatusUnprocessableEntity, "de 1 à 90")
	p.pilot.post(page+"/extend", url.Values{"days": {"60"}}).expect(t, http.StatusOK, "22 décembre 2026") // the document's own end
	p.pilot.post(page+"/extend", url.Values{"days": {"1"}}).expect(t, http.StatusUnprocessableEntity, "prolonge")

	p.pilot.post(page+"/recall", nil).expect(t, http.StatusOK, "Le partage est terminé")
	alice.get(page).expect(t, http.StatusGone, "This share has reached its end")
	alice.get(page+"/zip").expect(t, http.StatusGone, "")
	alice.get(document+"/content").expect(t, http.StatusNotFound, "")
	p.pilot.post(page+"/recall", nil).expect(t, http.StatusGone, "")
	p.pilot.get(page).expect(t, http.StatusOK, `data-standing="false"`)
	p.pilot.get(document+"/content").expect(t, http.StatusOK, "")
	kinds := p.journal()
	for _, kind := range []journal.Kind{journal.ShareCreated, journal.ShareWithdrawn, journal.ShareResent, journal.ShareExtended, journal.ShareRecalled} {
		if kinds[kind] != 1 {
			t.Errorf("the journal has %d lines %s", kinds[kind], kind)
		}
	}
}

func TestShareIsDeletedWithItsDocuments(t *testing.T) {
	p := newParty(t)
	one, two := p.pilot.deliver(noise(10)), p.pilot.deliver(noise(20))
	page := p.pilot.share([]string{one, two}, url.Values{"email": {p.email}}).Request.URL.Path
	p.pilot.get(page+"/delete").expect(t, http.StatusOK, "Supprimer définitivement")
	p.pilot.post(page+"/delete", nil).expect(t, http.StatusOK, "sont détruits")
	p.robert.get(one+"/content").expect(t, http.StatusGone, "")
	p.robert.get(page).expect(t, http.StatusGone, "")
	if p.blobs() != 0 {
		t.Errorf("%d blobs are left", p.blobs())
	}
}

// TestShareEndsTheSameSecond, without a sweep.
func TestShareEndsTheSameSecond(t *testing.T) {
	p := newParty(t)
	document := p.pilot.deliver(noise(10))
	page := p.pilot.share([]string{document}, url.Values{"email": {p.email}, "days": {"1"}}).Request.URL.Path
	p.clock.forward(24*time.Hour - time.Second)
	p.robert.signIn(p.email)
	p.robert.get(document+"/content").expect(t, http.StatusOK, "")
	p.clock.forward(time.Second)
	p.robert.get(document+"/content").expect(t, http.StatusNotFound, "")
	p.robert.get(page).expect(t, http.StatusGone, "")
	p.settle()
	if p.journal()[journal.ShareEnded] != 1 {
		t.Error("the journal does not say that it ended")
	}
	p.clock.forward(24 * time.Hour) // its sender is still there
	p.pilot.signIn(pilotEmail)
	p.pilot.get(page).expect(t, http.StatusOK, `data-standing="false"`)
	p.clock.forward(30 * 24 * time.Hour)
	p.settle()
	p.pilot.signIn(pilotEmail)
	p.pilot.get(page).expect(t, http.StatusNotFound, "")
}

// TestLimitOfDownloads: ranges of one download do not count twice, and what
// does not leave does not count.
func TestLimitOfDownloads(t *testing.T) {
	p := newParty(t)
	content := noise(3_000_000)
	document := p.pilot.deliver(content)
	page := p.pilot.share([]string{document}, url.Values{"email": {p.email}, "limit": {"2"}, "notify": {"yes"}}).Request.URL.Path
	ask := func(method string, header ...string) answer {
		request, err := http.NewRequest(method, publicAddress+document+"/content", nil)
		p.must(err)
		for i := 0; i < len(header); i += 2 {
			request.Header.Set(header[i], header[i+1])
		}
		return p.robert.do(request)
	}
	head := ask(http.MethodHead).expect(t, http.StatusOK, "")
	tag := head.Header.Get("ETag")
	if head.ContentLength != int64(len(content)) || tag == "" {
		t.Errorf("HEAD says %d bytes with tag %s", head.ContentLength, tag)
	}
	ask(http.MethodGet, "If-None-Match", tag).expect(t, http.StatusNotModified, "")
	ask(http.MethodGet, "Range", "bytes=3000000-").expect(t, http.StatusRequestedRangeNotSatisfiable, "")
	ask(http.MethodGet, "Range", "bytes=0-0"+strings.Repeat(",5-5", 8)).expect(t, http.StatusRequestedRangeNotSatisfiable, "")
	p.keys.Fail(keys.ErrUnavailable)
	ask(http.MethodGet).expect(t, http.StatusServiceUnavailable, "")
	p.keys.Fail(nil)

	got := ask(http.MethodGet, "Range", "bytes=0-999999").body + ask(http.MethodGet, "Range", "bytes=1000000-1999999").body +
		ask(http.MethodGet, "Range", "bytes=2000000-", "If-Range", tag).body
	if got != string(content) {
		t.Fatal("the parts are not the whole")
	}
	ask(http.MethodGet, "Range", "bytes=5-", "If-Range", `"another"`).expect(t, http.StatusOK, "")
	ask(http.MethodGet, "Range", "bytes=5-9").expect(t, http.StatusPartialContent, string(content[5:10]))
	ask(http.MethodGet).expect(t, http.StatusForbidden, "as often as its sender allows")
	p.robert.get(page+"/zip").expect(t, http.StatusForbidden, "as often as its sender allows")
	p.pilot.get(page).expect(t, http.StatusOK, `data-count="2"`)
	if n := p.mails(pilotEmail, page); n != 2 {
		t.Errorf("the sender is told of %d downloads, want 2", n)
	}
	if line := p.line(journal.DocumentDownloaded); line.Detail["range"] != "5-9" || line.Detail["share"] != path.Base(page) {
		t.Errorf("the journal says %v", line.Detail)
	}
	p.pilot.post(document+"/share", url.Values{"email": {p.email}}).expect(t, http.StatusOK, "") // reads it already
	ask(http.MethodGet).expect(t, http.StatusForbidden, "")
}

// TestLimitIsNotWonTwice lets a recipient ask many times at once.
func TestLimitIsNotWonTwice(t *testing.T) {
	p := newParty(t)
	document := p.pilot.deliver(noise(100_000))
	p.pilot.share([]string{document}, url.Values{"email": {p.email}, "limit": {"3"}}).expect(t, http.StatusOK, "")
	var won atomic.Int64
	var group sync.WaitGroup
	for range 12 {
		group.Go(func() {
			if got := p.robert.get(document + "/content"); got.StatusCode == http.StatusOK {
				won.Add(1)
			}
		})
	}
	group.Wait()
	if won.Load() != 3 {
		t.Errorf("%d downloads were had, want 3", won.Load())
	}
}

// TestRemindedOnce of what was not downloaded.
func TestRemindedOnce(t *testing.T) {
	p := newParty(t)
	alice, aliceEmail := p.user(p.pilot, "Alice")
	document := p.pilot.deliver(noise(10))
	page := p.pilot.share([]string{document}, url.Values{"email": {p.email, aliceEmail}, "days": {"10"}}).Request.URL.Path
	alice.get(document+"/content").expect(t, http.StatusOK, "")
	p.clock.forward(8*24*time.Hour - time.Second)
	if p.mails(p.email, "Reminder") != 0 {
		t.Error("reminded before it is time")
	}
	p.clock.forward(time.Second)
	for range 3 {
		p.clock.forward(time.Hour)
		if n := p.mails(p.email, "Reminder"); n != 1 {
			t.Errorf("reminded %d times", n)
		}
	}
	if p.mails(aliceEmail, "Reminder") != 0 {
		t.Error("who has downloaded it is reminded")
	}
	if p.lastMail(p.email, documentLink) != document || p.line(journal.ShareReminded).Object != path.Base(page) {
		t.Error("the reminder leads elsewhere")
	}
}

// entries are the names and contents of a ZIP.
func entries(t *testing.T, archive string) map[string]string {
	t.Helper()
	r, err := zip.NewReader(strings.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range r.File {
		if f.Method != zip.Store {
			t.Errorf("%s is deflated", f.Name)
		}
		open, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(open) // and its checksum
		if err != nil {
			t.Fatal(err)
		}
		all[f.Name] = string(content)
	}
	return all
}

func TestZIPOfAShare(t *testing.T) {
	p := newParty(t)
	contents := map[string]string{}
	var documents []string
	for i, name := range []string{"été.pdf", "été.pdf", "../../etc/passwd", "vide"} {
		content := noise(1_500_000 * i % 2_000_001)
		documents = append(documents, p.pilot.send(name, content).Request.URL.Path)
		contents[[]string{"été.pdf", "été (2).pdf", "_.._etc_passwd", "vide"}[i]] = string(content)
	}
	infected := p.pilot.deliver(append(noise(100), noise(scanLimit)...)) // too large: refused
	page := p.pilot.share(append(documents, documents[0]), url.Values{"email": {p.email}, "limit": {"1"}, "notify": {"yes"}}).Request.URL.Path
	p.pilot.share([]string{infected}, url.Values{"email": {p.email}}).expect(t, http.StatusConflict, "")
	p.settle()
	got := p.robert.get(page+"/zip").expect(t, http.StatusOK, "")
	if header := got.Header.Get("Content-Disposition"); header != "attachment; filename=documents.zip" || got.Header.Get("Content-Type") != "application/zip" {
		t.Errorf("it comes as %s", header)
	}
	found := entries(t, got.body)
	for name, content := range contents {
		if found[name] != content {
			t.Errorf("%s has %d bytes, want %d", name, len(found[name]), len(content))
		}
	}
	if len(found) != len(contents) {
		t.Errorf("%d entries, want %d", len(found), len(contents))
	}
	if n := p.mails(pilotEmail, page); n != 1 {
		t.Errorf("the sender is told %d times of one ZIP", n)
	}
	p.robert.get(documents[0]+"/content").expect(t, http.StatusForbidden, "")
	if found := entries(t, p.pilot.get(page+"/zip").body); len(found) != 4 {
		t.Errorf("its sender gets %d entries", len(found))
	}
}

// TestBrokenZIPLooksBroken, whatever happens on its way.
func TestBrokenZIPLooksBroken(t *testing.T) {
	for name, end := range map[string]func(p party, page, second string){
		"share recalled":   func(p party, page, _ string) { p.pilot.post(page+"/recall", nil).expect(t, http.StatusOK, "") },
		"document deleted": func(p party, _, second string) { p.pilot.post(second+"/delete", nil).expect(t, http.StatusOK, "") },
		"Vault away":       func(p party, _, _ string) { p.keys.Fail(keys.ErrUnavailable) },
		"bytes damaged": func(p party, _, second string) {
			p.must(damage(p.world, path.Base(second)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newParty(t)
			one, two := p.pilot.deliver(noise(500_000)), p.pilot.deliver(noise(1000))
			page := p.pilot.share([]string{one, two}, url.Values{"email": {p.email}}).Request.URL.Path
			before := p.keys.Opened()
			body, broken := p.robert.partly(page+"/zip", func() {
				if opened := p.keys.Opened() - before; opened != 1 {
					t.Errorf("%d keys were opened for the first document", opened)
				}
				end(p, page, two)
			})
			if !errors.Is(broken, http.ErrAbortHandler) {
				t.Errorf("it ends with %v", broken)
			}
			if _, err := zip.NewReader(bytes.NewReader(body), int64(len(body))); err == nil {
				t.Errorf("%d bytes open as a ZIP", len(body))
			}
		})
	}
	p := newParty(t)
	page := p.pilot.share([]string{p.pilot.deliver(noise(10))}, url.Values{"email": {p.email}}).Request.URL.Path
	p.keys.Fail(keys.ErrUnavailable)
	got := p.robert.get(page+"/zip").expect(t, http.StatusServiceUnavailable, "")
	if got.Header.Get("Retry-After") == "" || got.Header.Get("Content-Disposition") != "" {
		t.Errorf("the headers are %v", got.Header)
	}
}

// partly gives what came of an address when something happens once the first
// bytes are out.
func (b *browser) partly(path string, meanwhile func()) (body []byte, broken error) {
	b.w.t.Helper()
	request := httptest.NewRequest(http.MethodGet, publicAddress+path, nil)
	for _, cookie := range b.client.Jar.Cookies(request.URL) {
		request.AddCookie(cookie)
	}
	to := &tap{httptest.NewRecorder(), meanwhile}
	func() {
		defer func() { broken, _ = recover().(error) }()
		b.w.server.Config.Handler.ServeHTTP(to, request)
	}()
	return to.Body.Bytes(), broken
}

// TestTheVersionBefore finds who may read what in its own table, and what it
// shares itself is taken up.
func TestTheVersionBefore(t *testing.T) {
	p := newParty(t)
	_, aliceEmail := p.user(p.pilot, "Alice")
	page := p.pilot.deliver(noise(10), p.email)
	id, pilot, robert, alice := path.Base(page), p.account(pilotEmail).ID, p.account(p.email).ID, p.account(aliceEmail).ID
	p.stop()
	if read := read(t, p.directory, "SELECT group_concat(document || ' ' || account) FROM shares"); read != id+" "+robert {
		t.Errorf("the table of the version before has %q", read)
	}
	change(t, p.directory, fmt.Sprintf("INSERT INTO shares (document, account, by_whom, time) VALUES ('%s', '%s', '%s', 1)", id, alice, pilot))
	p.start()
	for _, email := range []string{p.email, aliceEmail} {
		reader := p.browser()
		reader.signIn(email)
		reader.get(page+"/content").expect(t, http.StatusOK, "")
	}
	if p.mails(aliceEmail, page) != 0 {
		t.Error("who was told by the version before is told again")
	}
}

// damage changes a byte of a document's sealed bytes.
func damage(w *world, id string) error {
	file := filepath.Join(w.directory, documentsFolder, id)
	sealed, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	sealed[len(sealed)-1]++
	return os.WriteFile(file, sealed, 0o600)
}

// read asks the database of a server that is stopped.
func read(t *testing.T, directory, query string) (text string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(directory, store.File))
	if err == nil {
		err = db.QueryRowContext(t.Context(), query).Scan(&text)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return text
}
