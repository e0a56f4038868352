package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"voute.dev/voute/server/journal"
)

// Journal keeps the journal. The database itself refuses to change a line, and
// to remove one that is not older than the anchor.
type Journal struct{ *DB }

var _ journal.Repository = Journal{}

const journalColumns = `number, time, actor, address, user_agent, referer, kind, object, detail, hash`

// Append adds a line after the last one.
func (s Journal) Append(ctx context.Context, e journal.Entry) error {
	err := s.Within(ctx, func(ctx context.Context) error {
		last, err := s.end(ctx)
		if err != nil {
			return err
		}
		e := e.Clean()
		e.Number = last.Number + 1
		e.Hash = e.Follow(last.Hash)
		return s.insert(ctx, e)
	})
	if err != nil {
		return fmt.Errorf("cannot write a line of the journal: %w", err)
	}
	return nil
}

func (s Journal) insert(ctx context.Context, e journal.Entry) error {
	detail, err := json.Marshal(e.Detail)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, `INSERT INTO journal (`+journalColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		e.Number, stamp(e.Time), e.Actor.ID, e.Actor.Address, e.Actor.UserAgent, e.Actor.Referer, string(e.Kind), e.Object, string(detail), e.Hash[:])
	return err
}

// end is where the chain ends.
func (s Journal) end(ctx context.Context) (journal.Anchor, error) {
	var last journal.Anchor
	err := s.reader(ctx).QueryRowContext(ctx, `SELECT number, hash FROM journal ORDER BY number DESC LIMIT 1`).Scan(&last.Number, hashOf{&last.Hash})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return s.Anchor(ctx)
	case err != nil || !last.Hash.IsZero():
		return last, err
	}
	return s.at(ctx, last.Number)
}

// at is the chain at a line. A line that an earlier version wrote carries no
// hash: it is had from the last one that does.
func (s Journal) at(ctx context.Context, number int64) (journal.Anchor, error) {
	at, err := s.known(ctx, number)
	if err != nil || at.Number == number {
		return at, err
	}
	found, err := journal.Verify(at, func(yield func(journal.Entry, error) bool) {
		for line, err := range journal.Lines(ctx, s, at.Number) {
			if line.Number > number || !yield(line, err) {
				return
			}
		}
	})
	return found.End, err
}

// known is the last line up to a number that carries a hash, or the anchor.
func (s Journal) known(ctx context.Context, number int64) (at journal.Anchor, err error) {
	err = s.reader(ctx).QueryRowContext(ctx, `SELECT number, hash FROM journal WHERE number <= ? AND hash IS NOT NULL ORDER BY number DESC LIMIT 1`, number).
		Scan(&at.Number, hashOf{&at.Hash})
	if errors.Is(err, sql.ErrNoRows) {
		return s.Anchor(ctx)
	}
	return at, err
}

// After lists lines with greater numbers.
func (s Journal) After(ctx context.Context, number int64, limit int) ([]journal.Entry, error) {
	all, err := list(ctx, s.DB, readEntry, `SELECT `+journalColumns+` FROM journal WHERE number > ? ORDER BY number LIMIT ?`, number, limit)
	if err != nil {
		return nil, fmt.Errorf("cannot read the journal: %w", err)
	}
	return all, nil
}

// Anchor is the last line that was removed.
func (s Journal) Anchor(ctx context.Context) (at journal.Anchor, err error) {
	err = s.reader(ctx).QueryRowContext(ctx, `SELECT number, hash FROM journal_anchor`).Scan(&at.Number, hashOf{&at.Hash})
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return at, fmt.Errorf("cannot read the anchor of the journal: %w", err)
	}
	return at, nil
}

// Cut moves the anchor on, and removes what is before it: nothing else lets the
// database remove a line.
func (s Journal) Cut(ctx context.Context, before time.Time, limit int) (removed int64, err error) {
	err = s.Within(ctx, func(ctx context.Context) error {
		through, err := s.through(ctx, before, limit)
		if err != nil || through == 0 {
			return err
		}
		anchor, err := s.at(ctx, through)
		if err != nil {
			return err
		}
		_, err = s.exec(ctx, `INSERT INTO journal_anchor (only_one, number, hash) VALUES (1, ?1, ?2)
			ON CONFLICT (only_one) DO UPDATE SET number = ?1, hash = ?2`, anchor.Number, anchor.Hash[:])
		if err != nil {
			return err
		}
		removed, err = s.exec(ctx, `DELETE FROM journal WHERE number <= ?`, anchor.Number)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("cannot shorten the journal: %w", err)
	}
	return removed, nil
}

// through is the last of the oldest lines that are all older; 0 if there is none.
func (s Journal) through(ctx context.Context, before time.Time, limit int) (number int64, err error) {
	err = s.reader(ctx).QueryRowContext(ctx, `SELECT coalesce(max(number), 0) FROM (SELECT number FROM journal
		WHERE number < coalesce((SELECT number FROM journal WHERE time >= ? ORDER BY number LIMIT 1), 9223372036854775807)
		ORDER BY number LIMIT ?)`, stamp(before), limit).Scan(&number)
	return number, err
}

func readEntry(row scanner) (e journal.Entry, err error) {
	var time int64
	var detail string
	err = row.Scan(&e.Number, &time, &e.Actor.ID, &e.Actor.Address, &e.Actor.UserAgent, &e.Actor.Referer, &e.Kind, &e.Object, &detail, hashOf{&e.Hash})
	if err != nil {
		return e, err
	}
	e.Time = moment(time)
	return e, json.Unmarshal([]byte(detail), &e.Detail)
}

// hashOf reads a hash, or none.
type hashOf struct{ into *journal.Hash }

func (h hashOf) Scan(value any) error {
	*h.into = journal.Hash{}
	switch value := value.(type) {
	case nil:
		return nil
	case []byte:
		if len(value) == len(h.into) {
			copy(h.into[:], value)
			return nil
		}
	}
	return errors.New("a hash of the journal has not its length")
}
