package app

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"voute.dev/voute/server/config"
	"voute.dev/voute/server/mail"
	"voute.dev/voute/server/web"
)

// planned is a release on the Wednesday after the world's clock begins.
func planned() *config.Notice {
	return &config.Notice{
		Kind: config.Release, Version: "1.5.0", AnnounceFrom: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC),
		StartsAt: time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC), EndsAt: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC),
	}
}

// TestEveryPageTells asks for all addresses of the site as a pilot, and as a
// stranger: whatever is a page shows the banner, errors too.
func TestEveryPageTells(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	path := pilot.deliver(noise(10))
	w.reconfigure(func(c *config.Config) { c.Notice = planned() })
	patterns := web.Patterns()
	slices.SortStableFunc(patterns, func(a, b string) int { return last(a) - last(b) })
	shown := map[string]int{}
	for name, b := range map[string]*browser{"pilot": pilot, "stranger": w.browser()} {
		for _, pattern := range patterns {
			method, address, found := strings.Cut(pattern, " ")
			if !found { // whatever is not in the table
				method, address = http.MethodGet, "/nowhere"
			}
			address = strings.NewReplacer("/{$}", "/", "/documents/{id}", path, "{id}", "nobody", "{token}", "none", "{name}", "none").Replace(address)
			got := b.ask(method, address)
			if !strings.HasPrefix(got.Header.Get("Content-Type"), "text/html") {
				continue // the document's bytes
			}
			shown[name]++
			if strings.Count(got.body, `role="status" data-notice="release" data-phase="coming"`) != 1 {
				t.Errorf("%s, %s: status %d without the banner: %s", name, pattern, got.StatusCode, visible(got.body))
			}
		}
	}
	programs := 0 // addresses that show no page but to whoever is led to one
	for _, pattern := range patterns {
		if strings.Contains(pattern, " /uploads") {
			programs++
		}
	}
	if least := len(patterns) - 1 - programs; shown["pilot"] < least || shown["stranger"] < least {
		t.Errorf("pages were looked at: %v, want %d", shown, least)
	}
}

// last puts what ends the session, or the document, behind all others.
func last(pattern string) int {
	switch pattern {
	case "POST /sign-out":
		return 2
	case "POST /documents/{id}/delete":
		return 1
	}
	return 0
}

func (b *browser) ask(method, path string) answer {
	b.w.t.Helper()
	var body io.Reader
	if method == http.MethodPost {
		body = bytes.NewReader(nil)
	}
	request, err := http.NewRequest(method, publicAddress+path, body)
	b.w.must(err)
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return b.do(request)
}

// TestBannerFollowsTheClock, in both languages and in the client's zone.
func TestBannerFollowsTheClock(t *testing.T) {
	n := planned()
	for _, c := range []struct {
		at     time.Time
		fr, en string
	}{
		{n.AnnounceFrom.Add(-time.Second), "", ""},
		{n.AnnounceFrom, "pourra être interrompu pendant cette période", "may be interrupted during this time"},
		{n.StartsAt.Add(-time.Second), "pourra être interrompu pendant cette période", "may be interrupted during this time"},
		{n.StartsAt, "C’est en cours", "This is under way"},
		{n.EndsAt.Add(-time.Second), "C’est en cours", "This is under way"},
		{n.EndsAt, "", ""},
	} {
		w := newWorld(t, func(c *config.Config) { c.Notice = n })
		w.clock.forward(c.at.Sub(w.clock.Now()))
		fr, en := visible(w.browser().get("/").body), visible(w.browser().get("/?lang=en").body)
		if c.fr == "" {
			if strings.Contains(fr, "1.5.0") || strings.Contains(en, "1.5.0") {
				t.Errorf("%s: the banner shows", c.at)
			}
			continue
		}
		for _, want := range []string{"Nouvelle version du service (1.5.0) – mercredi 25 novembre 2026, de 5\u00a0h à 7\u00a0h", c.fr} {
			if !strings.Contains(fr, strings.ReplaceAll(want, "\u00a0", " ")) {
				t.Errorf("%s: no %q in %s", c.at, want, fr)
			}
		}
		for _, want := range []string{"New version of the service (1.5.0) – Wednesday, November 25, 2026, from 5:00\u00a0a.m. to 7:00\u00a0a.m.", c.en} {
			if !strings.Contains(en, strings.ReplaceAll(want, "\u00a0", " ")) {
				t.Errorf("%s: no %q in %s", c.at, want, en)
			}
		}
	}
}

// TestPilotsAreToldOnce whatever happens in between; users read the banner.
func TestPilotsAreToldOnce(t *testing.T) {
	w := newWorld(t)
	w.user(w.pilot(), "Robert")
	told := func(subject string) (to []string) {
		w.settle()
		for _, message := range w.mailer.Messages() {
			if strings.HasPrefix(message.Subject, subject) {
				to = append(to, message.To)
			}
		}
		return to
	}
	expect := func(when, subject string, want ...string) {
		t.Helper()
		if got := told(subject); !slices.Equal(got, want) {
			t.Errorf("%s: %q went to %q, want %q", when, subject, got, want)
		}
	}
	w.reconfigure(func(c *config.Config) { c.Notice = planned() })
	expect("announced", "Avis : Nouvelle version du service (1.5.0)", pilotEmail)
	w.restart()
	w.reconfigure(func(c *config.Config) { c.Storage.QuotaBytes *= 2 })
	expect("after a restart and a reload", "Avis", pilotEmail)
	w.reconfigure(func(c *config.Config) {
		later := planned()
		later.StartsAt, later.EndsAt = later.StartsAt.AddDate(0, 0, 4), later.EndsAt.AddDate(0, 0, 4)
		c.Notice = later
	})
	expect("another day", "Avis modifié", pilotEmail)
	w.reconfigure(func(c *config.Config) { c.Notice = nil })
	expect("gone before it starts", "Avis annulé", pilotEmail)
	expect("all together", "Avis", pilotEmail, pilotEmail, pilotEmail)
	for _, personal := range []string{pilotEmail, "Tremblay"} {
		if strings.Contains(w.log.String(), personal) {
			t.Errorf("the log names %s", personal)
		}
	}
}

// TestNoticeArrivesWhileTheServerRuns: the file changes, and the rest follows.
func TestNoticeArrivesWhileTheServerRuns(t *testing.T) {
	r := run(t)
	r.settings.Notice = planned()
	r.writeConfig()
	r.until("the pilot told", func() bool {
		return slices.ContainsFunc(r.mailer.Messages(), func(m mail.Message) bool { return strings.HasPrefix(m.Subject, "Avis : ") })
	})
	r.browser().get("/").expect(t, http.StatusOK, `data-notice="release"`)
}
