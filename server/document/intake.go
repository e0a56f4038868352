package document

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"voute.dev/voute/server/seal"
)

// step is by how much a reservation grows at a time: few transactions, and
// little room held that may not be used.
const step = 32 << 20

// intake counts the bytes of one upload as they arrive and keeps the
// reservation ahead of them.
type intake struct {
	ctx      context.Context
	service  *Service
	document string
	body     io.Reader
	count    int64
	reserved int64
}

// seal takes in all of the body, sealed, and returns the SHA-256 of the plain bytes.
func (in *intake) seal(w io.Writer, key []byte) (string, error) {
	sealed, err := seal.NewWriter(w, key, in.document)
	if err != nil {
		return "", err
	}
	defer sealed.Discard() // does nothing after Close
	sum := sha256.New()
	if _, err := sealed.ReadFrom(hashing{from: in, into: []hash.Hash{sum}}); err != nil {
		return "", fmt.Errorf("cannot take in document %s: %w", in.document, err)
	}
	if err := sealed.Close(); err != nil {
		return "", fmt.Errorf("cannot seal the end of document %s: %w", in.document, err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// Read reserves room for bytes before it hands them on.
func (in *intake) Read(p []byte) (int, error) {
	n, err := in.body.Read(p)
	in.count += int64(n)
	if refusal := in.admit(); refusal != nil {
		return 0, refusal
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return n, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return n, err
}

func (in *intake) admit() error {
	c := in.service.Config()
	if in.count > c.Storage.MaxDocumentBytes {
		return ErrTooLarge
	}
	if in.count <= in.reserved {
		return nil
	}
	err := in.reserve(in.count+step, c.Storage.QuotaBytes)
	if errors.Is(err, ErrQuota) {
		err = in.reserve(in.count, c.Storage.QuotaBytes)
	}
	return err
}

func (in *intake) reserve(bytes, quota int64) error {
	if err := in.service.Documents.Reserve(in.ctx, in.document, bytes, quota); err != nil {
		return err
	}
	in.reserved = bytes
	return nil
}
