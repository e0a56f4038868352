package share

import (
	"context"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"voute.dev/voute/server/account"
	"voute.dev/voute/server/config"
	"voute.dev/voute/server/document"
	"voute.dev/voute/server/journal"
	"voute.dev/voute/server/outbox"
	"voute.dev/voute/server/retention"
	"voute.dev/voute/server/secret"
)

const (
	// LongestMessage is in characters.
	LongestMessage = 2000
	// LargestLimit is how many downloads a limit may allow.
	LargestLimit = 1000
	// MostDocuments is how many one share may have.
	MostDocuments = 100

	shown  = 200                 // shares in a list
	atOnce = 100                 // shares ended at a time
	kept   = 30 * 24 * time.Hour // after their end
)

// Letters writes what people are told of shares.
type Letters interface {
	Shared(a account.Account, sender, link string, documents int, until time.Time) (outbox.Letter, error)
	Reminder(a account.Account, sender, link string, until time.Time) (outbox.Letter, error)
	Downloaded(a account.Account, reader, share string, until time.Time) (outbox.Letter, error)
}

// Service is what may be done with shares.
type Service struct {
	Shares    Repository
	Lists     Lists
	Ledger    Ledger
	Documents *document.Service
	Accounts  account.Repository
	Journal   journal.Repository
	Outbox    outbox.Repository
	Letters   Letters
	Within    func(context.Context, func(context.Context) error) error
	Config    func() *config.Config
	WakeMail  func()
	Now       func() time.Time
}

// New is a share that is to be made.
type New struct {
	Documents  []string
	Recipients []string // ids of accounts
	Message    string
	Days       int // 0: as long as its documents
	Limit      int
	Notify     bool
}

// Create makes a share of documents of one's own, and tells its recipients, at
// once or when the antivirus has released what it has to look at.
func (s *Service) Create(ctx context.Context, by journal.Actor, n New) (made Share, err error) {
	defer s.WakeMail()
	err = s.Within(ctx, func(ctx context.Context) error {
		documents, err := s.shareable(ctx, by.ID, n.Documents)
		if err != nil {
			return err
		}
		made, err = s.draft(by.ID, n, documents)
		if err != nil {
			return err
		}
		return s.add(ctx, by, made)
	})
	return made, err
}

// shareable finds documents that somebody may share.
func (s *Service) shareable(ctx context.Context, owner string, ids []string) (all []document.Document, err error) {
	seen := map[string]bool{}
	for _, id := range ids {
		if seen[id] {
			continue
		}
		seen[id] = true
		d, err := s.Documents.Find(ctx, owner, id)
		switch {
		case err != nil:
			return nil, err
		case d.Owner != owner:
			return nil, document.ErrNotFound
		case !d.Kept():
			return nil, document.ErrNotReady
		}
		all = append(all, d)
	}
	if len(all) == 0 || len(all) > MostDocuments {
		return nil, ErrNothing
	}
	return all, nil
}

func (s *Service) draft(owner string, n New, documents []document.Document) (Share, error) {
	now := s.Now()
	made := Share{ID: secret.ID(), Owner: owner, Message: n.Message, Created: now, Limit: n.Limit, Notify: n.Notify}
	switch {
	case utf8.RuneCountInString(n.Message) > LongestMessage || !utf8.ValidString(n.Message):
		return made, ErrMessage
	case n.Limit < 0 || n.Limit > LargestLimit:
		return made, ErrLimit
	case len(n.Recipients) == 0:
		return made, ErrNobody
	}
	for _, d := range documents {
		made.Documents = append(made.Documents, d.ID)
	}
	for _, reader := range n.Recipients {
		made.Recipients = append(made.Recipients, Recipient{Account: reader, Added: now})
	}
	var err error
	made.Expires, err = s.end(n.Days, made, documents)
	return made, err
}

// end is when a share ends that is to last some days from now: within the
// policy, and not after the last of its documents.
func (s *Service) end(days int, share Share, documents []document.Document) (time.Time, error) {
	if days == 0 {
		return time.Time{}, nil
	}
	if days < 1 || days > s.Config().Retention.MaxDays {
		return time.Time{}, ErrEnd
	}
	share.Expires = retention.Expiry(s.Now(), days, s.Config().Location())
	return share.ends(documents), nil
}

// add keeps a share, writes its journal lines, and tells whom it concerns.
func (s *Service) add(ctx context.Context, by journal.Actor, made Share) error {
	if err := s.Shares.Add(ctx, made); err != nil {
		return err
	}
	detail := journal.Detail{"documents": strconv.Itoa(len(made.Documents)), "recipients": strconv.Itoa(len(made.Recipients))}
	if !made.Expires.IsZero() {
		detail["until"] = instant(made.Expires)
	}
	if made.Limit > 0 {
		detail["limit"] = strconv.Itoa(made.Limit)
	}
	if err := s.note(ctx, by, journal.ShareCreated, made.ID, detail); err != nil {
		return err
	}
	if err := s.noteReaders(ctx, by, made, made.Recipients); err != nil {
		return err
	}
	return s.tell(ctx, made)
}

// noteReaders writes a line for each document that somebody may now read.
func (s *Service) noteReaders(ctx context.Context, by journal.Actor, share Share, readers []Recipient) error {
	for _, id := range share.Documents {
		for _, r := range readers {
			if err := s.note(ctx, by, journal.DocumentShared, id, journal.Detail{"with": r.Account, "share": share.ID}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) note(ctx context.Context, by journal.Actor, kind journal.Kind, id string, detail journal.Detail) error {
	err := s.Journal.Append(ctx, journal.Entry{Time: s.Now(), Actor: by, Kind: kind, Object: id, Detail: detail})
	if err != nil {
		return fmt.Errorf("cannot write the journal line %s of share %s: %w", kind, id, err)
	}
	return nil
}

func instant(t time.Time) string {
	if t.IsZero() {
		return "as its documents"
	}
	return t.UTC().Format(time.RFC3339)
}

// Sent lists the shares that somebody has made, ended ones too for a while.
func (s *Service) Sent(ctx context.Context, owner string) ([]Share, error) {
	return s.Lists.By(ctx, owner, shown)
}

// Received lists the shares that somebody may read.
func (s *Service) Received(ctx context.Context, reader string) ([]Share, error) {
	return s.Lists.With(ctx, reader, s.Now(), shown)
}

// Find gives a share to its owner, and to its recipients while it stands; for
// everybody else there is no such share.
func (s *Service) Find(ctx context.Context, person, id string) (Share, error) {
	found, err := s.Shares.Find(ctx, id)
	switch {
	case err != nil:
		return Share{}, err
	case found.Owner == person:
		return found, nil
	case !found.For(person):
		return Share{}, ErrNotFound
	case !found.Stands(s.Now()):
		return Share{}, ErrOver
	}
	return found, nil
}

// Contents are the documents of a share that somebody may see: its owner all
// that are not over, its recipients what they may read now.
func (s *Service) Contents(ctx context.Context, person string, share Share) (all []document.Document, err error) {
	documents, err := s.documents(ctx, share)
	for _, d := range documents {
		if d.Readable(s.Now()) || share.Owner == person && !d.Over(s.Now()) {
			all = append(all, d)
		}
	}
	return all, err
}

func (s *Service) documents(ctx context.Context, share Share) (all []document.Document, err error) {
	for _, id := range share.Documents {
		d, err := s.Documents.Documents.Find(ctx, id)
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}
