package web

import (
	"net/http"
	"net/url"

	"voute.dev/voute/server/config"
)

// Plain answers on the port without TLS: probes, and for everything else a
// redirection to the public address. Only the path comes from the request, so
// that nobody is sent elsewhere.
func Plain(current func() *config.Config, ready func() bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/healthz" && r.Method == http.MethodGet:
			answer(w, http.StatusOK, "ok")
		case r.URL.Path == "/readyz" && r.Method == http.MethodGet && ready():
			answer(w, http.StatusOK, "ready")
		case r.URL.Path == "/readyz" && r.Method == http.MethodGet:
			answer(w, http.StatusServiceUnavailable, "not ready")
		default:
			redirectHome(w, r, current().Address)
		}
	})
}

func redirectHome(w http.ResponseWriter, r *http.Request, address string) {
	target := url.URL{Path: "/" + trimSlashes(r.URL.Path), RawQuery: r.URL.RawQuery}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, address+target.RequestURI(), http.StatusPermanentRedirect)
}

func trimSlashes(path string) string {
	for len(path) > 0 && (path[0] == '/' || path[0] == '\\') {
		path = path[1:]
	}
	return path
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // whoever asked may have gone
}
