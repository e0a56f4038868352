package document

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"voute.dev/voute/server/account"
	"voute.dev/voute/server/blob"
	"voute.dev/voute/server/config"
	"voute.dev/voute/server/journal"
	"voute.dev/voute/server/keys"
	"voute.dev/voute/server/outbox"
	"voute.dev/voute/server/scan"
)

// Letters writes what people are told of documents.
type Letters interface {
	Refused(a account.Account, document string, until time.Time) (outbox.Letter, error)
}

// Service is what may be done with documents.
type Service struct {
	Documents Repository
	Lists     Lists
	Transfers Transfers
	Sharing   Sharing
	Downloads Downloads
	Holds     Holds
	// Destructions are the records of what was shredded; Dues what is to be.
	Destructions Destructions
	Dues         Dues
	Accounts     account.Repository
	Journal      journal.Repository
	Outbox       outbox.Repository
	Letters      Letters
	Blobs        blob.Store
	Keys         keys.Keys
	Scanner      scan.Scanner
	Within       func(context.Context, func(context.Context) error) error
	Config       func() *config.Config
	WakeScan     func() // a document waits for the antivirus
	WakeMail     func() // the outbox has something
	Now          func() time.Time
	Log          *slog.Logger

	lanes lanes
	sums  sums
	swept atomic.Int64 // when the last sweep ended, in seconds
}

// Find gives a document to its sender and its recipients; for everybody else
// there is no such document. ErrOver, with the document, when its time is past.
func (s *Service) Find(ctx context.Context, reader, id string) (Document, error) {
	d, err := s.Documents.Find(ctx, id)
	if err != nil {
		return Document{}, err
	}
	if d.Owner != reader {
		shared, err := s.Sharing.Reads(ctx, id, reader)
		if err != nil {
			return Document{}, err
		}
		if !shared || d.State == Scanning || d.State == Quarantined || d.State == Failed {
			return Document{}, ErrNotFound
		}
	}
	if d.State == Receiving {
		return Document{}, ErrNotFound
	}
	if d.Over(s.Now()) {
		return d, ErrOver
	}
	return d, nil
}

// Sent lists what a person has sent and is not over.
func (s *Service) Sent(ctx context.Context, owner string) ([]Document, error) {
	return s.notOver(s.Lists.SentBy(ctx, owner))
}

// InQuarantine lists what is kept of infected documents, for pilots.
func (s *Service) InQuarantine(ctx context.Context) ([]Document, error) {
	return s.notOver(s.Lists.InQuarantine(ctx))
}

// Ahead tells, of documents that wait for the antivirus, how many came before each.
func (s *Service) Ahead(ctx context.Context) (map[string]int64, error) {
	queue, err := s.Lists.Queue(ctx)
	ahead := map[string]int64{}
	for i, id := range queue {
		ahead[id] = int64(i)
	}
	return ahead, err
}

// Received lists what a person may read now.
func (s *Service) Received(ctx context.Context, reader string) ([]Document, error) {
	all, err := s.notOver(s.Lists.SharedWith(ctx, reader, s.Now()))
	readable := all[:0]
	for _, d := range all {
		if d.State == Available {
			readable = append(readable, d)
		}
	}
	return readable, err
}

func (s *Service) notOver(all []Document, err error) ([]Document, error) {
	now, kept := s.Now(), all[:0]
	for _, d := range all {
		if !d.Over(now) {
			kept = append(kept, d)
		}
	}
	return kept, err
}

// Delete takes a document back before its time: unreadable at once.
func (s *Service) Delete(ctx context.Context, by journal.Actor, id string) error {
	var deleted Document
	err := s.Within(ctx, func(ctx context.Context) error {
		d, err := s.own(ctx, by.ID, id)
		if err != nil {
			return err
		}
		deleted, err = s.move(ctx, by, d, Delete, "")
		return err
	})
	if err != nil {
		return err
	}
	s.unlinkNow(ctx, deleted)
	return nil
}

// own finds a document for its sender only.
func (s *Service) own(ctx context.Context, owner, id string) (Document, error) {
	d, err := s.Find(ctx, owner, id)
	if err == nil && d.Owner != owner {
		return Document{}, ErrNotFound
	}
	return d, err
}

// move makes one transition and its journal line; the caller's transaction
// holds both, and whatever follows from them.
func (s *Service) move(ctx context.Context, by journal.Actor, d Document, e Event, detail string) (Document, error) {
	next, err := d.after(e, detail)
	if err != nil {
		return d, err
	}
	if err := s.keep(ctx, next, d.State); err != nil {
		return d, err
	}
	if err := s.record(ctx, by.ID, d, next); err != nil {
		return d, err
	}
	return next, s.note(ctx, by, kinds[e], d.ID, transition(d.State, next))
}

func (s *Service) keep(ctx context.Context, d Document, from State) error {
	switch {
	case from == Nothing:
		return s.Documents.Add(ctx, d)
	case d.State == Nothing:
		return s.Documents.Remove(ctx, d.ID)
	}
	return s.Documents.Save(ctx, d, from)
}

func transition(from State, d Document) journal.Detail {
	detail := journal.Detail{}
	for key, value := range map[string]string{"before": string(from), "after": string(d.State), "why": d.Detail} {
		if value != "" {
			detail[key] = value
		}
	}
	if d.State == Quarantined {
		detail["until"] = d.Expires.UTC().Format(time.RFC3339)
	}
	return detail
}

func (s *Service) note(ctx context.Context, by journal.Actor, kind journal.Kind, id string, detail journal.Detail) error {
	err := s.Journal.Append(ctx, journal.Entry{Time: s.Now(), Actor: by, Kind: kind, Object: id, Detail: detail})
	if err != nil {
		return fmt.Errorf("cannot write the journal line %s of document %s: %w", kind, id, err)
	}
	return nil
}

// atomically runs f in a transaction that ends as it will even if the caller
// goes away.
func (s *Service) atomically(ctx context.Context, f func(context.Context) error) error {
	return s.Within(context.WithoutCancel(ctx), f)
}

// gone tells whether the key service no longer has the key.
func gone(err error) bool {
	return errors.Is(err, keys.ErrGone) || errors.Is(err, keys.ErrPastBucket)
}
