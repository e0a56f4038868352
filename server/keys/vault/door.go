package vault

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode"

	"voute.dev/voute/server/keys"
)

const (
	maxAnswer = 64 << 10
	// noKey is what transit answers with status 400 when the named key does not exist.
	noKey = "encryption key not found"
)

// door sends one request to Vault and reads its answer.
type door struct {
	address *url.URL
	timeout time.Duration
	http    *http.Client
}

// answer is as much of Vault's answers as is used here. Plaintext is decoded
// from base64 and never a string, so that it can be cleared.
type answer struct {
	Auth struct {
		ClientToken   string `json:"client_token"`
		LeaseDuration int64  `json:"lease_duration"`
	} `json:"auth"`
	Data struct {
		Plaintext  []byte `json:"plaintext"`
		Ciphertext string `json:"ciphertext"`
	} `json:"data"`
}

// refusal is an answer that is not a success.
type refusal struct {
	status  int
	message string
}

func (r *refusal) Error() string {
	return fmt.Sprintf("Vault answered %d: %s", r.status, r.message)
}

// Unwrap gives the error that callers tell apart.
func (r *refusal) Unwrap() error {
	switch r.status {
	case http.StatusForbidden:
		return keys.ErrRefused
	case http.StatusBadRequest:
		return nil
	}
	// 503 is sealed, 429 and 412 ask for patience, 404 means that the mount
	// is not there yet, and 3xx comes from a standby that does not forward.
	return keys.ErrUnavailable
}

func (r *refusal) isNoKey() bool {
	return r.status == http.StatusBadRequest && strings.Contains(r.message, noKey)
}

// content makes the bytes of a request's body, anew for each time that they are sent.
type content func() ([]byte, error)

// sent is a body that is cleared once nobody reads it any more: it may hold a key.
// The transport closes it, from another goroutine than the one that reads.
type sent struct {
	mu    sync.Mutex
	bytes []byte
	rest  *bytes.Reader
}

func newSent(content []byte) *sent { return &sent{bytes: content, rest: bytes.NewReader(content)} }

// Read gives what is left.
func (s *sent) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rest.Read(p)
}

// Close clears the bytes.
func (s *sent) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.bytes)
	s.rest.Reset(nil)
	return nil
}

// post sends a request. Its errors hold neither the token nor the body.
func (d *door) post(ctx context.Context, token, path string, body content) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	first, err := body()
	if err != nil {
		return answer{}, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.address.JoinPath("v1", path).String(), newSent(first))
	if err != nil {
		return answer{}, err
	}
	request.ContentLength = int64(len(first))
	request.GetBody = func() (io.ReadCloser, error) { // an idle connection that Vault has closed is tried anew
		again, err := body()
		return newSent(again), err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Vault-Request", "true")
	if token != "" {
		request.Header.Set("X-Vault-Token", token)
	}
	response, err := d.http.Do(request)
	if err != nil {
		return answer{}, fmt.Errorf("%w: %w", keys.ErrUnavailable, err)
	}
	defer func() { _ = response.Body.Close() }()
	return read(response)
}

func read(response *http.Response) (answer, error) {
	content, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	defer clear(content)
	if err != nil {
		return answer{}, fmt.Errorf("%w: the answer broke off: %w", keys.ErrUnavailable, err)
	}
	if response.StatusCode/100 != 2 {
		return answer{}, &refusal{response.StatusCode, firstError(content)}
	}
	var a answer
	if len(content) > 0 && json.Unmarshal(content, &a) != nil {
		return answer{}, fmt.Errorf("%w: the answer is not Vault's", keys.ErrUnavailable)
	}
	return a, nil
}

// firstError is Vault's own explanation, short and on one line.
func firstError(content []byte) string {
	var a struct {
		Errors []string `json:"errors"`
	}
	if json.Unmarshal(content, &a) != nil || len(a.Errors) == 0 {
		return "no explanation"
	}
	line := strings.Join(strings.FieldsFunc(strings.Join(a.Errors, "; "), unicode.IsSpace), " ")
	return line[:min(len(line), 200)]
}
