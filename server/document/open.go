package document

import (
	"context"
	"errors"
	"fmt"
	"io"

	"voute.dev/voute/server/blob"
	"voute.dev/voute/server/journal"
	"voute.dev/voute/server/seal"
)

// Content is the plain bytes of a document, from any position.
type Content struct {
	*seal.Reader
	from blob.Reader
}

// Close clears what was opened.
func (c *Content) Close() error { return errors.Join(c.Reader.Close(), c.from.Close()) }

// Open gives the bytes of an available document to a participant, and writes
// down that they were asked for.
func (s *Service) Open(ctx context.Context, by journal.Actor, id, portion string) (Document, *Content, error) {
	d, err := s.Find(ctx, by.ID, id)
	if err != nil {
		return d, nil, err
	}
	if !d.Readable(s.Now()) {
		return d, nil, ErrNotReady
	}
	content, err := s.open(ctx, d)
	if gone(err) {
		// Refused, and kept until it expires: a wrong path to Vault, or a Vault
		// restored from an old snapshot, gives the same answer, and nothing may
		// be lost by it.
		s.Log.Error("the key of a live document is gone: if its bucket was not closed on purpose, look at the path and the snapshot of the key service", "document", d.ID, "bucket", d.Bucket)
		return d, nil, ErrOver
	}
	if err != nil {
		return d, nil, err
	}
	if err := s.note(ctx, by, journal.DocumentDownloaded, id, portionOf(portion)); err != nil {
		return d, nil, errors.Join(err, content.Close())
	}
	return d, content, nil
}

func portionOf(portion string) journal.Detail {
	if portion == "" {
		return nil
	}
	return journal.Detail{"range": portion[:min(len(portion), 100)]}
}

// open is the only way to a document's bytes for anybody, the antivirus included.
func (s *Service) open(ctx context.Context, d Document) (*Content, error) {
	if !d.State.opens() {
		return nil, fmt.Errorf("document %s is %s: %w", d.ID, d.State, ErrNotReady)
	}
	return s.unseal(ctx, d)
}

// unseal also opens what has only just arrived, for its hash.
func (s *Service) unseal(ctx context.Context, d Document) (*Content, error) {
	key, err := s.Keys.Open(ctx, d.Bucket, d.WrappedKey)
	if err != nil {
		return nil, fmt.Errorf("no key for document %s: %w", d.ID, err)
	}
	defer clear(key)
	from, err := s.Blobs.Open(ctx, d.Blob)
	if err != nil {
		return nil, fmt.Errorf("no blob of document %s: %w", d.ID, err)
	}
	reader, err := seal.NewReader(from, from.Size(), key, d.ID)
	if err != nil {
		return nil, errors.Join(err, from.Close())
	}
	if reader.Size() != d.Size {
		err := fmt.Errorf("%w: document %s has %d bytes instead of %d", seal.ErrDamaged, d.ID, reader.Size(), d.Size)
		return nil, errors.Join(err, reader.Close(), from.Close())
	}
	return &Content{Reader: reader, from: from}, nil
}

var _ io.ReadSeeker = (*Content)(nil)
