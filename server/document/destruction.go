package document

import (
	"context"
	"time"
)

// Destruction is the record of a document that nobody can read any more. It is
// written with the loss of the wrapped key, and kept as long as the journal.
type Destruction struct {
	Document, Bucket string
	Size             int64
	Why              State     // expired, deleted, quarantined or failed
	By               string    // id of the account; empty for the server itself
	Time             time.Time // when the key was destroyed
	Unlinked         time.Time // when the bytes were; zero until then
}

// Destructions keeps the records.
type Destructions interface {
	Add(ctx context.Context, d Destruction) error
	// Unlinked notes that a document's bytes are gone too.
	Unlinked(ctx context.Context, document string, at time.Time) error
	// Count is how many there ever were.
	Count(ctx context.Context) (int64, error)
	// Trim forgets those, and holds that ended, before a time.
	Trim(ctx context.Context, before time.Time) error
	List(ctx context.Context, limit int) ([]Destruction, error)
}

// record notes that a document has lost its key by going from one state to another.
func (s *Service) record(ctx context.Context, by string, before, after Document) error {
	if before.WrappedKey == "" || after.WrappedKey != "" {
		return nil
	}
	return s.Destructions.Add(ctx, Destruction{
		Document: before.ID, Bucket: before.Bucket, Size: before.Size, Why: after.State, By: by, Time: s.Now(),
	})
}

// TrimRecords forgets what the policy no longer keeps.
func (s *Service) TrimRecords(ctx context.Context) error {
	days := s.Config().Retention.JournalDays
	if days <= 0 {
		return nil
	}
	return s.Destructions.Trim(ctx, s.Now().AddDate(0, 0, -days))
}
