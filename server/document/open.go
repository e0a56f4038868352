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
		return d, nil, errors.Join(ErrOver, s.lapse(ctx, d))
	}
	if err != nil {
		return d, nil, err
	}
	if err := s.note(ctx, by, journal.DocumentDownloaded, id, portionOf(portion)); err != nil {
		return d, nil, errors.Join(err, content.Close())
	}
	return d, content, nil
}

// lapse ends a document whose key was destroyed before its time.
func (s *Service) lapse(ctx context.Context, d Document) error {
	s.Log.Warn("a document's key is gone before it expired: its bucket was closed early", "document", d.ID, "bucket", d.Bucket)
	var lapsed Document
	err := s.atomically(ctx, func(ctx context.Context) (err error) {
		lapsed, err = s.move(ctx, journal.Actor{}, d, Expired, "")
		return err
	})
	if err == nil {
		s.unlinkNow(ctx, lapsed)
	}
	return err
}

func portionOf(portion string) journal.Detail {
	if portion == "" {
		return nil
	}
	return journal.Detail{"range": portion[:min(len(portion), 100)]}
}

func (s *Service) open(ctx context.Context, d Document) (*Content, error) {
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
