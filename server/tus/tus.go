// Package tus reads and writes the headers of the resumable upload protocol
// tus 1.0: core, creation, creation-with-upload, termination, expiration and
// checksum. It knows nothing of documents; what it takes in is text, and what it
// gives out has been checked.
//
//	POST    Upload-Length, Upload-Metadata [, Upload-Checksum]   Creation
//	PATCH   Upload-Offset, Content-Type [, Upload-Checksum]      Chunk
//	HEAD    answered with Upload-Offset, Upload-Length           State
//	OPTIONS answered with what the server can do                 Offer
package tus

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Version is the only one spoken.
const Version = "1.0.0"

// Extensions are those that the server has.
const Extensions = "creation,creation-with-upload,termination,expiration,checksum"

// MediaType is that of a chunk.
const MediaType = "application/offset+octet-stream"

// StatusChecksumMismatch is the protocol's own.
const StatusChecksumMismatch = 460

const (
	largestMetadata = 8 << 10
	mostPairs       = 64
)

// Error is a request that does not keep to the protocol: its status, and why.
type Error struct {
	Status int
	Text   string
}

func (e *Error) Error() string { return e.Text }

func malformed(text string) error { return &Error{http.StatusBadRequest, text} }

// Creation is what a request asks for that opens an upload.
type Creation struct {
	Length   int64
	Metadata Metadata
	Given    string // the metadata as it was given
}

// CheckVersion refuses a client that speaks another version. OPTIONS asks for
// none.
func CheckVersion(h http.Header) error {
	if got := h.Get("Tus-Resumable"); got != Version {
		return &Error{http.StatusPreconditionFailed, "Tus-Resumable must be " + Version}
	}
	return nil
}

// ReadCreation reads the headers of a POST.
func ReadCreation(h http.Header, largest int64) (c Creation, err error) {
	if h.Get("Upload-Defer-Length") != "" {
		return c, malformed("Upload-Defer-Length is not taken: room is reserved when an upload begins; send Upload-Length")
	}
	if c.Length, err = number(h, "Upload-Length"); err != nil {
		return c, err
	}
	if c.Length > largest {
		return c, &Error{http.StatusRequestEntityTooLarge, "Upload-Length is above Tus-Max-Size, " + strconv.FormatInt(largest, 10)}
	}
	c.Given = h.Get("Upload-Metadata")
	c.Metadata, err = ParseMetadata(c.Given)
	return c, err
}

// ReadOffset reads the headers of a PATCH.
func ReadOffset(h http.Header) (int64, error) {
	if !HasChunk(h) {
		return 0, &Error{http.StatusUnsupportedMediaType, "Content-Type must be " + MediaType}
	}
	return number(h, "Upload-Offset")
}

// HasChunk tells whether a body is bytes of the upload.
func HasChunk(h http.Header) bool { return h.Get("Content-Type") == MediaType }

// number reads a header that must be there once, in decimal digits alone.
func number(h http.Header, name string) (int64, error) {
	values := h.Values(name)
	if len(values) != 1 {
		return 0, malformed(name + " must be there once")
	}
	text := values[0]
	if text == "" || len(text) > 18 || strings.Trim(text, "0123456789") != "" {
		return 0, malformed(name + " must be a number of bytes")
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, malformed(name + " must be a number of bytes")
	}
	return n, nil
}

// Method is what a request means: a client behind a proxy that lets only POST
// pass says it in a header.
func Method(r *http.Request) string {
	if override := r.Header.Get("X-HTTP-Method-Override"); override != "" && r.Method == http.MethodPost {
		return override
	}
	return r.Method
}

// Offer writes what the server can do.
func Offer(h http.Header, largest int64) {
	h.Set("Tus-Version", Version)
	h.Set("Tus-Extension", Extensions)
	h.Set("Tus-Checksum-Algorithm", strings.Join(Algorithms(), ","))
	h.Set("Tus-Max-Size", strconv.FormatInt(largest, 10))
}

// State is how far an upload has come. An upload that does not expire has no
// time.
type State struct {
	Offset, Length int64
	Expires        time.Time
}

// Write writes the state into an answer; the length only where it is asked for.
func (s State) Write(h http.Header) {
	h.Set("Upload-Offset", strconv.FormatInt(s.Offset, 10))
	if !s.Expires.IsZero() {
		h.Set("Upload-Expires", s.Expires.UTC().Format(http.TimeFormat))
	}
}

// WriteLength also tells how long the whole is, and what was said of it.
func (s State) WriteLength(h http.Header, metadata string) {
	h.Set("Upload-Length", strconv.FormatInt(s.Length, 10))
	if metadata != "" {
		h.Set("Upload-Metadata", metadata)
	}
}
