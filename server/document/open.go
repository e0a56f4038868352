package document

import (
	"context"
	"errors"
	"fmt"
	"io"

	"voute.dev/voute/server/blob"
	"voute.dev/voute/server/journal"
	"voute.dev/voute/server/keys"
	"voute.dev/voute/server/seal"
)

// Content is the plain bytes of a document, from any position.
type Content struct {
	*seal.Reader
	from blob.Reader
}

// Close clears what was opened.
func (c *Content) Close() error { return errors.Join(c.Reader.Close(), c.from.Close()) }

// Part is what somebody asks for of a document.
type Part struct {
	From, Length int64
	Silent       bool // the sender who wants to know of downloads knows already
}

// Whole tells whether it is all of a document of a size.
func (p Part) Whole(size int64) bool { return p.From == 0 && p.Length >= size }

// Open gives the bytes of an available document to a participant. It counts as
// a download, and is written down, in one transaction.
func (s *Service) Open(ctx context.Context, by journal.Actor, id string, p Part) (Document, *Content, error) {
	d, err := s.Find(ctx, by.ID, id)
	if err != nil {
		return d, nil, err
	}
	if !d.Readable(s.Now()) {
		return d, nil, ErrNotReady
	}
	content, err := s.open(ctx, d)
	if lost(err) {
		// It may come back: a wrong path to Vault, or a Vault restored from an old
		// snapshot, gives the same answer as one in which the key was destroyed. When
		// its bucket is closed, a document has expired and is not looked for.
		s.Log.Error("the key of a live document is not to be had: if its bucket was not closed on purpose, look at the path and the snapshot of the key service", "document", d.ID, "bucket", d.Bucket)
		return d, nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	if err != nil {
		return d, nil, err
	}
	content.Until(p.From + p.Length)
	if err := s.Within(ctx, func(ctx context.Context) error { return s.download(ctx, by, d, p) }); err != nil {
		return d, nil, errors.Join(err, content.Close())
	}
	return d, content, nil
}

// download counts and writes down that a part of a document was asked for.
func (s *Service) download(ctx context.Context, by journal.Actor, d Document, p Part) error {
	detail := journal.Detail{}
	if !p.Whole(d.Size) {
		detail["range"] = fmt.Sprintf("%d-%d", p.From, p.From+p.Length-1)
	}
	if by.ID != d.Owner {
		share, err := s.Sharing.Take(ctx, by, d, p)
		if err != nil {
			return err
		}
		detail["share"] = share
	}
	return s.note(ctx, by, journal.DocumentDownloaded, d.ID, detail)
}

// lost tells whether the key service answers, and has no key that opens this.
func lost(err error) bool { return gone(err) || errors.Is(err, keys.ErrDamaged) }

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
