package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"voute.dev/voute/server/document"
)

// Holds keeps legal holds.
type Holds struct{ *DB }

var _ document.Holds = Holds{}

// Place notes that a document is under hold.
func (s Holds) Place(ctx context.Context, h document.Hold) error {
	_, err := s.exec(ctx, `INSERT INTO holds (document, by_whom, reason, time, until) VALUES (?, ?, ?, ?, ?)`,
		h.Document, h.By, h.Reason, stamp(h.Time), stamp(h.Until))
	return holdError(h.Document, err)
}

// Lift ends a document's hold.
func (s Holds) Lift(ctx context.Context, id, by string, at time.Time) error {
	_, err := s.exec(ctx, `UPDATE holds SET lifted = ?, lifted_by = ? WHERE document = ? AND lifted = 0`, stamp(at), by, id)
	return holdError(id, err)
}

// InForce finds the hold that a document is under.
func (s Holds) InForce(ctx context.Context, id string) (*document.Hold, error) {
	h, err := readHold(s.reader(ctx).QueryRowContext(ctx, `SELECT document, by_whom, reason, time, until FROM holds WHERE document = ? AND lifted = 0`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &h, holdError(id, err)
}

func readHold(row scanner) (h document.Hold, err error) {
	var at, until int64
	err = row.Scan(&h.Document, &h.By, &h.Reason, &at, &until)
	h.Time, h.Until = moment(at), moment(until)
	return h, err
}

func holdError(id string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the legal hold of document %s: %w", id, err)
}

// withHold adds the hold to a document that is under one.
func (s Documents) withHold(ctx context.Context, d document.Document) (document.Document, error) {
	if !d.Held() {
		return d, nil
	}
	var err error
	d.Hold, err = Holds(s).InForce(ctx, d.ID)
	return d, err
}

func (s Documents) withHolds(ctx context.Context, all []document.Document) (_ []document.Document, err error) {
	for i := range all {
		if all[i], err = s.withHold(ctx, all[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}
