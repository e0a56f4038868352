package store

import (
	"context"
	"fmt"
	"time"

	"voute.dev/voute/server/document"
)

// Destructions keeps the records of what was shredded.
type Destructions struct{ *DB }

var _ document.Destructions = Destructions{}

// Add writes a record and counts it.
func (s Destructions) Add(ctx context.Context, d document.Destruction) error {
	return s.Within(ctx, func(ctx context.Context) error {
		n, err := s.exec(ctx, `INSERT INTO destructions (document, bucket, size, why, by_whom, time) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			d.Document, d.Bucket, d.Size, string(d.Why), d.By, stamp(d.Time))
		if err == nil {
			_, err = s.exec(ctx, `UPDATE shredded SET count = count + ?`, n)
		}
		return destructionError(err)
	})
}

// Unlinked notes that the bytes are gone too.
func (s Destructions) Unlinked(ctx context.Context, id string, at time.Time) error {
	_, err := s.exec(ctx, `UPDATE destructions SET unlinked = ? WHERE document = ? AND unlinked = 0`, stamp(at), id)
	return destructionError(err)
}

// Count is how many there ever were.
func (s Destructions) Count(ctx context.Context) (count int64, err error) {
	err = s.reader(ctx).QueryRowContext(ctx, `SELECT count FROM shredded`).Scan(&count)
	return count, destructionError(err)
}

// Trim forgets records, and holds that ended, before a time.
func (s Destructions) Trim(ctx context.Context, before time.Time) error {
	_, err := s.exec(ctx, `DELETE FROM destructions WHERE time < ?`, stamp(before))
	if err == nil {
		_, err = s.exec(ctx, `DELETE FROM holds WHERE lifted <> 0 AND lifted < ?`, stamp(before))
	}
	return destructionError(err)
}

// List gives the newest records.
func (s Destructions) List(ctx context.Context, limit int) ([]document.Destruction, error) {
	all, err := list(ctx, s.DB, readDestruction, `SELECT document, bucket, size, why, by_whom, time, unlinked FROM destructions ORDER BY time DESC, document LIMIT ?`, limit)
	return all, destructionError(err)
}

func readDestruction(row scanner) (d document.Destruction, err error) {
	var at, unlinked int64
	err = row.Scan(&d.Document, &d.Bucket, &d.Size, &d.Why, &d.By, &at, &unlinked)
	d.Time, d.Unlinked = moment(at), moment(unlinked)
	return d, err
}

func destructionError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the records of destruction: %w", err)
}
