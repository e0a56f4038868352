package document

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"voute.dev/voute/server/blob"
	"voute.dev/voute/server/journal"
	"voute.dev/voute/server/seal"
)

// Within one request what has come is saved at the end of a segment, when so
// many bytes have come since the last time or, on a slow line, so much time has
// passed: a server that is killed loses no more. A test has less.
var checkpoint int64 = 64 * seal.SegmentSize

const checkpointTime = time.Minute

// Chunk is what one request brings.
type Chunk struct {
	Offset int64 // of its first byte in the document
	Body   io.Reader
	// Digest, when set, must come to Sum over the whole chunk before any of it
	// is kept.
	Digest hash.Hash
	Sum    []byte
}

// Append takes in what a request brings. What has come before the body broke
// off is kept too, but for a chunk with a checksum. What the answer tells is
// durable.
func (l *Lease) Append(by journal.Actor, c Chunk) (Status, error) {
	status, err := l.Status(by)
	if err != nil {
		return status, err
	}
	if c.Offset != status.Transfer.Progress.Offset {
		return status, ErrOffset
	}
	if status.Arrived {
		return status, beyond(c.Body)
	}
	a, err := l.resume(status)
	if err != nil {
		return status, l.why(err)
	}
	defer a.end()
	return a.append(by, c)
}

// appending is one request's way from its body to the blob.
type appending struct {
	lease    *Lease
	document Document
	transfer Transfer // as it is saved
	blob     blob.Writer
	sealed   *seal.Writer
	sum      hash.Hash // of all that has come, or nil when it is not known
	at       int64
	saved    time.Time
	fault    error // why nothing more can be saved
}

// resume opens the key for as long as it takes to make a cipher of it.
func (l *Lease) resume(from Status) (*appending, error) {
	s, d, progress := l.service, from.Document, from.Transfer.Progress
	key, err := s.Keys.Open(l.ctx, d.Bucket, d.WrappedKey)
	if gone(err) {
		return nil, ErrOver
	}
	if err != nil {
		return nil, fmt.Errorf("no key for document %s: %w", d.ID, err)
	}
	defer clear(key)
	out, err := s.Blobs.Resume(l.ctx, d.Blob, progress.Written())
	if err != nil {
		return nil, l.lost(fmt.Errorf("cannot go on with the blob of upload %s: %w", d.ID, err))
	}
	sealed, err := seal.Resume(out, key, d.ID, progress)
	if err != nil {
		return nil, l.lost(errors.Join(err, out.Close()))
	}
	return &appending{
		lease: l, document: d, transfer: from.Transfer, blob: out, sealed: sealed,
		sum: s.sums.take(d.ID, progress.Offset), at: progress.Offset, saved: s.Now(),
	}, nil
}

// lost ends an upload whose acknowledged bytes are not what or where they were,
// as on a volume that was restored without its database: nobody can go on with it.
func (l *Lease) lost(err error) error {
	if errors.Is(err, blob.ErrShort) || errors.Is(err, seal.ErrDamaged) {
		l.service.Log.Error("an upload cannot go on and has to begin again: look at the volume and what it was restored from", "document", l.document, "error", err)
		return ErrOver
	}
	return err
}

// end lets go; after the end of the document it does nothing.
func (a *appending) end() {
	a.sealed.Discard()
	_ = a.blob.Close() // what was not synced is not counted on
}

func (a *appending) append(by journal.Actor, c Chunk) (Status, error) {
	before := clone(a.sum)
	err := a.take(c)
	switch {
	case a.fault != nil: // a disk that is full, for example: what is saved stays
		return a.status(), a.fault
	case c.Digest != nil && (err != nil || !bytes.Equal(c.Digest.Sum(nil), c.Sum)):
		a.lease.service.sums.keep(a.document.ID, a.transfer.Progress.Offset, before)
		if err == nil {
			err = ErrChecksum
		}
		return a.status(), err
	case errors.Is(err, ErrBeyond):
		return a.status(), err
	case a.at == a.transfer.Progress.Size:
		return a.finish(by)
	}
	err = errors.Join(err, a.save())
	return a.status(), err
}

