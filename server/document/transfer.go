package document

import (
	"context"
	"errors"
	"fmt"
	"time"

	"voute.dev/voute/server/blob"
	"voute.dev/voute/server/journal"
	"voute.dev/voute/server/seal"
)

const (
	// KeptFor is how long an upload waits for its next bytes.
	KeptFor = 24 * time.Hour
	// OpenAtOnce is how many uploads one person may have open: each holds room.
	OpenAtOnce = 64
)

// Transfer is what is known, beside its document, of an upload that can be
// resumed. It ends when the document has arrived or is given up.
type Transfer struct {
	Document   string
	Metadata   string        // as the client gave it, for giving it back
	Recipients []string      // ids of accounts
	Progress   seal.Progress // what is acknowledged, and durable
	Progressed time.Time
	Expires    time.Time // when it is given up, unless bytes come
}

// Errors of uploads that callers tell apart.
var (
	ErrOffset   = errors.New("the bytes do not begin where the upload has come to")
	ErrBeyond   = errors.New("more bytes came than the upload was announced with")
	ErrChecksum = errors.New("the bytes do not have the checksum sent with them; nothing of them was kept")
	ErrPaused   = errors.New("the upload was interrupted; what has come is kept")
	ErrTaken    = errors.New("another request goes on with this upload")
	ErrStopping = errors.New("the server stops; uploads go on when it is back")
	ErrTooMany  = errors.New("too many uploads are open")
)

// Transfers keeps uploads that can be resumed. Every implementation passes
// Contract (package documenttest).
type Transfers interface {
	Add(ctx context.Context, t Transfer) error
	// Find is ErrNotFound for one that is over.
	Find(ctx context.Context, document string) (Transfer, error)
	// Advance saves how far a transfer has come, or refuses with ErrChanged one
	// that is not at offset from any more.
	Advance(ctx context.Context, t Transfer, from int64) error
	Remove(ctx context.Context, document string) error
	// Of lists a person's, the newest first, without their tails.
	Of(ctx context.Context, owner string) ([]Transfer, error)
	// Abandoned lists those past their time, without their tails.
	Abandoned(ctx context.Context, now time.Time, limit int) ([]Transfer, error)
}

// Begin opens an upload of as many bytes as announced: its room is reserved, its
// key exists, and nothing of it has come. Its expiry counts from now.
func (s *Service) Begin(ctx context.Context, by journal.Actor, u Upload, metadata string) (Transfer, error) {
	if err := s.Allowed(u); err != nil {
		return Transfer{}, err
	}
	d := s.draft(s.Config(), by.ID, u)
	key, err := s.Keys.Create(ctx, d.Bucket)
	if err != nil {
		return Transfer{}, fmt.Errorf("no data key for document %s: %w", d.ID, err)
	}
	clear(key.Plain)
	d.WrappedKey = key.Wrapped
	t := Transfer{Document: d.ID, Metadata: metadata, Recipients: u.Recipients, Progress: seal.Begin(u.Expected)}
	t.touch(s.Now(), d)
	return t, s.Within(ctx, func(ctx context.Context) error {
		open, err := s.Transfers.Of(ctx, by.ID)
		if err != nil {
			return err
		}
		if len(open) >= OpenAtOnce {
			return ErrTooMany
		}
		if _, err := s.admit(ctx, by, d, u.Expected); err != nil {
			return err
		}
		return s.Transfers.Add(ctx, t)
	})
}

// touch notes that bytes came, or the beginning. No upload outlives its document.
func (t *Transfer) touch(now time.Time, d Document) {
	t.Progressed, t.Expires = now, now.Add(KeptFor)
	if d.Expires.Before(t.Expires) {
		t.Expires = d.Expires
	}
}

// OpenUpload is one under way, or one that waits to be resumed.
type OpenUpload struct {
	Document
	Transfer
}

// Uploads lists what a person has begun to send.
func (s *Service) Uploads(ctx context.Context, owner string) ([]OpenUpload, error) {
	transfers, err := s.Transfers.Of(ctx, owner)
	var all []OpenUpload
	for _, t := range transfers {
		d, err := s.Documents.Find(ctx, t.Document)
		if errors.Is(err, ErrNotFound) || err == nil && (d.State != Receiving || !s.Now().Before(t.Expires)) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, OpenUpload{Document: d, Transfer: t})
	}
	return all, err
}

// Status is how far an upload has come.
type Status struct {
	Document Document
	Transfer Transfer
	Arrived  bool // it is over: the document has all its bytes
}

// look finds out how far an upload has come. Where the blob was committed and
// the server stopped before it could say so, it says so now.
func (s *Service) look(ctx context.Context, by journal.Actor, id string) (Status, error) {
	d, err := s.Documents.Find(ctx, id)
	if err != nil {
		return Status{}, err
	}
	if d.State != Receiving {
		return arrived(d, s.Now())
	}
	t, err := s.Transfers.Find(ctx, id)
	if err != nil {
		return Status{}, err
	}
	status := Status{Document: d, Transfer: t}
	if whole, err := s.committed(ctx, d, t); whole || err != nil {
		if err == nil {
			status, err = s.arrive(ctx, by, d, t, "")
		}
		return status, err
	}
	if !s.Now().Before(t.Expires) {
		return status, ErrOver
	}
	return status, nil
}

func arrived(d Document, now time.Time) (Status, error) {
	status := Status{Document: d, Arrived: true}
	status.Transfer.Progress = seal.Progress{Size: d.Size, Offset: d.Size}
	if d.Over(now) {
		return status, ErrOver
	}
	return status, nil
}

// committed tells whether the blob is there, which it is only when it is whole.
func (s *Service) committed(ctx context.Context, d Document, t Transfer) (bool, error) {
	from, err := s.Blobs.Open(ctx, d.Blob)
	if errors.Is(err, blob.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer func() { _ = from.Close() }()
	if from.Size() != seal.SealedSize(t.Progress.Size) {
		return false, fmt.Errorf("%w: the blob of upload %s has %d bytes; end the upload and send the document again", seal.ErrDamaged, d.ID, from.Size())
	}
	return true, nil
}

// arrive ends an upload whose blob is committed: from this transaction on the
// document waits for the antivirus.
func (s *Service) arrive(ctx context.Context, by journal.Actor, d Document, t Transfer, digest string) (Status, error) {
	if by.ID == "" {
		by.ID = d.Owner // the server found it: its sender has sent it all the same
	}
	d.Size, d.SHA256 = t.Progress.Size, digest
	if digest == "" {
		var err error
		if d.SHA256, err = s.digest(ctx, d); err != nil {
			return Status{}, err
		}
	}
	err := s.atomically(ctx, func(ctx context.Context) (err error) {
		if d, err = s.received(ctx, by, d, t.Recipients); err != nil {
			return err
		}
		return s.Transfers.Remove(ctx, d.ID)
	})
	if err != nil {
		return Status{}, err
	}
	s.sums.forget(d.ID)
	s.WakeScan()
	return arrived(d, s.Now())
}
