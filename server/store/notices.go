package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"voute.dev/voute/server/config"
	"voute.dev/voute/server/notice"
)

// Notices keeps what pilots were told of changes to come.
type Notices struct{ *DB }

var _ notice.Repository = Notices{}

// Standing is the notice that counts.
func (s Notices) Standing(ctx context.Context) (n config.Notice, err error) {
	var starts, ends int64
	err = s.reader(ctx).QueryRowContext(ctx, `SELECT kind, version, starts, ends FROM notices WHERE standing = 1`).
		Scan(&n.Kind, &n.Version, &starts, &ends)
	if errors.Is(err, sql.ErrNoRows) {
		return config.Notice{}, notice.ErrNone
	}
	n.StartsAt, n.EndsAt = moment(starts), moment(ends)
	return n, noticeError(err)
}

// Stand also forgets what is long over, with who was told.
func (s Notices) Stand(ctx context.Context, n config.Notice, now time.Time) error {
	if _, err := s.exec(ctx, `DELETE FROM notices WHERE standing = 0 AND ends <= ?`, stamp(now)); err != nil {
		return noticeError(err)
	}
	_, err := s.exec(ctx, `INSERT INTO notices (id, kind, version, starts, ends, standing, announced) VALUES (?, ?, ?, ?, ?, 1, ?)
		ON CONFLICT (id) DO UPDATE SET ends = excluded.ends, standing = 1`,
		notice.ID(n), n.Kind, n.Version, stamp(n.StartsAt), stamp(n.EndsAt), stamp(now))
	return noticeError(err)
}

// Close ends a notice's standing.
func (s Notices) Close(ctx context.Context, id string) error {
	_, err := s.exec(ctx, `UPDATE notices SET standing = 0 WHERE id = ?`, id)
	return noticeError(err)
}

// Remove forgets a notice; who was told goes with it.
func (s Notices) Remove(ctx context.Context, id string) error {
	_, err := s.exec(ctx, `DELETE FROM notices WHERE id = ?`, id)
	return noticeError(err)
}

// Readers are the accounts that were told.
func (s Notices) Readers(ctx context.Context, id string) ([]string, error) {
	all, err := list(ctx, s.DB, readID, `SELECT account FROM notice_readers WHERE notice = ? ORDER BY account`, id)
	return all, noticeError(err)
}

// AddReader notes that an account is told.
func (s Notices) AddReader(ctx context.Context, id, account string, now time.Time) error {
	_, err := s.exec(ctx, `INSERT INTO notice_readers (notice, account, time) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, id, account, stamp(now))
	return noticeError(err)
}

func readID(row scanner) (id string, err error) {
	err = row.Scan(&id)
	return id, err
}

func noticeError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the notices: %w", err)
}