func (a *appending) status() Status {
	return Status{Document: a.document, Transfer: a.transfer}
}

func clone(h hash.Hash) hash.Hash {
	if h, ok := h.(hash.Cloner); ok {
		if copied, err := h.Clone(); err == nil {
			return copied
		}
	}
	return nil
}

// take reads straight into the segment that is being filled, where it is
// hashed, and saves now and then.
func (a *appending) take(c Chunk) error {
	body, size := hashing{from: c.Body, into: []hash.Hash{a.sum, c.Digest}}, a.transfer.Progress.Size
	for a.at < size {
		stop := min(size, (a.at/seal.SegmentSize+1)*seal.SegmentSize)
		n, err := a.sealed.ReadFrom(io.LimitReader(body, stop-a.at))
		a.at += n
		switch {
		case a.sealed.Err() != nil:
			a.fault = fmt.Errorf("cannot take in upload %s: %w", a.document.ID, err)
			return a.fault
		case err != nil:
			return a.lease.why(fmt.Errorf("%w: %w", ErrPaused, err))
		case a.at < stop:
			return nil // the chunk ends here
		case a.at == size:
			return beyond(c.Body)
		}
		if c.Digest != nil || !a.due() {
			continue
		}
		if err := a.save(); err != nil {
			return err
		}
	}
	return beyond(c.Body)
}

// due tells whether it is time to save.
func (a *appending) due() bool {
	return a.at-a.transfer.Progress.Offset >= checkpoint || a.lease.service.Now().Sub(a.saved) >= checkpointTime
}

// beyond refuses a body that goes on after the document's last byte. One that
// breaks off there has brought all.
func beyond(body io.Reader) error {
	var more [1]byte
	if n, _ := io.ReadFull(body, more[:]); n > 0 {
		return ErrBeyond
	}
	return nil
}

// save makes durable what has come. It happens even if whoever sent it is gone.
// Once it has failed, the disk may have forgotten what it was told to write: it
// is not asked again, and the bytes have to come again.
func (a *appending) save() error {
	if a.at > a.transfer.Progress.Offset {
		a.fault = a.advance()
	}
	if a.fault == nil {
		a.lease.service.sums.keep(a.document.ID, a.at, clone(a.sum))
	}
	return a.fault
}

// advance writes the bytes first, and then how many they are.
func (a *appending) advance() error {
	s, from, next := a.lease.service, a.transfer.Progress, a.transfer
	progress, err := a.sealed.Progress()
	if err != nil {
		return err
	}
	if progress.Written() > from.Written() {
		if err := a.blob.Sync(); err != nil {
			return err
		}
	}
	next.Progress = progress
	next.touch(s.Now(), a.document)
	err = s.atomically(a.lease.ctx, func(ctx context.Context) error {
		return s.Transfers.Advance(ctx, next, from.Offset)
	})
	if err != nil {
		return fmt.Errorf("cannot save how far upload %s has come: %w", a.document.ID, err)
	}
	a.transfer, a.saved = next, next.Progressed
	return nil
}

// finish makes a document of what has come: the blob first, so that a server
// that stops in between finds it whole.
func (a *appending) finish(by journal.Actor) (Status, error) {
	if err := a.sealed.Close(); err != nil {
		return a.status(), fmt.Errorf("cannot seal the end of document %s: %w", a.document.ID, err)
	}
	if err := a.blob.Commit(); err != nil {
		return a.status(), fmt.Errorf("cannot keep the blob of document %s: %w", a.document.ID, err)
	}
	digest := ""
	if a.sum != nil {
		digest = hex.EncodeToString(a.sum.Sum(nil))
	}
	return a.lease.service.arrive(context.WithoutCancel(a.lease.ctx), by, a.document, a.transfer, digest)
}
