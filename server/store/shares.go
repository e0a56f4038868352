package store

import (
	"context"
	"fmt"

	"voute.dev/voute/server/document"
)

// Shares keeps who may read what.
type Shares struct{ *DB }

var _ document.Shares = Shares{}

// Put adds a share, and tells whether it is new.
func (s Shares) Put(ctx context.Context, x document.Share) (bool, error) {
	n, err := s.exec(ctx, `INSERT INTO shares (document, account, by_whom, time) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		x.Document, x.Account, x.By, stamp(x.Time))
	return n == 1, shareError(x.Document, err)
}

// Of lists the shares of a document in the order they were made.
func (s Shares) Of(ctx context.Context, id string) ([]document.Share, error) {
	all, err := list(ctx, s.DB, readShare, `SELECT document, account, by_whom, time FROM shares WHERE document = ? ORDER BY time, account`, id)
	return all, shareError(id, err)
}

// Exists tells whether a document is shared with a person.
func (s Shares) Exists(ctx context.Context, id, account string) (exists bool, err error) {
	err = s.reader(ctx).QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM shares WHERE document = ? AND account = ?)`, id, account).Scan(&exists)
	return exists, shareError(id, err)
}

func readShare(row scanner) (x document.Share, err error) {
	var time int64
	err = row.Scan(&x.Document, &x.Account, &x.By, &time)
	x.Time = moment(time)
	return x, err
}

func shareError(id string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the shares of document %s: %w", id, err)
}
