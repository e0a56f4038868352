package web

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"
)

const policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// scriptPolicy lets the one page that has a script run it, and talk to this site.
const scriptPolicy = policy + "; script-src 'self'; connect-src 'self'"

// headers of every answer; an action may narrow its own further.
var headers = map[string]string{
	"Content-Security-Policy":      policy,
	"Strict-Transport-Security":    "max-age=31536000",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
	"Referrer-Policy":              "same-origin",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Permissions-Policy":           "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

// protect stands before every action: it sets the headers, refuses requests
// for another name and those that another site makes a browser send, catches
// panics, and logs.
func (s *Site) protect(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		s.fail(newRequest(s, w, hr), errCrossOrigin)
	}))
	checked := cross.Handler(next)
	return http.HandlerFunc(func(hw http.ResponseWriter, hr *http.Request) {
		w := newWriter(hw)
		w.await(hr)
		began := time.Now()
		defer s.log(w, hr, began)
		defer s.recover(w, hr)
		for name, value := range headers {
			w.Header().Set(name, value)
		}
		if !sameName(hr.Host, s.Config().Address) {
			s.fail(newRequest(s, w, hr), errMisdirected)
			return
		}
		checked.ServeHTTP(w, hr)
	})
}

// sameName compares names only: the port differs behind a forwarded one.
func sameName(host, address string) bool {
	public, err := url.Parse(address)
	if err != nil {
		return false
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.EqualFold(strings.Trim(host, "[]"), public.Hostname())
}

func (s *Site) recover(w *writer, hr *http.Request) {
	cause := recover()
	if cause == nil {
		return
	}
	if err, isError := cause.(error); isError && errors.Is(err, http.ErrAbortHandler) {
		panic(cause) // meant, and logged by who broke off
	}
	s.Log.Error("a request panicked", "pattern", hr.Pattern, "cause", cause, "stack", string(debug.Stack()))
	if w.status != 0 {
		panic(http.ErrAbortHandler) // half an answer must not look like a whole one
	}
	s.fail(newRequest(s, w, hr), errPanic)
}

// log names no path: it may hold a token.
func (s *Site) log(w *writer, hr *http.Request, began time.Time) {
	level := slog.LevelInfo
	if w.status >= 500 {
		level = slog.LevelWarn
	}
	s.Log.Log(hr.Context(), level, "request", "method", hr.Method, "route", w.pattern, "status", w.status, "bytes", w.bytes,
		"milliseconds", time.Since(began).Milliseconds(), "account", w.account, "protocol", hr.Proto)
}
