// Package vaultserver runs a real Vault in production mode for the length of a
// test: initialised, unsealed, with the transit engine at "transit".
package vaultserver

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"voute.dev/voute/server/certfile/certtest"
	"voute.dev/voute/test/program"
)

// Server is the running Vault.
type Server struct {
	// Address is https://127.0.0.1:<port>; its certificate's authority is in
	// CAFile and CAs.
	Address, CAFile string
	CAs             *x509.CertPool
	// RootToken may do everything.
	RootToken string

	unsealKey string
	start     func(testing.TB) *program.Process
	process   *program.Process
	http      *http.Client
}

// Start starts a Vault. The test is skipped where the program is missing.
func Start(t testing.TB) *Server {
	t.Helper()
	path := program.Tool(t, "vault")
	authority := certtest.New(t)
	pair := authority.Issue(t)
	address := program.FreeAddress(t)
	s := &Server{Address: "https://" + address, CAFile: authority.File, CAs: authority.Pool}
	s.http = &http.Client{
		Timeout:   time.Minute,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authority.Pool, MinVersion: tls.VersionTLS13}},
	}
	t.Cleanup(s.http.CloseIdleConnections)
	storage := t.TempDir()
	s.start = func(t testing.TB) *program.Process {
		return program.Start(t, path, "-listen", address, "-tls-cert", pair.CertFile, "-tls-key", pair.KeyFile, "-storage", storage)
	}
	s.run(t)
	s.initialise(t)
	return s
}

// run starts the program, and returns when it answers.
func (s *Server) run(t testing.TB) {
	t.Helper()
	s.process = s.start(t)
	s.process.Await(t, func() error {
		_, err := s.request(http.MethodGet, "sys/seal-status", "", nil, nil)
		return err
	})
}

func (s *Server) initialise(t testing.TB) {
	t.Helper()
	var made struct {
		Keys      []string `json:"keys_base64"`
		RootToken string   `json:"root_token"`
	}
	if _, err := s.request(http.MethodPut, "sys/init", "", map[string]int{"secret_shares": 1, "secret_threshold": 1}, &made); err != nil {
		t.Fatal(err)
	}
	s.unsealKey, s.RootToken = made.Keys[0], made.RootToken
	s.Unseal(t)
	s.Write(t, "sys/mounts/transit", map[string]string{"type": "transit"})
}

// Seal makes Vault refuse everything until Unseal.
func (s *Server) Seal(t testing.TB) {
	t.Helper()
	s.Write(t, "sys/seal", nil)
}

// Unseal brings Vault back, and returns when it serves.
func (s *Server) Unseal(t testing.TB) {
	t.Helper()
	if _, err := s.request(http.MethodPut, "sys/unseal", "", map[string]string{"key": s.unsealKey}, nil); err != nil {
		t.Fatal(err)
	}
	s.process.Await(t, func() error { return s.Check(t.Context()) })
}

// Stop ends the program; nothing listens on the address any more.
func (s *Server) Stop() { s.process.Stop() }

// Again starts the program anew after Stop, at the same address and with what
// it has stored, until the end of the test given. As in production it comes back
// sealed, until Unseal.
func (s *Server) Again(t testing.TB) {
	t.Helper()
	s.run(t)
}

// Check is no error while Vault serves.
func (s *Server) Check(context.Context) error {
	status, err := s.request(http.MethodGet, "sys/health", "", nil, nil)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("its health is %d", status)
	}
	return err
}

// Write asks for something that must succeed, as root.
func (s *Server) Write(t testing.TB, path string, body any) {
	t.Helper()
	if status := s.Do(t, s.RootToken, http.MethodPost, path, body, nil); status/100 != 2 {
		t.Fatalf("Vault answers POST %s with %d", path, status)
	}
}

// Do sends one request with a token and gives the status; a success's JSON is
// read into result, which may be nil.
func (s *Server) Do(t testing.TB, token, method, path string, body, result any) int {
	t.Helper()
	status, err := s.request(method, path, token, body, result)
	if err != nil {
		t.Fatal(err)
	}
	return status
}

func (s *Server) request(method, path, token string, body, result any) (int, error) {
	content, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	request, err := http.NewRequestWithContext(context.Background(), method, s.Address+"/v1/"+path, bytes.NewReader(content))
	if err != nil {
		return 0, err
	}
	request.Header.Set("X-Vault-Token", token)
	response, err := s.http.Do(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	if result == nil || response.StatusCode/100 != 2 {
		return response.StatusCode, nil
	}
	return response.StatusCode, json.NewDecoder(response.Body).Decode(result)
}

// DeleteKey deletes a transit key, as the operator does with a past bucket's.
func (s *Server) DeleteKey(t testing.TB, name string) {
	t.Helper()
	s.Write(t, "transit/keys/"+name+"/config", map[string]bool{"deletion_allowed": true})
	if status := s.Do(t, s.RootToken, http.MethodDelete, "transit/keys/"+name, nil, nil); status/100 != 2 {
		t.Fatalf("Vault answers the deletion of %s with %d", name, status)
	}
}
