package document

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"voute.dev/voute/server/blocklist"
	"voute.dev/voute/server/config"
	"voute.dev/voute/server/filename"
	"voute.dev/voute/server/journal"
	"voute.dev/voute/server/retention"
	"voute.dev/voute/server/secret"
)

// Upload is what is known of a document before its bytes arrive.
type Upload struct {
	Name       string
	Days       int      // 0: the default
	Recipients []string // ids of accounts
	Expected   int64    // at least so many bytes will come; 0 when not known
}

// Receive takes a document in: reserves room, seals the bytes as they come,
// and hands the document to the antivirus. Whatever goes wrong, nothing of the
// document is left.
func (s *Service) Receive(ctx context.Context, by journal.Actor, u Upload, body io.Reader) (Document, error) {
	d, err := s.announce(ctx, by, u)
	if err != nil {
		return Document{}, err
	}
	body, err = s.sniff(body)
	if err == nil {
		d, err = s.take(ctx, d, body)
	}
	if err == nil {
		err = s.atomically(ctx, func(ctx context.Context) error {
			d, err = s.received(ctx, by, d, u.Recipients)
			return err
		})
	}
	if err != nil {
		return Document{}, errors.Join(err, s.forget(ctx, by, d))
	}
	s.WakeScan()
	return d, nil
}

// Allowed tells whether an upload may begin, before anything is kept of it.
func (s *Service) Allowed(u Upload) error {
	c := s.Config()
	switch {
	case c.Uploads.Closed:
		return ErrClosed
	case u.Expected > c.Storage.MaxDocumentBytes:
		return ErrTooLarge
	case s.blocklist().Name(u.Name) != nil:
		return fmt.Errorf("%w: %w", ErrBlocked, s.blocklist().Name(u.Name))
	}
	_, err := s.policy().Days(u.Days)
	return err
}

func (s *Service) announce(ctx context.Context, by journal.Actor, u Upload) (Document, error) {
	if err := s.Allowed(u); err != nil {
		return Document{}, err
	}
	d := s.draft(s.Config(), by.ID, u)
	err := s.Within(ctx, func(ctx context.Context) (err error) {
		d, err = s.admit(ctx, by, d, u.Expected)
		return err
	})
	return d, err
}

// admit reserves a document's room.
func (s *Service) admit(ctx context.Context, by journal.Actor, d Document, bytes int64) (Document, error) {
	d, err := s.move(ctx, by, d, Begin, "")
	if err != nil {
		return d, err
	}
	return d, s.Documents.Reserve(ctx, d.ID, bytes, s.Config().Storage.QuotaBytes)
}

// blocklist is what the client does not want.
func (s *Service) blocklist() blocklist.List { return s.Config().Uploads.Blocklist() }

// sniff refuses what begins like a blocked type, before anything is kept of it.
// What begins otherwise when it has all come is found when it is scanned.
func (s *Service) sniff(body io.Reader) (io.Reader, error) {
	first := make([]byte, blocklist.FirstBytes)
	n, err := io.ReadFull(body, first)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		body = bytes.NewReader(nil) // it has come to its end
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	if err := s.blocklist().Content(first[:n]); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBlocked, err)
	}
	return io.MultiReader(bytes.NewReader(first[:n]), body), nil
}

func (s *Service) draft(c *config.Config, owner string, u Upload) Document {
	policy := retention.Of(c)
	days, err := policy.Days(u.Days)
	if err != nil {
		days = policy.DefaultDays // the policy has changed since it was allowed
	}
	id, now := secret.ID(), s.Now()
	expires := retention.Expiry(now, days, policy.Zone)
	return Document{
		ID: id, Owner: owner, Name: filename.Keep(u.Name), Created: now, Expires: expires,
		Bucket: policy.Bucket(expires), Blob: id, Reserved: u.Expected,
	}
}

// take seals the bytes into a blob of the document's id.
func (s *Service) take(ctx context.Context, d Document, body io.Reader) (Document, error) {
	key, err := s.Keys.Create(ctx, d.Bucket)
	if err != nil {
		return d, fmt.Errorf("no data key for document %s: %w", d.ID, err)
	}
	defer clear(key.Plain)
	w, err := s.Blobs.Create(ctx, d.Blob)
	if err != nil {
		return d, fmt.Errorf("cannot begin the blob of document %s: %w", d.ID, err)
	}
	defer func() { _ = w.Abort() }() // does nothing after Commit
	in := &intake{service: s, document: d.ID, reserved: d.Reserved, body: body, ctx: ctx}
	digest, err := in.seal(w, key.Plain)
	if err != nil {
		return d, err
	}
	if err := w.Commit(); err != nil {
		return d, fmt.Errorf("cannot keep the blob of document %s: %w", d.ID, err)
	}
	d.Size, d.SHA256, d.WrappedKey = in.count, digest, key.Wrapped
	return d, nil
}

// received makes the document one that waits for the antivirus.
func (s *Service) received(ctx context.Context, by journal.Actor, d Document, recipients []string) (Document, error) {
	d.Reserved = 0
	d.Scan = Scan{Next: s.Now(), Deadline: s.Now().Add(time.Duration(s.Config().Scanner.Deadline))}
	d, err := s.move(ctx, by, d, Arrive, "")
	if err != nil {
		return d, err
	}
	if len(recipients) == 0 {
		return d, nil
	}
	return d, s.Sharing.Offer(ctx, by, d, recipients)
}

// forget removes what an upload that did not arrive has left.
func (s *Service) forget(ctx context.Context, by journal.Actor, d Document) error {
	return s.abort(ctx, by, d, "")
}

// abort also tells why.
func (s *Service) abort(ctx context.Context, by journal.Actor, d Document, why string) error {
	ctx = context.WithoutCancel(ctx)
	defer s.sums.forget(d.ID)
	if err := s.Blobs.Remove(ctx, d.Blob); err != nil {
		return fmt.Errorf("cannot remove what is left of upload %s; it is removed at the next start: %w", d.ID, err)
	}
	return s.Within(ctx, func(ctx context.Context) error {
		now, err := s.Documents.Find(ctx, d.ID)
		if err == nil {
			_, err = s.move(ctx, by, now, Abandon, why)
		}
		return err
	})
}
