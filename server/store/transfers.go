package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"voute.dev/voute/server/document"
	"voute.dev/voute/server/seal"
)

// Transfers keeps uploads that can be resumed.
type Transfers struct{ *DB }

var _ document.Transfers = Transfers{}

const transferColumns = `document, metadata, recipients, header, length, received, progressed, uploads.expires`

// Add adds a transfer.
func (s Transfers) Add(ctx context.Context, t document.Transfer) error {
	recipients, err := json.Marshal(t.Recipients)
	if err == nil {
		_, err = s.exec(ctx, `INSERT INTO uploads (document, metadata, recipients, header, length, received, progressed, expires) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			t.Document, t.Metadata, string(recipients), t.Progress.Header, t.Progress.Size, t.Progress.Offset, stamp(t.Progressed), stamp(t.Expires))
	}
	if err == nil {
		err = s.addTail(ctx, t)
	}
	return transferError(t.Document, err)
}

// Find finds a transfer with its tail. Whoever goes by the tail holds the lease
// of the upload, so that both are of one moment.
func (s Transfers) Find(ctx context.Context, id string) (document.Transfer, error) {
	t, err := readTransfer(s.reader(ctx).QueryRowContext(ctx, `SELECT `+transferColumns+` FROM uploads WHERE document = ?`, id))
	if err == nil {
		t.Progress.Tail, err = s.tail(ctx, id)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return document.Transfer{}, document.ErrNotFound
	}
	return t, transferError(id, err)
}

// Advance replaces what has changed. A record of the tail that stays is not
// written again.
func (s Transfers) Advance(ctx context.Context, t document.Transfer, from int64) error {
	err := s.Within(ctx, func(ctx context.Context) error {
		n, err := s.exec(ctx, `UPDATE uploads SET (received, progressed, expires) = (?, ?, ?) WHERE document = ? AND received = ?`,
			t.Progress.Offset, stamp(t.Progressed), stamp(t.Expires), t.Document, from)
		if err != nil {
			return err
		}
		if n == 0 {
			return document.ErrChanged
		}
		if err := s.dropTail(ctx, t); err != nil {
			return err
		}
		return s.addTail(ctx, t)
	})
	return transferError(t.Document, err)
}

// dropTail removes the records that the transfer no longer has.
func (s Transfers) dropTail(ctx context.Context, t document.Transfer) error {
	stay := map[span]bool{}
	for _, record := range t.Progress.Tail {
		stay[span{record.Start, int64(len(record.Sealed))}] = true
	}
	spans, err := list(ctx, s.DB, readSpan, `SELECT start, length(sealed) FROM upload_tails WHERE document = ?`, t.Document)
	if err != nil {
		return err
	}
	for _, span := range spans {
		if stay[span] {
			continue
		}
		if _, err := s.exec(ctx, `DELETE FROM upload_tails WHERE document = ? AND start = ?`, t.Document, span.start); err != nil {
			return err
		}
	}
	return nil
}

// addTail adds the records that are not there yet.
func (s Transfers) addTail(ctx context.Context, t document.Transfer) error {
	for _, record := range t.Progress.Tail {
		_, err := s.exec(ctx, `INSERT INTO upload_tails (document, start, sealed) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, t.Document, record.Start, record.Sealed)
		if err != nil {
			return err
		}
	}
	return nil
}

// Remove forgets a transfer.
func (s Transfers) Remove(ctx context.Context, id string) error {
	_, err := s.exec(ctx, `DELETE FROM uploads WHERE document = ?`, id)
	return transferError(id, err)
}

// Of lists a person's transfers, the newest first.
func (s Transfers) Of(ctx context.Context, owner string) ([]document.Transfer, error) {
	return s.list(ctx, `JOIN documents ON id = document WHERE owner = ? ORDER BY created DESC, document`, owner)
}

// Abandoned lists those past their time, the longest first.
func (s Transfers) Abandoned(ctx context.Context, now time.Time, limit int) ([]document.Transfer, error) {
	return s.list(ctx, `WHERE expires <= ? ORDER BY expires, document LIMIT ?`, stamp(now), limit)
}

func (s Transfers) list(ctx context.Context, condition string, values ...any) ([]document.Transfer, error) {
	all, err := list(ctx, s.DB, readTransfer, `SELECT `+transferColumns+` FROM uploads `+condition, values...)
	if err != nil {
		return nil, fmt.Errorf("cannot list uploads: %w", err)
	}
	return all, nil
}

func (s Transfers) tail(ctx context.Context, id string) ([]seal.Record, error) {
	return list(ctx, s.DB, readRecord, `SELECT start, sealed FROM upload_tails WHERE document = ? ORDER BY start`, id)
}

func readTransfer(row scanner) (t document.Transfer, err error) {
	var progressed, expires int64
	var recipients string
	if err := row.Scan(&t.Document, &t.Metadata, &recipients, &t.Progress.Header, &t.Progress.Size, &t.Progress.Offset, &progressed, &expires); err != nil {
		return t, err
	}
	t.Progressed, t.Expires = moment(progressed), moment(expires)
	err = json.Unmarshal([]byte(recipients), &t.Recipients)
	return t, err
}

func readRecord(row scanner) (r seal.Record, err error) {
	err = row.Scan(&r.Start, &r.Sealed)
	return r, err
}

type span struct{ start, sealed int64 }

func readSpan(row scanner) (x span, err error) {
	err = row.Scan(&x.start, &x.sealed)
	return x, err
}

func transferError(id string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("upload %s: %w", id, err)
}
