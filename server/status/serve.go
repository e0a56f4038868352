package status

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
)

var errNotPinned = errors.New("the client's key is not pinned in the configuration (operator.publicKeys)")

// TLS is the configuration of the status port: it shows the certificate given
// and lets in whoever holds the private key of a pinned public one. No
// authority and no name counts, only the key.
func TLS(certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error), pinned func() []string) *tls.Config {
	return &tls.Config{
		MinVersion:             tls.VersionTLS13,
		GetCertificate:         certificate,
		ClientAuth:             tls.RequireAnyClientCert,
		SessionTicketsDisabled: true, // a key that is no longer pinned must not come back on a ticket
		VerifyConnection: func(state tls.ConnectionState) error {
			return verify(state, pinned())
		},
	}
}

func verify(state tls.ConnectionState, pinned []string) error {
	if len(state.PeerCertificates) == 0 {
		return errNotPinned
	}
	shown := sha256.Sum256(state.PeerCertificates[0].RawSubjectPublicKeyInfo)
	match := 0
	for _, pin := range pinned {
		digest, err := base64.StdEncoding.DecodeString(pin)
		if err == nil {
			match |= subtle.ConstantTimeCompare(shown[:], digest)
		}
	}
	if match != 1 {
		return errNotPinned
	}
	return nil
}

// Only asks for the pin at each request: a connection may outlive it.
func Only(pinned func() []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS == nil || verify(*r.TLS, pinned()) != nil {
			w.Header().Set("Connection", "close")
			http.Error(w, errNotPinned.Error(), http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Handler answers GET /status and nothing else.
func Handler(report func(context.Context) (Report, error)) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Path, func(w http.ResponseWriter, r *http.Request) {
		answer, err := report(r.Context())
		if err != nil {
			http.Error(w, "the report cannot be made; see the server's log", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			return // the operator has gone and asks again
		}
	})
	return mux
}
