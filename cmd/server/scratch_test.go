//go:build scratch

package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"testing"
	"time"

	"voute.dev/voute/server/config"
	"voute.dev/voute/server/scan/scantest"
)

func TestBig(t *testing.T) {
	p := newPlace(t)
	pilot := p.person(pilotEmail).join()
	sent := random(2_000_000_000)
	began := time.Now()
	path := pilot.upload("budget.bin", sent).path
	fmt.Println("uploaded", time.Since(began), p.highWater()>>20, "MiB")
	began = time.Now()
	pilot.await(path, "available")
	fmt.Println("scanned", time.Since(began), p.highWater()>>20, "MiB")
	began = time.Now()
	if got := pilot.downloadSum(path); !bytes.Equal(got, sent.sum.Sum(nil)) {
		t.Error("differs")
	}
	fmt.Println("downloaded", time.Since(began), p.highWater()>>20, "MiB")
	fmt.Println("over", pilot.upload("x.bin", random(2_000_000_001)).status)
}

func TestPlay(t *testing.T) {
	p := newPlace(t, func(c *config.Config) {
		c.Environment = os.Getenv("PLAY_ENV")
		if logo := os.Getenv("PLAY_LOGO"); logo != "" {
			c.Organization.LogoFile = logo
		}
	})
	fmt.Println("ADDRESS", p.settings.Address, "CONFIG", p.file)
	link := ""
	pilot := p.person(pilotEmail)
	link = pilot.mailed(`/invitation/[\w-]+`)
	fmt.Println("INVITATION", p.settings.Address+link)
	if os.Getenv("PLAY_JOIN") != "" {
		p.mails[pilotEmail]--
		pilot.join()
		for _, name := range []string{"Robert Gagnon", "Alice Nguyen"} {
			email := string([]rune(name)[0:1]) + ".x@justice.test"
			email = map[string]string{"Robert Gagnon": "robert.gagnon@justice.test", "Alice Nguyen": "alice.nguyen@justice.test"}[name]
			pilot.post("/users", url.Values{"name": {name}, "email": {email}, "language": {"fr"}})
		}
		robert := p.person("robert.gagnon@justice.test").join()
		pilot.upload("Budget 2027 – version définitive.pdf", random(34_500_000), robert.email)
		pilot.upload("Procès-verbal du comité.docx", random(1_200_000), "alice.nguyen@justice.test", robert.email)
		pilot.upload("facture.exe", bytes.NewReader(scantest.EICAR()))
		robert.upload("Photos du chantier.zip", random(9_000_000), pilotEmail)
		time.Sleep(3 * time.Second)
		p.server.Stop()
		p.start()
		u, _ := url.Parse(p.settings.Address)
		for _, c := range pilot.http.Jar.Cookies(u) {
			fmt.Println("COOKIE", c.Value)
		}
		for _, c := range robert.http.Jar.Cookies(u) {
			fmt.Println("COOKIE2", c.Value)
		}
		fmt.Println("HOME", pilot.get("/").status, http.StatusOK)
	}
	os.Stdout.Sync()
	time.Sleep(40 * time.Minute)
}
