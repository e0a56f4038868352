package app

import (
	"context"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"voute.dev/voute/server/config"
	"voute.dev/voute/server/document"
	"voute.dev/voute/server/journal"
	"voute.dev/voute/server/scan"
	"voute.dev/voute/server/scan/scantest"
)

// find gives the row of a document by the path of its page.
func (w *world) find(page string) document.Document {
	w.t.Helper()
	d, err := w.app.documents.Documents.Find(w.t.Context(), path.Base(page))
	w.must(err)
	return d
}

// TestInfectedDocumentIsOpenedByNobody, is kept for its time, and then shredded.
func TestInfectedDocumentIsOpenedByNobody(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	alice, aliceEmail := w.user(pilot, "Alice")
	robert, robertEmail := w.user(pilot, "Robert")
	path := alice.deliver(scantest.EICAR(), robertEmail)
	opened := w.keys.Opened()

	page := alice.get(path).expect(t, http.StatusOK, `data-state="quarantined"`)
	for _, text := range []string{"The antivirus found malicious content", "Eicar-Test-Signature", "It is kept sealed until November 29, 2026"} {
		if !strings.Contains(page.body, text) {
			t.Errorf("the sender's page does not say %q", text)
		}
	}
	alice.get(path+"/content").expect(t, http.StatusConflict, "")
	alice.get(path+"/delete").expect(t, http.StatusConflict, "Document in quarantine")
	alice.post(path+"/delete", nil).expect(t, http.StatusConflict, "Document in quarantine")
	for _, other := range []*browser{robert, pilot} {
		other.get(path).expect(t, http.StatusNotFound, "")
		other.get(path+"/content").expect(t, http.StatusNotFound, "")
		other.post(path+"/delete", nil).expect(t, http.StatusNotFound, "")
	}
	robert.get("/quarantine").expect(t, http.StatusForbidden, "")
	list := pilot.get("/quarantine").expect(t, http.StatusOK, "Eicar-Test-Signature")
	for _, text := range []string{"Alice", "29 novembre 2026"} {
		if !strings.Contains(list.body, text) {
			t.Errorf("the pilots' page does not say %q", text)
		}
	}
	if strings.Contains(list.body, "rapport") {
		t.Error("the pilots' page names the document")
	}
	if now := w.keys.Opened(); now != opened {
		t.Errorf("%d keys were opened for a quarantined document", now-opened)
	}
	size := int64(len(scantest.EICAR()))
	if w.blobs() != 1 || w.usage() != (document.Usage{Used: size, Documents: 1}) {
		t.Errorf("%d blobs and %+v are kept of an infected document", w.blobs(), w.usage())
	}
	for _, message := range w.mailer.Messages() {
		if message.To == robertEmail && documentLink.MatchString(message.Text) {
			t.Error("the recipient was told of an infected document")
		}
	}
	w.lastMail(aliceEmail, documentLink)

	w.clock.forward(7*24*time.Hour - time.Second)
	w.settle()
	if w.blobs() != 1 {
		t.Error("it was shredded before its time")
	}
	w.clock.forward(time.Second)
	w.settle()
	if d := w.find(path); d.State != document.Shredded || d.WrappedKey != "" || d.Name != "" || w.blobs() != 0 || w.usage() != (document.Usage{}) {
		t.Errorf("after its time there is %+v, %d blobs and %+v", d, w.blobs(), w.usage())
	}
	pilot.signIn(pilotEmail)
	pilot.get("/quarantine").expect(t, http.StatusOK, "Aucun document")
}

// TestQuarantineEndsWithTheDocument at the latest, and at once if it is to last no day.
func TestQuarantineEndsWithTheDocument(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	short := pilot.upload("a", scantest.EICAR(), url.Values{"days": {"1"}}).Request.URL.Path
	w.settle()
	if d, line := w.find(short), w.line(journal.DocumentQuarantined); d.Expires.Sub(w.clock.Now()) > 24*time.Hour || line.Detail["until"] != d.Expires.Format(time.RFC3339) {
		t.Errorf("it is kept until %s; the journal says %v", d.Expires, line.Detail)
	}
	w.reconfigure(func(c *config.Config) { c.Scanner.QuarantineDays = new(0) })
	if at := pilot.deliver(scantest.EICAR()); w.find(at).State != document.Shredded || w.blobs() != 1 {
		t.Errorf("it is %s", w.find(at).State)
	}
}

