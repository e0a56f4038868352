package app

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"voute.dev/voute/server/config"
	"voute.dev/voute/server/web"
)

func TestHeadersOfEveryAnswer(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	path := pilot.deliver(noise(100))
	style := between(pilot.get("/").body, `rel="stylesheet" href="`, `"`)
	for _, page := range []string{"/", "/nowhere", path, path + "/content", "/terms", style} {
		got := pilot.get(page)
		for header, want := range map[string]string{
			"Strict-Transport-Security":    "max-age=31536000",
			"X-Content-Type-Options":       "nosniff",
			"Referrer-Policy":              "same-origin",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
			"X-Frame-Options":              "DENY",
		} {
			if got.Header.Get(header) != want {
				t.Errorf("%s: %s is %q, want %q", page, header, got.Header.Get(header), want)
			}
		}
		policy := got.Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "script-src") {
			t.Errorf("%s: the policy is %q", page, policy)
		}
		if strings.HasPrefix(got.Header.Get("Content-Type"), "text/html") && got.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be kept: %q", page, got.Header.Get("Cache-Control"))
		}
	}
	if policy := pilot.get(path + "/content").Header.Get("Content-Security-Policy"); !strings.Contains(policy, "sandbox") {
		t.Errorf("a document is not sandboxed: %q", policy)
	}
	if got := pilot.get(style); got.StatusCode != http.StatusOK || !strings.Contains(got.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("the style sheet has status %d and %q", got.StatusCode, got.Header.Get("Cache-Control"))
	}
}

func between(text, before, after string) string {
	_, rest, _ := strings.Cut(text, before)
	found, _, _ := strings.Cut(rest, after)
	return found
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"} {
		b := pilot
		b.header = http.Header{name: {value}}
		b.post("/users", url.Values{"name": {"X"}, "email": {"x@y.test"}, "language": {"fr"}}).expect(t, http.StatusForbidden, "vient d’un autre site")
		b.upload("a", noise(10), nil).expect(t, http.StatusForbidden, "")
		b.post("/sign-out", nil).expect(t, http.StatusForbidden, "")
		b.get("/users").expect(t, http.StatusOK, "")
	}
	pilot.header = http.Header{"Sec-Fetch-Site": {"same-origin"}}
	pilot.post("/account", url.Values{"language": {"fr"}}).expect(t, http.StatusOK, "")
}

// TestStrangersSeeNothing looks at the answer itself, not at where it leads.
func TestStrangersSeeNothing(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	path := pilot.deliver(noise(10))
	halfway := w.browser()
	halfway.post("/sign-in", url.Values{"email": {pilotEmail}, "password": {goodPassword}}).expect(t, http.StatusOK, `data-page="code"`)
	for name, b := range map[string]*browser{"stranger": w.browser(), "halfway": halfway} {
		b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		for _, page := range []string{"/users", "/account", "/documents/new", path, path + "/content", path + "/delete"} {
			got := b.get(page).expect(t, http.StatusSeeOther, "")
			if strings.Contains(got.body, "<main") || strings.Contains(got.body, pilotEmail) {
				t.Errorf("%s, %s: the answer beside the redirection says %q", name, page, visible(got.body))
			}
		}
		for _, form := range []string{"/users", "/account", "/documents", path + "/share", path + "/delete"} {
			b.post(form, nil).expect(t, http.StatusForbidden, "")
		}
	}
}

func TestOtherNamesAreRefused(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	for host, status := range map[string]int{
		"vault.test": http.StatusOK, "VAULT.test:8443": http.StatusOK,
		"evil.test": http.StatusMisdirectedRequest, "vault.test.evil.test": http.StatusMisdirectedRequest, "127.0.0.1": http.StatusMisdirectedRequest,
	} {
		request, err := http.NewRequest(http.MethodGet, publicAddress+"/terms", nil)
		w.must(err)
		request.Host = host
		if got := b.do(request); got.StatusCode != status {
			t.Errorf("Host %s: status %d, want %d", host, got.StatusCode, status)
		}
	}
}

func TestPlainPort(t *testing.T) {
	ready := true
	handler := web.Plain(func() *config.Config { return &config.Config{Address: publicAddress} }, func() bool { return ready })
	for _, c := range []struct {
		method, target string
		status         int
		location       string
	}{
		{"GET", "/healthz", http.StatusOK, ""},
		{"GET", "/readyz", http.StatusOK, ""},
		{"GET", "/", http.StatusPermanentRedirect, publicAddress + "/"},
		{"GET", "/documents/x?lang=en", http.StatusPermanentRedirect, publicAddress + "/documents/x?lang=en"},
		{"POST", "/sign-in", http.StatusPermanentRedirect, publicAddress + "/sign-in"},
		{"GET", "//evil.test/a", http.StatusPermanentRedirect, publicAddress + "/evil.test/a"},
		{"GET", "/%0d%0aSet-Cookie:x", http.StatusPermanentRedirect, publicAddress + "/%0D%0ASet-Cookie:x"},
	} {
		request := httptest.NewRequest(c.method, "http://vault.test/", nil)
		parsed, err := url.ParseRequestURI(c.target)
		if err != nil {
			t.Fatal(err)
		}
		request.URL, request.Host = parsed, "evil.test"
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		if answer.Code != c.status || answer.Header().Get("Location") != c.location {
			t.Errorf("%s %s: status %d to %q, want %d to %q", c.method, c.target, answer.Code, answer.Header().Get("Location"), c.status, c.location)
		}
	}
	ready = false
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "http://vault.test/readyz", nil))
	if answer.Code != http.StatusServiceUnavailable {
		t.Errorf("not ready: status %d", answer.Code)
	}
}

func TestLogo(t *testing.T) {
	const svg = `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`
	for _, c := range []struct {
		name, content, kind string
		status              int
	}{
		{"png", "\x89PNG\r\n\x1a\n0000", "image/png", http.StatusOK},
		{"svg", svg, "image/svg+xml", http.StatusOK},
		{"html", "<html><script>alert(1)</script></html>", "", http.StatusNotFound},
		{"too large", "\x89PNG\r\n\x1a\n" + strings.Repeat("0", 256<<10), "", http.StatusNotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "logo")
			if err := os.WriteFile(file, []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
			w := newWorld(t, func(c *config.Config) { c.Organization.LogoFile = file })
			got := w.browser().get("/logo")
			if got.StatusCode != c.status || c.kind != "" && got.Header.Get("Content-Type") != c.kind {
				t.Errorf("status %d, type %s", got.StatusCode, got.Header.Get("Content-Type"))
			}
			if c.kind != "" && got.Header.Get("Content-Security-Policy") != "default-src 'none'; style-src 'unsafe-inline'; sandbox" {
				t.Errorf("the policy is %q", got.Header.Get("Content-Security-Policy"))
			}
		})
	}
	newWorld(t).browser().get("/logo").expect(t, http.StatusNotFound, "")
}
