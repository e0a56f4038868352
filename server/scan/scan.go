// Package scan asks an antivirus about a document's bytes. Only a clean
// verdict releases a document: an error is never a verdict.
package scan

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// ErrUnavailable means that no verdict was given: unreachable, busy, cut off.
// The document is not released and is tried again later.
var ErrUnavailable = errors.New("the antivirus does not answer")

// ErrSlow is an ErrUnavailable: the antivirus has the document and does not come
// to an end.
var ErrSlow = fmt.Errorf("%w in time", ErrUnavailable)

// Outcome is what the antivirus found.
type Outcome int

const (
	// NotScanned means that the antivirus looked at less than the whole
	// (a limit, an encrypted archive): not released.
	NotScanned Outcome = iota
	// Clean is the only outcome that releases a document.
	Clean
	// Infected means that a signature matched.
	Infected
)

// Limit is why the antivirus looked at less than the whole.
type Limit int

// The limits.
const (
	Other     Limit = iota // nested too deep, too many files, too much when unpacked
	Size                   // the document is too large
	Encrypted              // an archive or document under a password
)

// Verdict is an outcome with the signature or limit that led to it.
type Verdict struct {
	Outcome Outcome
	Detail  string
	Limit   Limit // of what is not scanned
}

// Scanner scans one stream at a time per call. Every implementation passes
// Contract (package scantest).
type Scanner interface {
	// Scan reads r to its end. The zero Verdict is never a release.
	Scan(ctx context.Context, r io.Reader) (Verdict, error)
	// Check tells whether the antivirus answers.
	Check(ctx context.Context) error
}
