package main

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"hash"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"voute.dev/voute/server/scan/scantest"
)

const (
	documentSize = 200_000_000
	mostMemory   = 160 << 20 // of which two password hashes at once take 38 MiB
)

// content is random bytes and their hash.
type content struct {
	io.Reader
	sum hash.Hash
}

func random(size int64) content {
	sum := sha256.New()
	return content{Reader: io.TeeReader(io.LimitReader(rand.Reader, size), sum), sum: sum}
}

func (p *person) downloadSum(path string) []byte {
	p.t.Helper()
	response, err := p.http.Get(p.settings.Address + path + "/content")
	p.must(err)
	defer func() { _ = response.Body.Close() }()
	sum := sha256.New()
	_, err = io.Copy(sum, response.Body)
	p.must(err)
	return sum.Sum(nil)
}

// TestJourneyOnRealServices runs the program as a person would: with a real
// Vault, a real clamd behind the gateway, and a real mail relay. In between the
// server is killed while a document is being scanned.
func TestJourneyOnRealServices(t *testing.T) {
	p := newPlace(t)
	pilot := p.person(pilotEmail).join()
	pilot.expect(pilot.post("/users", url.Values{"name": {"Robert"}, "email": {"robert@justice.test"}, "language": {"en"}}), http.StatusOK, "robert@justice.test")
	robert := p.person("robert@justice.test").join()

	sent := random(documentSize)
	path := pilot.upload("budget.bin", sent, robert.email).path
	p.server.Kill()
	p.start()
	pilot.await(path, "available") // the same session, the same document
	if link := robert.mailed(`/documents/[a-z2-7]{26}`); link != path {
		t.Errorf("the notice leads to %s, want %s", link, path)
	}
	if got := robert.downloadSum(path); !bytes.Equal(got, sent.sum.Sum(nil)) {
		t.Error("the recipient's bytes differ from the sender's")
	}
	if most := p.highWater(); most > mostMemory {
		t.Errorf("the server held %d MiB for a document of %d MB", most>>20, documentSize/1_000_000)
	}

	infected := pilot.upload("facture.exe", bytes.NewReader(scantest.EICAR()), robert.email).path
	pilot.expect(pilot.await(infected, "quarantined"), http.StatusOK, "contenu malveillant")
	robert.expect(robert.get(infected), http.StatusNotFound, "")
	pilot.expect(pilot.get("/quarantine"), http.StatusOK, "EICAR")

	var out bytes.Buffer
	if err := run(t.Context(), []string{"journal", "verify", "--config", p.file}, &out); err != nil || !strings.Contains(out.String(), "The journal holds: ") {
		t.Errorf("beside the server that was killed once, journal verify says %q (%v)", out.String(), err)
	}
}

// TestAntivirusAndMailAway: a document is taken in and waits, and is released and
// told of by itself once clamd, and then the relay, is there again.
func TestAntivirusAndMailAway(t *testing.T) {
	p := newPlace(t)
	pilot := p.person(pilotEmail).join()
	pilot.expect(pilot.post("/users", url.Values{"name": {"Robert"}, "email": {"robert@justice.test"}, "language": {"en"}}), http.StatusOK, "robert@justice.test")
	robert := p.person("robert@justice.test").join()
	before := pilot.upload("a.txt", bytes.NewReader([]byte("bonjour"))).path
	pilot.await(before, "available")

	p.clamd.Stop()
	p.mail.Stop()
	path := pilot.upload("b.txt", bytes.NewReader([]byte("bonsoir")), robert.email).path
	pilot.await(path, "scanning")
	robert.expect(robert.get(path), http.StatusNotFound, "")
	pilot.expect(pilot.get(before+"/content"), http.StatusOK, "bonjour")

	p.clamd.Resume()
	pilot.await(path, "available")
	robert.expect(robert.get(path+"/content"), http.StatusOK, "bonsoir")
	p.mail.Resume(t)
	if link := robert.mailed(`/documents/[a-z2-7]{26}`); link != path {
		t.Errorf("the notice leads to %s, want %s", link, path)
	}
}

// TestVaultSealed: no upload, no download, but everything else; and by itself
// again once Vault is unsealed.
func TestVaultSealed(t *testing.T) {
	p := newPlace(t)
	pilot := p.person(pilotEmail).join()
	path := pilot.upload("a.txt", bytes.NewReader([]byte("bonjour"))).path
	pilot.await(path, "available")
	p.vault.Seal(t)
	const said = "Le service qui garde les clés de chiffrement ne répond pas"
	pilot.expect(pilot.get(path+"/content"), http.StatusServiceUnavailable, said)
	pilot.expect(pilot.upload("b.txt", bytes.NewReader([]byte("bonsoir"))), http.StatusServiceUnavailable, said)
	pilot.expect(pilot.get("/"), http.StatusOK, "a.txt")
	p.vault.Unseal(t)
	pilot.expect(pilot.get(path+"/content"), http.StatusOK, "bonjour")
}