// TestWhatCannotBeScannedWholeIsRefused at once, with its reason in words, and
// the room is given back.
func TestWhatCannotBeScannedWholeIsRefused(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	large := pilot.deliver(noise(scanLimit + 1))
	pilot.get(large).expect(t, http.StatusOK, "trop volumineux pour l’antivirus")
	pilot.get(large+"/content").expect(t, http.StatusConflict, "")
	for limit, text := range map[scan.Limit]string{scan.Encrypted: "protégé par un mot de passe", scan.Other: "examiner ce document en entier"} {
		w.scanner.Say(&scan.Verdict{Outcome: scan.NotScanned, Detail: "Heuristics", Limit: limit})
		pilot.get(pilot.deliver(noise(10))).expect(t, http.StatusOK, text)
	}
	w.scanner.Say(nil)
	if w.blobs() != 0 || w.usage() != (document.Usage{}) {
		t.Errorf("%d blobs and %+v are left", w.blobs(), w.usage())
	}
	w.scanner.Fail(scan.ErrSlow)
	slow := pilot.deliver(noise(11))
	pilot.get(slow).expect(t, http.StatusOK, "Nous réessayons jusqu’au 23 novembre 2026")
	for range 26 {
		w.clock.forward(time.Hour)
		w.settle()
	}
	pilot.signIn(pilotEmail)
	pilot.get(slow).expect(t, http.StatusOK, "n’a pas terminé l’examen")
}

// TestDocumentLargerThanTheSpool came before the spool was made smaller.
func TestDocumentLargerThanTheSpool(t *testing.T) {
	w := newWorld(t, func(c *config.Config) { c.Storage.MaxDocumentBytes = 1000 })
	pilot := w.pilot()
	w.scanner.Fail(scan.ErrUnavailable)
	waiting := pilot.deliver(noise(1000))
	w.scanner.Fail(nil)
	taken := w.scanner.Taken()
	w.clock.forward(time.Hour)
	w.reconfigure(func(c *config.Config) { c.Storage.MaxDocumentBytes, c.Scanner.SpoolBytes = 500, 500 })
	pilot.signIn(pilotEmail)
	pilot.get(waiting).expect(t, http.StatusOK, "trop volumineux pour l’antivirus")
	if w.scanner.Taken() != taken {
		t.Error("it was sent all the same")
	}
}

// examine lets the examiner work on its own, as it does in a server.
func (w *world) examine() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() { w.app.examiner.Run(ctx, w.app.wakes.scan, nil) })
	return func() {
		cancel()
		group.Wait()
	}
}

func (w *world) until(what string, holds func() bool) {
	w.t.Helper()
	for range 6000 {
		if holds() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.t.Fatalf("after a minute still not: %s", what)
}

// TestSlowScanner takes no more than its spool holds, tells who waits how many
// are before them, and slows no download.
func TestSlowScanner(t *testing.T) {
	w := newWorld(t, func(c *config.Config) {
		c.Storage.MaxDocumentBytes, c.Scanner.SpoolBytes, c.Scanner.Scans = 100_000, 200_000, 3
	})
	pilot := w.pilot()
	ready := pilot.deliver(noise(1000))
	release := w.scanner.Hold()
	taken := w.scanner.Taken()
	stop := w.examine()
	defer stop()
	var paths []string
	for _, size := range []int{100_000, 90_000, 100_000, 10, 20} {
		w.clock.forward(time.Second)
		paths = append(paths, pilot.upload("a", noise(size), nil).Request.URL.Path)
	}
	w.until("three documents are before the antivirus", func() bool { return w.scanner.Taken() == taken+3 })
	for i, want := range []string{`data-ahead="0"`, `data-ahead="1"`, `data-ahead="2"`, `data-ahead="3"`, `data-ahead="4"`} {
		pilot.get(paths[i]).expect(t, http.StatusOK, want)
	}
	pilot.get("/").expect(t, http.StatusOK, "4 documents avant lui")
	pilot.get(ready+"/content").expect(t, http.StatusOK, string(noise(1000)))
	if now := w.scanner.Taken(); now != taken+3 {
		t.Errorf("%d documents are before the antivirus", now-taken)
	}
	release()
	for _, path := range paths {
		w.until("all are available", func() bool { return w.find(path).State == document.Available })
	}
}
